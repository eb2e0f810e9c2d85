/* What a transition does to the issue besides moving it: in order, inside the decision, behind the
 * values of its screen. What concerns other aggregates is the work of processors. Internal to
 * core/domain. */
#ifndef CORE_DOMAIN_POST_FUNCTION_H
#define CORE_DOMAIN_POST_FUNCTION_H

#include "core/domain/issue_draft.h"
#include "core/domain/workflow.h"

/* Run all of @transition on @draft. Refuses at @pointer, naming it, when one of them cannot any
 * more (what it sets was removed, disabled or archived since the workflow was saved), or when
 * fields contradict each other behind them. */
bool run_functions(struct issue_draft *draft, const struct workflow_transition *transition,
                   const char *pointer);

#endif
