/* An issue before the transitions of its workflow: which of them may be taken. Asked by the
 * decision on TransitionIssue and, on the same rows, by the query that lists them. Pure. */
#ifndef CORE_DOMAIN_TRANSITION_H
#define CORE_DOMAIN_TRANSITION_H

#include "core/domain/issue_draft.h"
#include "core/domain/workflow.h"

#define TRANSITION_WHY_MAX REFUSAL_DETAIL_MAX
#define VALUE_SAID_MAX     65 /* of a value in it: bytes, with the NUL */

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

/* The rules of a list that do not hold, but for those in groups. */
struct rule_faults {
	struct workflow_rule_array rules;
	bool validators; /* else conditions */
	uint32_t n;
	uint8_t at[WORKFLOW_RULES_MAX];
};

/* Whether it leads from here and its conditions hold. If not, *@faults says which do not; none: it
 * does not lead from here. */
bool may_cross(const struct crossing *crossing, const struct workflow_transition *transition,
               struct rule_faults *faults);

/* Whether its validators hold; if not, *@faults says which do not. */
bool is_valid_crossing(const struct crossing *crossing,
                       const struct workflow_transition *transition, struct rule_faults *faults);

/* Whether the screen of @transition asks for the field: a validator of it, in no group, wants it
 * set or changed, or it is the resolution. */
bool screen_requires(const struct workflow_transition *transition, struct slice field);

/* @judge's actor before the initial transition of @workflow: the issue is about to be created.
 * @draft may be NULL. */
struct crossing crossing_into(struct judge *judge, const struct row_issue *issue,
                              const struct row_item *type, const struct workflow *workflow,
                              const struct issue_draft *draft);
/* Whether its conditions hold. */
bool may_create(const struct crossing *crossing, struct rule_faults *faults);

/* The field that @rule asks about; empty: it asks about none. */
struct slice rule_field(const struct workflow_rule *rule);
/* Whether it is one of rules: all, any, not. */
bool workflow_rule_is_group(const struct workflow_rule *rule);
/* Whether rule @index holds (transition_rule.c). */
bool rule_holds(const struct crossing *crossing, struct workflow_rule_array rules, uint32_t index);
/* Rules about one field of the issue (transition_field.c). */
bool field_rule_holds(const struct crossing *crossing, const struct workflow_rule *rule);
/* What there is where @rule does not hold: the value that does not match, the day, how many values;
 * empty: nothing, or too much to be told. */
void rule_value(const struct crossing *crossing, const struct workflow_rule *rule,
                char value[VALUE_SAID_MAX]);
/* Of a rule that wants texts to match. */
bool rule_text_matches(const struct crossing *crossing, const struct workflow_rule *rule,
                       struct slice text);
/* The day of a field; false: it has none. Today. Days since 1970-01-01. */
bool rule_day(const struct crossing *crossing, struct slice field, int64_t *day);
int64_t rule_today(const struct crossing *crossing);

#endif
