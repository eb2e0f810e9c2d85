/* Whether a rule of a transition asks what its kind can ask, of what there is. */
#include "core/base/pattern.h"
#include "core/domain/any_field.h"
#include "core/domain/transition.h"

enum argument {
	ROLE = 1,
	MEMBERS = 2,
	STATUSES = 4,
	CATEGORIES = 8,
	FIELD = 16, /* field or custom_field */
	VALUES = 32,
	DAYS = 64,
	OTHER = 128,
	COMPARISON = 256,
	PATTERN = 512,
	TEAMS = 1024,
	PERMISSION = 2048,
};

/* Where a rule can be asked. */
enum where {
	ANYWHERE,
	OF_PAST,    /* not of a new issue: it has none */
	OF_CHANGES, /* likewise, and by validators only: conditions are asked before anything
	               changes */
};

struct rule_shape {
	int needs;
	int takes;       /* besides */
	uint32_t fields; /* bits of the issue fields that it can ask about */
	uint32_t kinds;  /* bits of the kinds of custom fields */
	enum where where;
};

#define BIT(field)    (1u << ISSUE_FIELD_##field)
#define KIND(kind)    (1u << FIELD_KIND_##kind)
#define ALL_KINDS     ((1u << FIELD_KINDS) - 2)
#define DAYS_OF_ISSUE (BIT(DUE_ON) | BIT(START_ON))
#define DAYS_OF_KIND  (KIND(DATE) | KIND(DATETIME))
#define SETS_OF_ISSUE (BIT(LABELS) | BIT(COMPONENTS) | BIT(FIX_VERSIONS) | BIT(AFFECTS_VERSIONS))
#define OPTIONAL                                                                                   \
	(BIT(ASSIGNEE) | DAYS_OF_ISSUE | BIT(PARENT) | BIT(ESTIMATE) | BIT(REMAINING) |            \
	 BIT(DESCRIPTION) | SETS_OF_ISSUE)

static const struct rule_shape shapes[WORKFLOW_RULE_KINDS] = {
        [WORKFLOW_RULE_KIND_ROLE] = {ROLE, 0, 0, 0, ANYWHERE},
        [WORKFLOW_RULE_KIND_MEMBER] = {MEMBERS, 0, 0, 0, ANYWHERE},
        [WORKFLOW_RULE_KIND_TEAM] = {TEAMS, 0, 0, 0, ANYWHERE},
        [WORKFLOW_RULE_KIND_PERMISSION] = {PERMISSION, 0, 0, 0, ANYWHERE},
        [WORKFLOW_RULE_KIND_USER_FIELD] = {FIELD, 0, 0, KIND(MEMBER) | KIND(MEMBERS), ANYWHERE},
        [WORKFLOW_RULE_KIND_SEPARATE] = {STATUSES, 0, 0, 0, OF_PAST},
        [WORKFLOW_RULE_KIND_PREVIOUS_STATUS] = {STATUSES, 0, 0, 0, OF_PAST},
        [WORKFLOW_RULE_KIND_WAS_IN] = {STATUSES, 0, 0, 0, OF_PAST},
        [WORKFLOW_RULE_KIND_FIELD_IS] = {FIELD | VALUES, 0,
                                         BIT(TYPE) | BIT(PRIORITY) | BIT(RESOLUTION) | BIT(LABELS),
                                         ALL_KINDS & ~KIND(PARAGRAPH), ANYWHERE},
        [WORKFLOW_RULE_KIND_FIELD_SET] = {FIELD, 0, OPTIONAL | BIT(RESOLUTION), ALL_KINDS,
                                          ANYWHERE},
        [WORKFLOW_RULE_KIND_FIELD_CHANGED] = {FIELD, 0,
                                              OPTIONAL | BIT(SUMMARY) | BIT(PRIORITY) |
                                                      BIT(REPORTER),
                                              ALL_KINDS, OF_CHANGES},
        [WORKFLOW_RULE_KIND_SINGLE_VALUE] = {FIELD, 0, SETS_OF_ISSUE,
                                             KIND(MULTI_SELECT) | KIND(MEMBERS) | KIND(LABELS),
                                             ANYWHERE},
        [WORKFLOW_RULE_KIND_MATCHES] = {FIELD | PATTERN, 0, BIT(SUMMARY) | BIT(LABELS),
                                        KIND(TEXT) | KIND(URL) | KIND(NUMBER) | KIND(LABELS),
                                        ANYWHERE},
        [WORKFLOW_RULE_KIND_DATE_BEFORE] = {FIELD | DAYS, 0, DAYS_OF_ISSUE, DAYS_OF_KIND, ANYWHERE},
        [WORKFLOW_RULE_KIND_DATE_COMPARE] = {FIELD | COMPARISON, OTHER, DAYS_OF_ISSUE, DAYS_OF_KIND,
                                             ANYWHERE},
        [WORKFLOW_RULE_KIND_DATE_WINDOW] = {FIELD | DAYS, OTHER, DAYS_OF_ISSUE, DAYS_OF_KIND,
                                            ANYWHERE},
        [WORKFLOW_RULE_KIND_SUBTASKS_IN] = {0, STATUSES | CATEGORIES, 0, 0, OF_PAST},
        [WORKFLOW_RULE_KIND_PARENT_IN] = {0, STATUSES | CATEGORIES, 0, 0, ANYWHERE},
};

static const struct {
	int argument;
	const char *member;
} arguments[] = {
        {ROLE, "/role"},       {MEMBERS, "/members"},       {STATUSES, "/statuses"},
        {FIELD, "/field"},     {CATEGORIES, "/categories"}, {VALUES, "/values"},
        {DAYS, "/days"},       {OTHER, "/other"},           {COMPARISON, "/comparison"},
        {PATTERN, "/pattern"}, {TEAMS, "/teams"},           {PERMISSION, "/permission"},
};

static int given(const struct workflow_rule *rule)
{
	return (rule->has_role ? ROLE : 0) | (rule->members.n ? MEMBERS : 0) |
	       (rule->statuses.n ? STATUSES : 0) | (rule->categories.n ? CATEGORIES : 0) |
	       (rule->has_field || rule->has_custom_field ? FIELD : 0) |
	       (rule->values.n ? VALUES : 0) | (rule->has_days ? DAYS : 0) |
	       (rule->has_other ? OTHER : 0) | (rule->has_comparison ? COMPARISON : 0) |
	       (rule->has_pattern ? PATTERN : 0) | (rule->teams.n ? TEAMS : 0) |
	       (rule->has_permission ? PERMISSION : 0);
}

struct checking {
	const struct workflow_checking *workflow;
	struct judge *judge;
	struct workflow_rule_array rules;
	uint32_t transition;
	bool validators, initial;
};

static const char *list_of(const struct checking *c)
{
	return c->validators ? "/validators" : "/conditions";
}

static struct place rule_place(const struct checking *c, uint32_t index, const char *member)
{
	struct place list = place_of("/transitions", c->transition, list_of(c));

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
			                   slice_str(kind), SLICE(" needs "),
			                   slice_str(arguments[i].member + 1));
		if ((has & argument) && !((shape->needs | shape->takes) & argument))
			return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, arguments[i].member,
			                   slice_str(kind), SLICE(" has no "),
			                   slice_str(arguments[i].member + 1));
	}
	if ((shape->takes & STATUSES) && !(has & shape->takes))
		return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, "/statuses", slice_str(kind),
		                   SLICE(" needs statuses or categories"));
	if (rule->kind == WORKFLOW_RULE_KIND_SEPARATE &&
	    (rule->statuses.n != 2 ||
	     slice_equal(rule->statuses.items[0], rule->statuses.items[1])))
		return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, "/statuses",
		                   SLICE("two: from and to"));
	return true;
}

static bool check_where(const struct checking *c, uint32_t index)
{
	enum workflow_rule_kind kind = c->rules.items[index].kind;
	struct slice name = slice_str(workflow_rule_kind_symbol(kind));

	if (c->initial && shapes[kind].where != ANYWHERE)
		return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, "/kind", name,
		                   SLICE(" asks what a new issue cannot answer"));
	if (!c->validators && shapes[kind].where == OF_CHANGES)
		return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, "/kind", name,
		                   SLICE(" is for validators: conditions are asked before"));
	return true;
}

static bool refuse_field(const struct checking *c, uint32_t index, const char *member,
                         struct slice field)
{
	const struct workflow_rule *rule = &c->rules.items[index];

	return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, member,
	                   slice_str(workflow_rule_kind_symbol(rule->kind)),
	                   SLICE(" cannot ask about "), field);
}

static bool check_other(const struct checking *c, uint32_t index)
{
	const struct workflow_rule *rule = &c->rules.items[index];
	struct any_field other;

	if (!rule->has_other)
		return true;
	if (!read_any_field(c->judge->state, c->workflow->project, rule->other, &other))
		return REFUSE_RULE(c, REJECT_UNKNOWN_FIELD, index, "/other",
		                   SLICE("there is no field "), rule->other);
	return any_field_has_days(&other) || refuse_field(c, index, "/other", rule->other);
}

static bool check_field(const struct checking *c, uint32_t index)
{
	const struct workflow_rule *rule = &c->rules.items[index];
	const struct rule_shape *shape = &shapes[rule->kind];
	struct row_field custom;

	if (rule->has_field && rule->has_custom_field)
		return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, "/custom_field",
		                   SLICE("field or custom_field"));
	if (rule->has_field && !(shape->fields & (1u << rule->field)))
		return refuse_field(c, index, "/field", slice_str(issue_field_symbol(rule->field)));
	if (rule->has_custom_field &&
	    !read_field(c->judge->state, c->workflow->project, rule->custom_field, &custom))
		return REFUSE_RULE(c, REJECT_UNKNOWN_FIELD, index, "/custom_field",
		                   SLICE("there is no field "), rule->custom_field);
	if (rule->has_custom_field && !(shape->kinds & (1u << custom.kind)))
		return refuse_field(c, index, "/custom_field", rule->custom_field);
	return check_other(c, index);
}

/* What a rule asks for by id is there; what is disabled may be asked for, for issues go on having
 * it. */
static bool check_value(const struct checking *c, uint32_t index, uint32_t at)
{
	const struct workflow_rule *rule = &c->rules.items[index];
	struct slice value = rule->values.items[at];
	struct place list = rule_place(c, index, "/values"), place = place_of(list.text, at, "");
	const struct uuid *project = c->workflow->project;
	struct row_field_option option;
	struct row_field field;
	struct row_item item;

	if (rule->has_custom_field)
		return !read_field(c->judge->state, project, rule->custom_field, &field) ||
		       !field_has_options(field.kind) ||
		       read_field_option(c->judge->state, project, rule->custom_field, value,
		                         &option) ||
		       REFUSE(c->judge, REJECT_UNKNOWN_OPTION, place.text, rule->custom_field,
		              SLICE(" has no option "), value);
	switch ((int)rule->field) {
	case ISSUE_FIELD_TYPE:
		return find_item(c->judge, project, ITEM_ISSUE_TYPE, value, place.text, &item);
	case ISSUE_FIELD_PRIORITY:
		return find_item(c->judge, project, ITEM_PRIORITY, value, place.text, &item);
	case ISSUE_FIELD_RESOLUTION:
		return find_item(c->judge, project, ITEM_RESOLUTION, value, place.text, &item);
	default:
		return true;
	}
}

static bool check_values(const struct checking *c, uint32_t index)
{
	const struct workflow_rule *rule = &c->rules.items[index];

	for (uint32_t i = 0; rule->kind == WORKFLOW_RULE_KIND_FIELD_IS && i < rule->values.n; i++)
		if (!check_value(c, index, i))
			return false;
	return true;
}

static bool check_pattern(const struct checking *c, uint32_t index)
{
	const struct workflow_rule *rule = &c->rules.items[index];
	char why[PATTERN_WHY_MAX], room[TEXT_NUMBER_MAX];
	size_t offset;

	if (!rule->has_pattern)
		return true;
	if (text_characters(rule->pattern) > WORKFLOW_PATTERN_MAX)
		return REFUSE_RULE(c, REJECT_BAD_PATTERN, index, "/pattern", SLICE("at most "),
		                   text_number(WORKFLOW_PATTERN_MAX, room), SLICE(" characters"));
	if (pattern_check(rule->pattern, c->judge->decision->arena, &offset, why))
		return true;
	return REFUSE_RULE(c, REJECT_BAD_PATTERN, index, "/pattern", slice_str(why), SLICE(" at "),
	                   text_number(offset, room));
}

static bool check_group(const struct checking *c, uint32_t index)
{
	const struct workflow_rule *rule = &c->rules.items[index];
	uint32_t members = 0;

	if (rule->has_group && (rule->group < 0 || (uint32_t)rule->group >= index ||
	                        !workflow_rule_is_group(&c->rules.items[rule->group])))
		return REFUSE_RULE(c, REJECT_BAD_WORKFLOW, index, "/group",
		                   SLICE("the index of an all, any or not further up"));
	if (!workflow_rule_is_group(rule))
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

static bool check_team(const struct checking *c, uint32_t index, const struct uuid *team)
{
	struct row_key key = row_key_team(team);
	char room[UUID_TEXT];
	struct row_team row;

	return c->judge->state->get(c->judge->state, &key, &row) ||
	       REFUSE_RULE(c, REJECT_NO_SUCH_TEAM, index, "/teams", SLICE("there is no team "),
	                   uuid_slice(team, room));
}

static bool check_named(const struct checking *c, uint32_t index)
{
	const struct workflow_rule *rule = &c->rules.items[index];

	for (uint32_t i = 0; i < rule->statuses.n; i++)
		if (!items_find(c->workflow->statuses, rule->statuses.items[i]))
			return REFUSE_RULE(c, REJECT_UNKNOWN_STATUS, index, "/statuses",
			                   SLICE("there is no status "), rule->statuses.items[i]);
	for (uint32_t i = 0; i < rule->members.n; i++)
		if (!check_member(c->judge, &rule->members.items[i],
		                  rule_place(c, index, "/members").text))
			return false;
	for (uint32_t i = 0; i < rule->teams.n; i++)
		if (!check_team(c, index, &rule->teams.items[i]))
			return false;
	return true;
}

bool check_rules(const struct workflow_checking *workflow, uint32_t index, bool validators)
{
	const struct workflow_transition *transition =
	        &workflow->workflow->transitions.items[index];
	struct checking c = {workflow,
	                     workflow->judge,
	                     validators ? transition->validators : transition->conditions,
	                     index,
	                     validators,
	                     transition->kind == TRANSITION_KIND_INITIAL};

	if (c.rules.n > WORKFLOW_RULES_MAX)
		return REFUSE(c.judge, REJECT_BAD_WORKFLOW,
		              place_of("/transitions", index, list_of(&c)).text,
		              SLICE("at most 32 rules"));
	for (uint32_t i = 0; i < c.rules.n; i++)
		if (!check_arguments(&c, i) || !check_where(&c, i) || !check_field(&c, i) ||
		    !check_values(&c, i) || !check_pattern(&c, i) || !check_group(&c, i) ||
		    !check_named(&c, i))
			return false;
	return true;
}
