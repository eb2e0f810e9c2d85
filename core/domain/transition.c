#include "core/domain/transition.h"

bool open_crossing(struct crossing *crossing)
{
	const struct row_issue *issue = &crossing->issue;
	bool full, found;

	found = read_item(crossing->state, &issue->project_id, ITEM_ISSUE_TYPE, PADDED(issue->type),
	                  &crossing->type) &&
	        read_item(crossing->state, &issue->project_id, ITEM_STATUS, PADDED(issue->status),
	                  &crossing->status);
	assert(found);
	found = read_workflow(crossing->state, &issue->project_id, false,
	                      PADDED(crossing->type.workflow), crossing->arena, &crossing->workflow,
	                      &full);
	assert(found || full);
	return found;
}

bool may_cross(const struct crossing *crossing, const struct workflow_transition *transition,
               char why[TRANSITION_WHY_MAX])
{
	struct slice status = PADDED(crossing->issue.status);

	why[0] = '\0';
	if (crossing->issue.archived) {
		text_add(why, TRANSITION_WHY_MAX, SLICE("the issue is archived"));
		return false;
	}
	if (transition_leaves(transition, status))
		return rules_hold(crossing, transition->conditions, why);
	text_add(why, TRANSITION_WHY_MAX, SLICE("does not start from "));
	text_add(why, TRANSITION_WHY_MAX, status);
	return false;
}

bool is_valid_crossing(const struct crossing *crossing,
                       const struct workflow_transition *transition, char why[TRANSITION_WHY_MAX])
{
	why[0] = '\0';
	return rules_hold(crossing, transition->validators, why);
}
