/* What becomes of workflows and drafts that name something which is removed: they come to name its
 * replacement, each saved and published as a person would. Internal to core/domain. */
#ifndef CORE_DOMAIN_WORKFLOW_REPLACE_H
#define CORE_DOMAIN_WORKFLOW_REPLACE_H

#include "core/domain/workflow.h"

/* Where a rule stands: ids. */
struct workflow_place {
	struct slice workflow, transition;
};

/* The beginning of what a removal knows. */
struct workflow_replacing {
	struct judge *judge;
	struct row_project *project;
	/* Of what shapes a workflow. @replace changes *@workflow, whose id is @id, in the arena;
	 * false: refused. */
	bool (*names)(const struct workflow_replacing *r, const struct workflow *workflow);
	bool (*replace)(struct workflow_replacing *r, struct slice id, struct workflow *workflow);
	/* Or, without these two, of what only rules and post functions name. @replace_in_rule: of a
	 * rule that names it; false: refused. @replace_in_function: of one that names it; false:
	 * nothing is left of it, and it goes. No @rule_names, or no @function_names: they do not
	 * name such things. */
	bool (*rule_names)(const struct workflow_replacing *r, const struct workflow_rule *rule);
	bool (*replace_in_rule)(struct workflow_replacing *r, const struct workflow_place *place,
	                        struct workflow_rule *rule);
	bool (*function_names)(const struct workflow_replacing *r,
	                       const struct post_function *function);
	bool (*replace_in_function)(struct workflow_replacing *r, struct post_function *function);
	const char *pointer; /* where the command names the replacement; NULL: /replace_with */
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
/* The same of ids, which @texts have as somebody typed them; @to may be empty: nothing. */
bool texts_have_id(struct slice_array texts, const struct uuid *id);
struct slice_array replace_id_text(struct judge *judge, struct slice_array texts,
                                   const struct uuid *from, struct slice to);
/* @texts without @text. */
struct slice_array leave_out_text(struct judge *judge, struct slice_array texts, struct slice text);

#endif
