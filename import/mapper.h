/* What the parts of the mapping share: the issue at hand, its dates and people, the lines of the
 * plan, and the findings. Every date of an issue passes through mapper_when, which keeps it between
 * the issue's creation and the archive's: the domain refuses an issue whose events go back in time.
 * One thread. */
#ifndef IMPORT_MAPPER_H
#define IMPORT_MAPPER_H

#include "import/links.h"
#include "import/mapping.h"
#include "import/milestones.h"
#include "import/timeline.h"
#include "import/unmapped.h"

#define MAPPER_AT_BYTES 96 /* of a place: "#12 review 3 remark 4" */

struct mapper {
	const struct mapping *mapping;
	struct plan *plan;
	struct uuid space;
	struct links links;
	struct milestones milestones;
	/* the issue at hand */
	json_t *entry;
	bool is_pull;
	int64_t number;
	int64_t created_ms, last_ms;
	struct timeline timeline;
	struct uuid issue_id;
	bool last; /* of its moment: it names other issues, which must be there */
};

void mapper_start(struct mapper *mapper, const struct mapping *mapping, struct plan *plan);
void mapper_end(struct mapper *mapper);

/* The issue of @number in the archive; its id. */
struct uuid mapper_issue(const struct mapper *mapper, int64_t number);

/* @at where it was; NULL: list nothing, it has been. */
void mapper_list(const struct mapper *mapper, const char *what, const char *reason, const char *at,
                 struct slice value);
/* What @object says that has no place. */
void mapper_list_members(const struct mapper *mapper, enum unmapped_kind kind, json_t *object,
                         const char *at);

/* The date of member @name of @object as a date of the issue; the one before when it has none. */
int64_t mapper_when(struct mapper *mapper, const json_t *object, const char *name, const char *at);
/* The member of the organization whose login is member @name of @object. */
const struct uuid *mapper_person(const struct mapper *mapper, const json_t *object,
                                 const char *name, const char *at);
/* Append @text to @out as mend_text does. */
void mapper_mend(const struct mapper *mapper, struct slice text, bool lines, const char *at,
                 struct buf *out);

/* Begin a command on the issue at hand; @key is what names it among those of its kind. Write its
 * fields to the answer, then call plan_end. @person NULL: the importer does it. */
struct json_out *mapper_begin(struct mapper *mapper, const char *command, const char *key,
                              int64_t ms, const struct uuid *person, const char *reason);

#endif
