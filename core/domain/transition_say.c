#include "core/domain/transition_say.h"

#include "core/base/date.h"

#define LIST_SAID_MAX    5   /* of a list of a rule; the others are counted */
#define PATTERN_SAID_MAX 161 /* bytes, with the NUL */

/* Words about the rules of one list. */
struct saying {
	const struct crossing *crossing;
	struct workflow_rule_array rules;
	char *text; /* TRANSITION_WHY_MAX */
};

static void say(const struct saying *s, struct slice text)
{
	text_add(s->text, TRANSITION_WHY_MAX, text);
}

static void say_short(const struct saying *s, struct slice text)
{
	char shown[PATTERN_SAID_MAX] = "";

	text_add(shown, sizeof(shown), text);
	say(s, slice_str(shown));
	if (strlen(shown) < text.n)
		say(s, SLICE("..."));
}

static void say_day(const struct saying *s, int64_t days)
{
	char day[DATE_TEXT];

	date_format(days < DATE_MIN ? DATE_MIN : days > DATE_MAX ? DATE_MAX : (int32_t)days, day);
	say(s, slice_of(day, sizeof(day)));
}

static void say_number(const struct saying *s, uint64_t number)
{
	char room[TEXT_NUMBER_MAX];

	say(s, text_number(number, room));
}

static void say_field(const struct saying *s, struct slice field)
{
	char room[CALLED_MAX];

	say(s, field_called(s->crossing->state, &s->crossing->issue.project_id, field, room));
}

/* --- lists: the first ones, and how many more --- */

/* In front of entry @i of @n; false: this and the others are counted. */
static bool say_next(const struct saying *s, uint32_t i, uint32_t n, struct slice between)
{
	if (i)
		say(s, between);
	if (i < LIST_SAID_MAX || i + 1 == n)
		return true;
	say_number(s, n - i);
	say(s, SLICE(" more"));
	return false;
}

static void say_members(const struct saying *s, struct uuid_array members)
{
	char room[UUID_TEXT];

	for (uint32_t i = 0; i < members.n && say_next(s, i, members.n, SLICE(", ")); i++)
		say(s, uuid_slice(&members.items[i], room));
}

static void say_teams(const struct saying *s, struct uuid_array teams)
{
	for (uint32_t i = 0; i < teams.n && say_next(s, i, teams.n, SLICE(", ")); i++) {
		struct row_key key = row_key_team(&teams.items[i]);
		char id[UUID_TEXT], room[CALLED_MAX];
		struct row_team row;
		struct slice text = uuid_slice(&teams.items[i], id);
		if (s->crossing->state->get(s->crossing->state, &key, &row))
			text = called(PADDED(row.name), text, room);
		say(s, text);
	}
}

static void say_values(const struct saying *s, struct slice_array values)
{
	if (values.n > 1)
		say(s, SLICE("one of "));
	for (uint32_t i = 0; i < values.n && say_next(s, i, values.n, SLICE(", ")); i++)
		say(s, values.items[i]);
}

/* Statuses, and categories of them. */
static void say_statuses(const struct saying *s, const struct workflow_rule *rule)
{
	uint32_t statuses = rule->statuses.n, n = statuses + rule->categories.n;
	char room[CALLED_MAX];

	for (uint32_t i = 0; i < n && say_next(s, i, n, SLICE(" or ")); i++) {
		if (i < statuses) {
			say(s, item_called_of(s->crossing->state, &s->crossing->issue.project_id,
			                      ITEM_STATUS, rule->statuses.items[i], room));
		} else {
			say(s, SLICE("the category "));
			say(s, slice_str(status_category_symbol(
			               rule->categories.items[i - statuses])));
		}
	}
}

/* --- people --- */

static bool is_about_people(enum workflow_rule_kind kind)
{
	return kind == WORKFLOW_RULE_KIND_ROLE || kind == WORKFLOW_RULE_KIND_MEMBER ||
	       kind == WORKFLOW_RULE_KIND_TEAM || kind == WORKFLOW_RULE_KIND_PERMISSION ||
	       kind == WORKFLOW_RULE_KIND_REPORTER || kind == WORKFLOW_RULE_KIND_ASSIGNEE ||
	       kind == WORKFLOW_RULE_KIND_LEAD || kind == WORKFLOW_RULE_KIND_USER_FIELD ||
	       kind == WORKFLOW_RULE_KIND_AUTOMATION || kind == WORKFLOW_RULE_KIND_SEPARATE;
}

static void say_separate(const struct saying *s, const struct workflow_rule *rule)
{
	const struct crossing *crossing = s->crossing;
	const struct uuid *project = &crossing->issue.project_id;
	char room[CALLED_MAX];

	say(s, SLICE("who did not take it from "));
	say(s,
	    item_called_of(crossing->state, project, ITEM_STATUS, rule->statuses.items[0], room));
	say(s, SLICE(" to "));
	say(s,
	    item_called_of(crossing->state, project, ITEM_STATUS, rule->statuses.items[1], room));
}

/* Who may: "the reporter". */
static void say_people(const struct saying *s, const struct workflow_rule *rule)
{
	switch ((int)rule->kind) {
	case WORKFLOW_RULE_KIND_ROLE:
		say(s, SLICE("role "));
		say(s, slice_str(org_role_symbol(rule->role)));
		say(s, rule->role == ORG_ROLE_OWNER ? SLICE("") : SLICE(" or higher"));
		break;
	case WORKFLOW_RULE_KIND_MEMBER:
		say(s, SLICE("member "));
		say_members(s, rule->members);
		break;
	case WORKFLOW_RULE_KIND_TEAM:
		say(s, SLICE("team "));
		say_teams(s, rule->teams);
		break;
	case WORKFLOW_RULE_KIND_PERMISSION:
		say(s, SLICE("who has the permission "));
		say(s, slice_str(permission_symbol(rule->permission)));
		break;
	case WORKFLOW_RULE_KIND_REPORTER:
		say(s, SLICE("the reporter"));
		break;
	case WORKFLOW_RULE_KIND_ASSIGNEE:
		say(s, SLICE("the assignee"));
		break;
	case WORKFLOW_RULE_KIND_LEAD:
		say(s, SLICE("the lead of the project"));
		break;
	case WORKFLOW_RULE_KIND_USER_FIELD:
		say(s, SLICE("who is named in "));
		say_field(s, rule->custom_field);
		break;
	case WORKFLOW_RULE_KIND_SEPARATE:
		say_separate(s, rule);
		break;
	default:
		say(s, SLICE("automation, no person"));
		break;
	}
}

/* --- fields --- */

static void say_is(const struct saying *s, const struct workflow_rule *rule)
{
	char value[VALUE_SAID_MAX];
	bool counts = rule->kind == WORKFLOW_RULE_KIND_SINGLE_VALUE;
	bool is_text = rule->kind == WORKFLOW_RULE_KIND_MATCHES;

	rule_value(s->crossing, rule, value);
	if (!value[0]) {
		say(s, SLICE(", has no value"));
		return;
	}
	say(s, counts ? SLICE(", has ") : is_text ? SLICE(", is \"") : SLICE(", is "));
	say(s, slice_str(value));
	say(s, is_text ? SLICE("\"") : SLICE(""));
}

static const struct slice comparisons[] = {
        [DATE_COMPARISON_UNKNOWN] = {"", 0},
        [DATE_COMPARISON_BEFORE] = {"before ", 7},
        [DATE_COMPARISON_NOT_AFTER] = {"not after ", 10},
        [DATE_COMPARISON_SAME] = {"the same day as ", 16},
        [DATE_COMPARISON_NOT_SAME] = {"another day than ", 17},
        [DATE_COMPARISON_NOT_BEFORE] = {"not before ", 11},
        [DATE_COMPARISON_AFTER] = {"after ", 6},
};

/* The day that it is compared with: "start_on 2026-01-02", "today (2026-01-02)". */
static void say_other_day(const struct saying *s, const struct workflow_rule *rule)
{
	int64_t day;

	if (!rule->has_other) {
		say(s, SLICE("today ("));
		say_day(s, rule_today(s->crossing));
		say(s, SLICE(")"));
		return;
	}
	say_field(s, rule->other);
	if (!rule_day(s->crossing, rule->other, &day)) {
		say(s, SLICE(", which has no value"));
		return;
	}
	say(s, SLICE(" "));
	say_day(s, day);
}

static void say_window(const struct saying *s, const struct workflow_rule *rule)
{
	int64_t from = rule_today(s->crossing);

	if (rule->has_other && !rule_day(s->crossing, rule->other, &from)) {
		say(s, SLICE("not before "));
		say_other_day(s, rule);
		return;
	}
	say(s, SLICE("from "));
	say_other_day(s, rule);
	say(s, SLICE(" to "));
	say_day(s, from + rule->days);
}

static void say_must(const struct saying *s, const struct workflow_rule *rule)
{
	switch ((int)rule->kind) {
	case WORKFLOW_RULE_KIND_FIELD_IS:
		say(s, rule->has_field && rule->field == ISSUE_FIELD_LABELS ? SLICE("have ")
		                                                            : SLICE("be "));
		say_values(s, rule->values);
		break;
	case WORKFLOW_RULE_KIND_FIELD_SET:
		say(s, SLICE("have a value"));
		break;
	case WORKFLOW_RULE_KIND_FIELD_CHANGED:
		say(s, SLICE("be changed on the way"));
		break;
	case WORKFLOW_RULE_KIND_SINGLE_VALUE:
		say(s, SLICE("have exactly one value"));
		break;
	case WORKFLOW_RULE_KIND_MATCHES:
		say(s, SLICE("match "));
		say_short(s, rule->pattern);
		break;
	case WORKFLOW_RULE_KIND_DATE_BEFORE:
		say(s, SLICE("be before "));
		say_day(s, rule_today(s->crossing) + rule->days);
		break;
	case WORKFLOW_RULE_KIND_DATE_COMPARE:
		say(s, SLICE("be "));
		say(s, comparisons[rule->comparison]);
		say_other_day(s, rule);
		break;
	default:
		say(s, SLICE("be "));
		say_window(s, rule);
		break;
	}
}

/* --- rules --- */

static void say_leaf(const struct saying *s, const struct workflow_rule *rule)
{
	switch ((int)rule->kind) {
	case WORKFLOW_RULE_KIND_PREVIOUS_STATUS:
		say(s, SLICE("the issue must come from "));
		say_statuses(s, rule);
		return;
	case WORKFLOW_RULE_KIND_WAS_IN:
		say(s, SLICE("the issue must have been in "));
		say_statuses(s, rule);
		return;
	case WORKFLOW_RULE_KIND_SUBTASKS_IN:
		say(s, SLICE("all sub-tasks must be in "));
		say_statuses(s, rule);
		return;
	case WORKFLOW_RULE_KIND_PARENT_IN:
		say(s, SLICE("the parent must be in "));
		say_statuses(s, rule);
		return;
	default:
		say_field(s, rule_field(rule));
		say(s, SLICE(" must "));
		say_must(s, rule);
		if (rule->kind != WORKFLOW_RULE_KIND_FIELD_SET &&
		    rule->kind != WORKFLOW_RULE_KIND_FIELD_CHANGED &&
		    !(rule->kind == WORKFLOW_RULE_KIND_FIELD_IS && rule->has_field &&
		      rule->field == ISSUE_FIELD_LABELS))
			say_is(s, rule);
	}
}

static bool is_in(struct workflow_rule_array rules, uint32_t index, uint32_t group)
{
	return rules.items[index].has_group && rules.items[index].group == (int32_t)group;
}

static bool are_all_people(struct workflow_rule_array rules, uint32_t group)
{
	for (uint32_t i = group + 1; i < rules.n; i++)
		if (is_in(rules, i, group) && !is_about_people(rules.items[i].kind))
			return false;
	return true;
}

static void say_rule(const struct saying *s, uint32_t index);

/* "only the reporter or role admin or higher", "not the reporter", "one of (a; b)" */
static void say_group(const struct saying *s, uint32_t group)
{
	enum workflow_rule_kind kind = s->rules.items[group].kind;
	bool people = kind != WORKFLOW_RULE_KIND_ALL && are_all_people(s->rules, group);
	bool first = true;

	say(s, kind == WORKFLOW_RULE_KIND_NOT   ? SLICE("not ")
	       : people                         ? SLICE("only ")
	       : kind == WORKFLOW_RULE_KIND_ANY ? SLICE("one of ")
	                                        : SLICE("all of "));
	say(s, people ? SLICE("") : SLICE("("));
	for (uint32_t i = group + 1; i < s->rules.n; i++) {
		if (!is_in(s->rules, i, group))
			continue;
		if (!first)
			say(s, people ? SLICE(", ") : SLICE("; "));
		first = false;
		if (people)
			say_people(s, &s->rules.items[i]);
		else
			say_rule(s, i);
	}
	say(s, people ? SLICE("") : SLICE(")"));
}

/* Depth is bounded: a rule's group is further up in a list of WORKFLOW_RULES_MAX. */
static void say_rule(const struct saying *s, uint32_t index)
{
	const struct workflow_rule *rule = &s->rules.items[index];

	if (workflow_rule_is_group(rule)) {
		say_group(s, index);
	} else if (is_about_people(rule->kind)) {
		say(s, SLICE("only "));
		say_people(s, rule);
	} else {
		say_leaf(s, rule);
	}
}

void say_fault(const struct crossing *crossing, const struct rule_faults *faults, uint32_t at,
               char text[TRANSITION_WHY_MAX])
{
	const struct saying s = {crossing, faults->rules, text};
	const struct workflow_rule *rule = &faults->rules.items[faults->at[at]];

	say_rule(&s, faults->at[at]);
	say(&s, faults->validators ? SLICE(" (validator ") : SLICE(" (condition "));
	say(&s, slice_str(workflow_rule_kind_symbol(rule->kind)));
	say(&s, SLICE(")"));
}

void say_why(const struct crossing *crossing, const struct rule_faults *faults,
             char why[TRANSITION_WHY_MAX])
{
	const struct saying s = {crossing, faults->rules, why};
	char room[CALLED_MAX];

	why[0] = '\0';
	for (uint32_t i = 0; i < faults->n; i++) {
		say(&s, i ? SLICE("; ") : SLICE(""));
		say_fault(crossing, faults, i, why);
	}
	if (faults->n)
		return;
	if (crossing->issue.archived) {
		say(&s, SLICE("the issue is archived"));
		return;
	}
	say(&s, SLICE("does not start from "));
	say(&s, item_called_of(crossing->state, &crossing->issue.project_id, ITEM_STATUS,
	                       PADDED(crossing->issue.status), room));
}
