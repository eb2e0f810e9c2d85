/* Whether a rule of a transition asks what its kind can ask, of what there is. */
#include "core/domain/workflow.h"

enum argument {
	ROLE = 1,
	MEMBERS = 2,
	STATUSES = 4,
	CATEGORIES = 8,
	FIELD = 16,
	VALUES = 32,
	DAYS = 64,
};

struct rule_shape {
	int needs;
	int takes;       /* besides */
	uint32_t fields; /* bits of the issue fields that it can ask about */
};

#define BIT(field) (1u << ISSUE_FIELD_##field)

static const struct rule_shape shapes[WORKFLOW_RULE_KINDS] = {
        [WORKFLOW_RULE_KIND_ROLE] = {ROLE, 0, 0},
        [WORKFLOW_RULE_KIND_MEMBER] = {MEMBERS, 0, 0},
        [WORKFLOW_RULE_KIND_SEPARATE] = {STATUSES, 0, 0},
        [WORKFLOW_RULE_KIND_PREVIOUS_STATUS] = {STATUSES, 0, 0},
        [WORKFLOW_RULE_KIND_WAS_IN] = {STATUSES, 0, 0},
        [WORKFLOW_RULE_KIND_FIELD_IS] = {FIELD | VALUES, 0,
                                         BIT(TYPE) | BIT(PRIORITY) | BIT(RESOLUTION) | BIT(LABELS)},
        [WORKFLOW_RULE_KIND_FIELD_SET] = {FIELD, 0,
                                          BIT(ASSIGNEE) | BIT(DUE_ON) | BIT(START_ON) |
                                                  BIT(LABELS) | BIT(PARENT) | BIT(RESOLUTION) |
                                                  BIT(ESTIMATE) | BIT(REMAINING)},
        [WORKFLOW_RULE_KIND_DATE_BEFORE] = {FIELD | DAYS, 0, BIT(DUE_ON) | BIT(START_ON)},
        [WORKFLOW_RULE_KIND_SUBTASKS_IN] = {0, STATUSES | CATEGORIES, 0},
        [WORKFLOW_RULE_KIND_PARENT_IN] = {0, STATUSES | CATEGORIES, 0},
};

static const struct {
	int argument;
	const char *member;
} arguments[] = {
        {ROLE, "/role"},         {MEMBERS, "/members"},
        {STATUSES, "/statuses"}, {CATEGORIES, "/categories"},
        {FIELD, "/field"},       {VALUES, "/values"},
        {DAYS, "/days"},
};

static bool is_group(const struct workflow_rule *rule)
{
	return rule->kind == WORKFLOW_RULE_KIND_ALL || rule->kind == WORKFLOW_RULE_KIND_ANY ||
	       rule->kind == WORKFLOW_RULE_KIND_NOT;
}

static int given(const struct workflow_rule *rule)
{
	return (rule->has_role ? ROLE : 0) | (rule->members.n ? MEMBERS : 0) |
	       (rule->statuses.n ? STATUSES : 0) | (rule->categories.n ? CATEGORIES : 0) |
	       (rule->has_field ? FIELD : 0) | (rule->values.n ? VALUES : 0) |
	       (rule->has_days ? DAYS : 0);
}

struct checking {
	struct judge *judge;
	const struct items *statuses;
	struct workflow_rule_array rules;
	uint32_t transition;
	const char *list;
};

static struct place rule_place(const struct checking *c, uint32_t index, const char *member)
{
	struct place list = place_of("/transitions", c->transition, c->list);

	return place_of(list.text, index, member);
}

#define REFUSE_RULE(c, reject, index, member, ...)                                                 \
	REFUSE((c)->judge, reject, rule_place(c, index, member).text, __VA_ARGS__)

static bool check_arguments(const struct checking *c, uint32_t index)
{
	const struct workflow_rule *rule = &c->rules.items[index];
	const struct rule_shape *shape = &shapes[rule->kind];
	const char *kind = workflow_rule_kind_symbol(rule->kind);
	int has = given(rule);

	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
		int argument = arguments[i].argument;
		if ((shape->needs & argument) && !(has & argument))
			return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, arguments[i].member,
			                   slice_str(kind), SLICE(" needs it"));
		if ((has & argument) && !((shape->needs | shape->takes) & argument))
			return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, arguments[i].member,
			                   slice_str(kind), SLICE(" does not ask for it"));
	}
	if (shape->takes && !(has & shape->takes))
		return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, "/statuses", slice_str(kind),
		                   SLICE(" needs statuses or categories"));
	if (rule->has_field && !(shape->fields & (1u << rule->field)))
		return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, "/field", slice_str(kind),
		                   SLICE(" cannot ask about "),
		                   slice_str(issue_field_symbol(rule->field)));
	if (rule->kind == WORKFLOW_RULE_KIND_SEPARATE && rule->statuses.n != 2)
		return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, "/statuses",
		                   SLICE("two: from and to"));
	return true;
}

static bool check_group(const struct checking *c, uint32_t index)
{
	const struct workflow_rule *rule = &c->rules.items[index];
	uint32_t members = 0;

	if (rule->has_group && (rule->group < 0 || (uint32_t)rule->group >= index ||
	                        !is_group(&c->rules.items[rule->group])))
		return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, "/group",
		                   SLICE("the index of an all, any or not further up"));
	if (!is_group(rule))
		return true;
	for (uint32_t i = index + 1; i < c->rules.n; i++)
		members += c->rules.items[i].has_group && c->rules.items[i].group == (int32_t)index;
	if (!members || (rule->kind == WORKFLOW_RULE_KIND_NOT && members > 1))
		return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, "/kind",
		                   rule->kind == WORKFLOW_RULE_KIND_NOT
		                           ? SLICE("not is of one rule")
		                           : SLICE("an empty group"));
	return true;
}

static bool check_named(const struct checking *c, uint32_t index)
{
	const struct workflow_rule *rule = &c->rules.items[index];

	for (uint32_t i = 0; i < rule->statuses.n; i++)
		if (!items_find(c->statuses, rule->statuses.items[i]))
			return REFUSE_RULE(c, REJECT_UNKNOWN_STATUS, index, "/statuses",
			                   SLICE("there is no status "), rule->statuses.items[i]);
	for (uint32_t i = 0; i < rule->members.n; i++)
		if (!check_member(c->judge, &rule->members.items[i],
		                  rule_place(c, index, "/members").text))
			return false;
	return true;
}

bool check_rules(struct judge *judge, const struct items *statuses,
                 struct workflow_rule_array rules, uint32_t index, const char *list)
{
	struct checking c = {judge, statuses, rules, index, list};

	if (rules.n > WORKFLOW_RULES_MAX)
		return REFUSE(judge, REJECT_BAD_WORKFLOW,
		              place_of("/transitions", index, list).text,
		              SLICE("at most 32 rules"));
	for (uint32_t i = 0; i < rules.n; i++)
		if (!check_arguments(&c, i) || !check_group(&c, i) || !check_named(&c, i))
			return false;
	return true;
}
