/* Links between the issues of an archive: collected while they are mapped, written when all of them
 * are known, since issues name later ones. Two issues get one link, whoever names whom how often:
 * the strongest kind (duplicates, then fixes, then relates) at the date of its first mention, or of
 * the younger issue. One thread. */
#ifndef IMPORT_LINKS_H
#define IMPORT_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/uuid.h"
#include "import/references.h"

struct mapper;

struct link_row {
	int64_t from, to; /* numbers */
	enum reference_kind kind;
	int64_t ms;
	size_t order; /* in which they were found */
	bool has_person;
	struct uuid person; /* who said so */
};

struct links { /* all zero is an empty one */
	struct link_row *rows;
	size_t n, cap;
};

/* The issue at hand names another one, of the repository @repo (empty: its own). What is no issue
 * of the archive is listed. @person NULL: not known. */
void links_add(struct mapper *mapper, const struct reference *reference, int64_t ms,
               const struct uuid *person, const char *at);
/* All references of a @markdown text of the issue at hand. @closes: it is the text of a pull
 * request, whose "fixes #12" closes #12; elsewhere that is a mention. */
void links_add_text(struct mapper *mapper, struct slice markdown, bool closes, int64_t ms,
                    const struct uuid *person, const char *at);
/* LinkIssues, once for each two issues. */
void links_map(struct mapper *mapper);
void links_release(struct links *links);

#endif
