/* The texts that an issue or a comment had, where the archive has its edits (userContentEdits: each
 * with the whole text it left, in `diff`; the first is the writing itself). The last one is its
 * body. One thread. */
#ifndef IMPORT_REVISIONS_H
#define IMPORT_REVISIONS_H

#include "import/mapper.h"

struct revision {
	struct slice text; /* borrows from the archive */
	json_t *edit;      /* that left it; NULL: the only text */
};

struct revisions {
	struct revision *rows; /* oldest first */
	size_t n;              /* at least 1 */
};

/* Of @object, which has a body. Texts that do not fit into one field leave only the body. */
void revisions_open(const struct mapper *mapper, const json_t *object, const char *at,
                    struct revisions *out);
void revisions_close(struct revisions *revisions);

/* What is edited: a field of the issue at hand or of a comment on it. */
struct revised {
	const char *command; /* "EditIssue", "EditComment" */
	const char *field;   /* of the text in the command */
	const char *key;     /* names it */
	const struct uuid *comment;
	int64_t since_ms; /* no edit is dated before */
	const char *at;
};

/* The commands that leave the later texts. */
void revisions_map(struct mapper *mapper, const struct revisions *revisions,
                   const struct revised *revised);

#endif
