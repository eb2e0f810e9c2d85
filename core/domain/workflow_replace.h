/* What becomes of workflows and drafts that name something which is removed: they come to name its
 * replacement, each saved and published as a person would. Internal to core/domain. */
#ifndef CORE_DOMAIN_WORKFLOW_REPLACE_H
#define CORE_DOMAIN_WORKFLOW_REPLACE_H

#include "core/domain/workflow.h"

/* The beginning of what a removal knows. */
struct workflow_replacing {
	struct judge *judge;
	struct row_project *project;
	bool (*names)(const struct workflow_replacing *r, const struct workflow *workflow);
	/* Changes *@workflow, whose id is @id, in the arena; false: refused. */
	bool (*replace)(struct workflow_replacing *r, struct slice id, struct workflow *workflow);
};

struct workflows_naming {
	uint32_t workflows, drafts;
	struct slice first; /* id of the first of them; in the arena */
};
struct workflows_naming find_workflows_naming(const struct workflow_replacing *r);

/* False: refused. */
bool replace_in_workflows(struct workflow_replacing *r);

/* @texts with @to in place of @from, each once; NULL items: no room. */
struct slice_array replace_text(struct judge *judge, struct slice_array texts, struct slice from,
                                struct slice to);

#endif
