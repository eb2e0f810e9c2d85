/* An issue before the transitions of its workflow: which of them may be taken. Asked by the
 * decision on TransitionIssue and, on the same rows, by the query that lists them. Pure. */
#ifndef CORE_DOMAIN_TRANSITION_H
#define CORE_DOMAIN_TRANSITION_H

#include "core/domain/issue_draft.h"
#include "core/domain/workflow.h"

#define TRANSITION_WHY_MAX 200

/* A workflow that was read for one of the issues of a command. */
struct known_workflow {
	const struct known_workflow *next;
	struct uuid project;
	char id[NAME_MAX_ID];
	struct workflow workflow;
};

struct crossing {
	const struct tenant_state *state;
	struct arena *arena;                 /* the workflow lies in it */
	const struct known_workflow **known; /* by the command so far; NULL: not kept */
	/* Who wants to: a member, or automation (a rule, the system) in the name of one. Who acts
	 * in nobody's name (processor) is not asked who it is. */
	struct uuid person;
	enum org_role role;
	bool automation;
	bool processor;
	int64_t now_ms;
	struct row_issue issue;
	struct row_item type, status; /* of the issue */
	struct workflow workflow;     /* that its type follows */
	/* What the transition itself changes: issue is as it will be. NULL: nothing is changed. */
	const struct issue_draft *draft;
	/* Nobody has filled in the screen yet: validators that ask about its fields are not asked.
	 */
	bool foresees;
};

/* Read what the transitions of @crossing->issue depend on; all above type is set. False when the
 * arena is full. */
bool open_crossing(struct crossing *crossing);

/* Whether it leads from here and its conditions hold; if not, @why says so to a person. */
bool may_cross(const struct crossing *crossing, const struct workflow_transition *transition,
               char why[TRANSITION_WHY_MAX]);

/* Whether its validators hold; if not, *@fault is the one that does not. */
bool is_valid_crossing(const struct crossing *crossing,
                       const struct workflow_transition *transition, char why[TRANSITION_WHY_MAX],
                       const struct workflow_rule **fault);

/* Whether the screen of @transition asks for the field: a validator of it, in no group, wants it
 * set or changed, or it is the resolution. */
bool screen_requires(const struct workflow_transition *transition, struct slice field);

/* @judge's actor before the initial transition of @workflow: the issue is about to be created.
 * @draft may be NULL. */
struct crossing crossing_into(struct judge *judge, const struct row_issue *issue,
                              const struct row_item *type, const struct workflow *workflow,
                              const struct issue_draft *draft);
/* Refuses at @pointer unless its conditions hold. */
bool check_may_create(struct judge *judge, const struct crossing *crossing, const char *pointer);

/* The field that @rule asks about; empty: it asks about none. */
struct slice rule_field(const struct workflow_rule *rule);
/* Whether rule @index holds; what it asks, in its own words: "needs field_set due_on"
 * (transition_rule.c). */
bool rule_holds(const struct crossing *crossing, struct workflow_rule_array rules, uint32_t index);
void say_group(char why[TRANSITION_WHY_MAX], struct workflow_rule_array rules, uint32_t index);
/* Rules about one field of the issue (transition_field.c). */
bool field_rule_holds(const struct crossing *crossing, const struct workflow_rule *rule);

#endif
