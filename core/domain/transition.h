/* An issue before the transitions of its workflow: which of them may be taken. Asked by the
 * decision on TransitionIssue and, on the same rows, by the query that lists them. Pure. */
#ifndef CORE_DOMAIN_TRANSITION_H
#define CORE_DOMAIN_TRANSITION_H

#include "core/domain/workflow.h"

#define TRANSITION_WHY_MAX 200

struct crossing {
	const struct tenant_state *state;
	struct arena *arena; /* the workflow lies in it */
	/* Who wants to. Rules and the system are not asked who they are. */
	struct uuid person;
	enum org_role role;
	bool processor;
	int64_t now_ms;
	struct row_issue issue;
	struct row_item type, status; /* of the issue */
	struct workflow workflow;     /* that its type follows */
};

/* Read what the transitions of @crossing->issue depend on; all above type is set. False when the
 * arena is full. */
bool open_crossing(struct crossing *crossing);

/* Whether it leads from here and its conditions hold; if not, @why says so to a person. */
bool may_cross(const struct crossing *crossing, const struct workflow_transition *transition,
               char why[TRANSITION_WHY_MAX]);

/* Whether its validators hold. */
bool is_valid_crossing(const struct crossing *crossing,
                       const struct workflow_transition *transition, char why[TRANSITION_WHY_MAX]);

/* Whether all rules that are in no group hold (transition_rule.c). */
bool rules_hold(const struct crossing *crossing, struct workflow_rule_array rules,
                char why[TRANSITION_WHY_MAX]);

#endif
