/* An issue before the transitions of its workflow: which of them may be taken. Asked by the
 * decision on TransitionIssue and, on the same rows, by the query that lists them. Pure. */
#ifndef CORE_DOMAIN_TRANSITION_H
#define CORE_DOMAIN_TRANSITION_H

#include "core/domain/workflow.h"

#define TRANSITION_WHY_MAX 200

struct crossing {
	const struct tenant_state *state;
	struct arena *arena; /* the workflow lies in it */
	struct row_issue issue;
	struct row_item type, status; /* of the issue */
	struct workflow workflow;     /* that its type follows */
};

/* Read what the transitions of @crossing->issue depend on; state, arena and issue are set. False
 * when the arena is full. */
bool open_crossing(struct crossing *crossing);

/* Whether it may be taken; if not, @why says so to a person ("" when it leads from elsewhere and
 * is no offer at all). */
bool may_cross(const struct crossing *crossing, const struct workflow_transition *transition,
               char why[TRANSITION_WHY_MAX]);

#endif
