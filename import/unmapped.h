/* The members of an archive's objects that have no place in NexusFlow: listed one by one, those
 * that nobody here has heard of too. */
#ifndef IMPORT_UNMAPPED_H
#define IMPORT_UNMAPPED_H

#include "import/archive.h"
#include "import/findings.h"

enum unmapped_kind {
	UNMAPPED_ROOT,
	UNMAPPED_MILESTONE,
	UNMAPPED_ISSUE,
	UNMAPPED_PULL,
	UNMAPPED_COMMENT,
	UNMAPPED_REVIEW,
	UNMAPPED_REVIEW_COMMENT,
	UNMAPPED_KINDS,
};

/* List what @object says beyond what is mapped; empty members say nothing. */
void unmapped_list(struct findings *findings, enum unmapped_kind kind, const json_t *object,
                   const char *at);
/* The same of a whole event that is not mapped. @findings may be NULL. */
void unmapped_list_event(struct findings *findings, const json_t *event, const char *at);

#endif
