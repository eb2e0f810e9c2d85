/* Where in a command the answer to a rule is, or would be. */
#include "core/domain/transition_say.h"

static bool creation_carries(struct slice field)
{
	enum issue_field known;

	if (!issue_field_parse(field, &known) || known == ISSUE_FIELD_UNKNOWN)
		return true;
	return known != ISSUE_FIELD_STATUS && known != ISSUE_FIELD_RANK &&
	       known != ISSUE_FIELD_RESOLUTION;
}

static bool is_resolution(struct slice field)
{
	return slice_equal(field, slice_str(issue_field_symbol(ISSUE_FIELD_RESOLUTION)));
}

static bool is_system_field(struct slice field)
{
	enum issue_field known;

	return issue_field_parse(field, &known) && known != ISSUE_FIELD_UNKNOWN;
}

static const struct field_value *given_value(const struct command_fields *fields,
                                             struct slice field, uint32_t *at)
{
	for (*at = 0; *at < fields->fields.n; ++*at)
		if (slice_equal(fields->fields.items[*at].field, field))
			return &fields->fields.items[*at];
	return NULL;
}

static void point_to(char pointer[REFUSAL_POINTER_MAX], struct slice to, struct slice member)
{
	pointer[0] = '\0';
	text_add(pointer, REFUSAL_POINTER_MAX, to);
	text_add(pointer, REFUSAL_POINTER_MAX, member);
}

bool field_pointer(const struct command_fields *fields, struct slice field, uint32_t value,
                   char pointer[REFUSAL_POINTER_MAX])
{
	const struct field_value *given;
	struct place place;
	uint32_t at;

	if (fields->done && is_resolution(field)) {
		point_to(pointer, SLICE("/"), field);
		return true;
	}
	if (fields->creates ? !creation_carries(field) : !names_have(fields->screen, field))
		return false;
	if (fields->creates && is_system_field(field)) {
		point_to(pointer, SLICE("/"), field);
		return true;
	}
	given = given_value(fields, field, &at);
	if (!given) {
		point_to(pointer, SLICE("/fields"), SLICE(""));
		return true;
	}
	place = place_of("/fields", at, "/values");
	if (value < given->values.n)
		place = place_of(place.text, value, "");
	point_to(pointer, slice_str(place.text), SLICE(""));
	return true;
}

/* Which of the values of the command is at fault; their number: all of them. */
static uint32_t wrong_value(const struct crossing *crossing, const struct workflow_rule *rule,
                            const struct command_fields *fields)
{
	uint32_t i = 0;
	const struct field_value *given = given_value(fields, rule_field(rule), &i);

	if (!given)
		return 0;
	if (rule->kind == WORKFLOW_RULE_KIND_SINGLE_VALUE)
		return given->values.n;
	if (rule->kind != WORKFLOW_RULE_KIND_MATCHES)
		return given->values.n == 1 ? 0 : given->values.n;
	for (i = 0; i < given->values.n; i++)
		if (!rule_text_matches(crossing, rule, given->values.items[i]))
			break;
	return i;
}

/* False: the command says nothing that the rule, or one in its group, asks about. */
static bool rule_pointer(const struct crossing *crossing, struct workflow_rule_array rules,
                         uint32_t index, const struct command_fields *fields,
                         char pointer[REFUSAL_POINTER_MAX])
{
	const struct workflow_rule *rule = &rules.items[index];
	struct slice field = rule_field(rule);

	if (field.n && field_pointer(fields, field, wrong_value(crossing, rule, fields), pointer))
		return true;
	if (rule->has_other && field_pointer(fields, rule->other, 0, pointer))
		return true;
	for (uint32_t i = index + 1; i < rules.n; i++)
		if (rules.items[i].has_group && rules.items[i].group == (int32_t)index &&
		    rule_pointer(crossing, rules, i, fields, pointer))
			return true;
	return false;
}

/* Conditions are asked before a transition changes anything; a new issue is as its command has it.
 */
void fault_pointer(const struct crossing *crossing, const struct rule_faults *faults, uint32_t at,
                   const struct command_fields *fields, char pointer[REFUSAL_POINTER_MAX])
{
	if ((!faults->validators && !fields->creates) ||
	    !rule_pointer(crossing, faults->rules, faults->at[at], fields, pointer))
		point_to(pointer, slice_str(fields->otherwise), SLICE(""));
}

bool refuse_faults(struct judge *judge, enum reject reject, const struct crossing *crossing,
                   const struct workflow_transition *transition, const struct rule_faults *faults,
                   const struct command_fields *fields)
{
	char head[CALLED_MAX + 16] = "transition ", room[CALLED_MAX];
	char text[TRANSITION_WHY_MAX], pointer[REFUSAL_POINTER_MAX];

	text_add(head, sizeof(head), transition_called(transition, room));
	text_add(head, sizeof(head), SLICE(": "));
	for (uint32_t i = 0; i < faults->n; i++) {
		text[0] = '\0';
		say_fault(crossing, faults, i, text);
		fault_pointer(crossing, faults, i, fields, pointer);
		refuse_also(judge, reject, pointer, slice_str(head), slice_str(text));
	}
	return false;
}
