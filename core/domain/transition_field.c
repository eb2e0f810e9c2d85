/* Rules about one field. What they see is the issue as the transition will leave it: values of the
 * draft where there is one, else those of rows that its type shows. */
#include "core/base/date.h"
#include "core/base/pattern.h"
#include "core/domain/transition.h"
#include "core/domain/transition_say.h"

#define DAY_MS INT64_C(86400000)

struct slice rule_field(const struct workflow_rule *rule)
{
	if (rule->has_custom_field)
		return rule->custom_field;
	return rule->has_field ? slice_str(issue_field_symbol(rule->field)) : SLICE("");
}

/* --- values of a custom field --- */

struct custom_values {
	struct row_field_value row;
	struct slice packed;       /* the rest of them, of a row */
	struct slice_array listed; /* of the draft */
	uint32_t at;
	bool is_there; /* also a paragraph, whose text is not in the state */
};

static const struct field_change *planned_change(const struct crossing *crossing,
                                                 struct slice field)
{
	struct field_change_array changes = {NULL, 0};

	if (crossing->draft)
		changes = crossing->draft->changes;
	for (uint32_t i = 0; i < changes.n; i++)
		if (slice_equal(changes.items[i].field, field))
			return &changes.items[i];
	return NULL;
}

static void read_custom(const struct crossing *crossing, struct slice field,
                        struct custom_values *out)
{
	const struct field_change *change = planned_change(crossing, field);

	out->packed = SLICE("");
	out->listed = (struct slice_array){NULL, 0};
	out->at = 0;
	if (change) {
		out->listed = change->to;
		out->is_there = change->to.n > 0;
		return;
	}
	out->is_there = read_shown_value(crossing->state, &crossing->issue, &crossing->type, field,
	                                 &out->row);
	if (out->is_there)
		out->packed = slice_of(out->row.packed, out->row.n);
}

static bool next_custom(struct custom_values *values, struct slice *value)
{
	if (values->at == values->listed.n)
		return field_next(&values->packed, value);
	*value = values->listed.items[values->at++];
	return true;
}

/* --- field_is, user_field --- */

static bool has_label(const struct crossing *crossing, struct slice label)
{
	struct row_key key = row_key_label(&crossing->issue.id, label);
	struct row_label row;

	if (crossing->draft && crossing->draft->has_labels)
		return names_have(crossing->draft->labels, label);
	return crossing->state->get(crossing->state, &key, &row);
}

static bool has_one_label(const struct crossing *crossing, struct slice_array labels)
{
	for (uint32_t i = 0; i < labels.n; i++)
		if (has_label(crossing, labels.items[i]))
			return true;
	return false;
}

static bool custom_is(const struct crossing *crossing, const struct workflow_rule *rule)
{
	struct custom_values values;
	struct slice value;

	read_custom(crossing, rule->custom_field, &values);
	while (next_custom(&values, &value))
		if (names_have(rule->values, value))
			return true;
	return false;
}

static bool field_is(const struct crossing *crossing, const struct workflow_rule *rule)
{
	const struct row_issue *issue = &crossing->issue;

	if (rule->has_custom_field)
		return custom_is(crossing, rule);
	switch ((int)rule->field) {
	case ISSUE_FIELD_TYPE:
		return names_have(rule->values, PADDED(issue->type));
	case ISSUE_FIELD_PRIORITY:
		return names_have(rule->values, PADDED(issue->priority));
	case ISSUE_FIELD_RESOLUTION:
		return names_have(rule->values, PADDED(issue->resolution));
	default:
		return has_one_label(crossing, rule->values);
	}
}

static bool is_named(const struct crossing *crossing, const struct workflow_rule *rule)
{
	struct custom_values values;
	struct slice value;
	char room[UUID_TEXT];

	read_custom(crossing, rule->custom_field, &values);
	while (next_custom(&values, &value))
		if (slice_equal(value, uuid_slice(&crossing->person, room)))
			return true;
	return false;
}

/* --- how many values --- */

static uint32_t count_of_tags(const struct crossing *crossing, enum row_tag tag)
{
	if (crossing->draft && crossing->draft->has_tags[tag])
		return crossing->draft->tags[tag].n;
	return count_tags(crossing->state, &crossing->issue.id, tag);
}

static uint32_t count_custom(const struct crossing *crossing, struct slice field)
{
	struct custom_values values;
	struct slice value;
	uint32_t n = 0;

	read_custom(crossing, field, &values);
	while (next_custom(&values, &value))
		n++;
	return n ? n : values.is_there;
}

static bool has_description(const struct row_issue *issue)
{
	struct text_hash nothing = text_hash(SLICE(""));

	return memcmp(issue->description_hash, nothing.words, sizeof(nothing.words)) != 0;
}

static uint32_t count_values(const struct crossing *crossing, const struct workflow_rule *rule)
{
	const struct row_issue *issue = &crossing->issue;

	if (rule->has_custom_field)
		return count_custom(crossing, rule->custom_field);
	switch ((int)rule->field) {
	case ISSUE_FIELD_ASSIGNEE:
		return !uuid_is_nil(&issue->assignee);
	case ISSUE_FIELD_DUE_ON:
		return issue->has_due_on;
	case ISSUE_FIELD_START_ON:
		return issue->has_start_on;
	case ISSUE_FIELD_PARENT:
		return !uuid_is_nil(&issue->parent);
	case ISSUE_FIELD_RESOLUTION:
		return issue->resolution[0] != '\0';
	case ISSUE_FIELD_ESTIMATE:
		return issue->has_estimate;
	case ISSUE_FIELD_REMAINING:
		return issue->has_remaining;
	case ISSUE_FIELD_DESCRIPTION:
		return has_description(issue);
	case ISSUE_FIELD_COMPONENTS:
		return count_of_tags(crossing, ROW_TAG_COMPONENT);
	case ISSUE_FIELD_FIX_VERSIONS:
		return count_of_tags(crossing, ROW_TAG_FIX);
	case ISSUE_FIELD_AFFECTS_VERSIONS:
		return count_of_tags(crossing, ROW_TAG_AFFECTS);
	default:
		return issue->labels;
	}
}

/* --- changed --- */

static bool summary_changed(const struct issue_draft *draft)
{
	struct row_key key = row_key_summary(&draft->issue.id);
	struct row_summary row;
	bool found = draft->judge->state->get(draft->judge->state, &key, &row);

	assert(found);
	(void)found;
	return draft->has_summary && !slice_equal(draft->summary, slice_of(row.text, row.n));
}

static bool labels_changed(const struct issue_draft *draft)
{
	struct row_label row;

	if (!draft->has_labels)
		return false;
	for (uint32_t i = 0; i < draft->labels.n; i++) {
		struct row_key key = row_key_label(&draft->issue.id, draft->labels.items[i]);
		if (!draft->judge->state->get(draft->judge->state, &key, &row))
			return true;
	}
	return draft->labels.n != draft->before->labels;
}

static bool tags_changed(const struct issue_draft *draft, enum row_tag tag)
{
	const struct tenant_state *state = draft->judge->state;
	struct uuid_array tags = draft->tags[tag];

	if (!draft->has_tags[tag])
		return false;
	for (uint32_t i = 0; i < tags.n; i++)
		if (!issue_has_tag(state, &draft->issue.id, tag, &tags.items[i]))
			return true;
	return tags.n != count_tags(state, &draft->issue.id, tag);
}

static bool field_changed(const struct crossing *crossing, const struct workflow_rule *rule)
{
	const struct issue_draft *draft = crossing->draft;
	const struct row_issue *before = draft ? draft->before : NULL, *after = &crossing->issue;

	if (!before)
		return false;
	if (rule->has_custom_field)
		return planned_change(crossing, rule->custom_field) != NULL;
	switch ((int)rule->field) {
	case ISSUE_FIELD_SUMMARY:
		return summary_changed(draft);
	case ISSUE_FIELD_DESCRIPTION:
		return memcmp(after->description_hash, before->description_hash,
		              sizeof(after->description_hash)) != 0;
	case ISSUE_FIELD_PRIORITY:
		return !slice_equal(PADDED(after->priority), PADDED(before->priority));
	case ISSUE_FIELD_DUE_ON:
		return after->has_due_on != before->has_due_on || after->due_on != before->due_on;
	case ISSUE_FIELD_START_ON:
		return after->has_start_on != before->has_start_on ||
		       after->start_on != before->start_on;
	case ISSUE_FIELD_ESTIMATE:
		return after->has_estimate != before->has_estimate ||
		       after->estimate != before->estimate;
	case ISSUE_FIELD_REMAINING:
		return after->has_remaining != before->has_remaining ||
		       after->remaining != before->remaining;
	case ISSUE_FIELD_PARENT:
		return !uuid_equal(&after->parent, &before->parent);
	case ISSUE_FIELD_ASSIGNEE:
		return !uuid_equal(&after->assignee, &before->assignee);
	case ISSUE_FIELD_REPORTER:
		return !uuid_equal(&after->reporter, &before->reporter);
	case ISSUE_FIELD_COMPONENTS:
		return tags_changed(draft, ROW_TAG_COMPONENT);
	case ISSUE_FIELD_FIX_VERSIONS:
		return tags_changed(draft, ROW_TAG_FIX);
	case ISSUE_FIELD_AFFECTS_VERSIONS:
		return tags_changed(draft, ROW_TAG_AFFECTS);
	default:
		return labels_changed(draft);
	}
}

/* --- matches --- */

/* If it does not, *@fault (unless NULL) is the text. */
static bool text_matches(const struct crossing *crossing, const struct workflow_rule *rule,
                         struct slice text, char fault[VALUE_SAID_MAX])
{
	if (pattern_match(rule->pattern, text, crossing->arena) == PATTERN_MATCHES)
		return true;
	if (fault)
		text_add(fault, VALUE_SAID_MAX, text);
	return false;
}

bool rule_text_matches(const struct crossing *crossing, const struct workflow_rule *rule,
                       struct slice text)
{
	return text_matches(crossing, rule, text, NULL);
}

static bool texts_match(const struct crossing *crossing, const struct workflow_rule *rule,
                        struct slice_array texts, char fault[VALUE_SAID_MAX])
{
	for (uint32_t i = 0; i < texts.n; i++)
		if (!text_matches(crossing, rule, texts.items[i], fault))
			return false;
	return texts.n > 0;
}

static bool summary_matches(const struct crossing *crossing, const struct workflow_rule *rule,
                            char fault[VALUE_SAID_MAX])
{
	struct row_key key = row_key_summary(&crossing->issue.id);
	struct row_summary row;

	if (crossing->draft && crossing->draft->has_summary)
		return text_matches(crossing, rule, crossing->draft->summary, fault);
	bool found = crossing->state->get(crossing->state, &key, &row);
	assert(found);
	(void)found;
	return text_matches(crossing, rule, slice_of(row.text, row.n), fault);
}

static bool labels_match(const struct crossing *crossing, const struct workflow_rule *rule,
                         char fault[VALUE_SAID_MAX])
{
	struct row_key key = row_key_label(&crossing->issue.id, SLICE(""));
	const size_t prefix = sizeof(crossing->issue.id.bytes);
	struct row_label row;
	bool any = false;

	if (crossing->draft && crossing->draft->has_labels)
		return texts_match(crossing, rule, crossing->draft->labels, fault);
	while (crossing->state->next(crossing->state, &key, false, &row) &&
	       memcmp(key.bytes, crossing->issue.id.bytes, prefix) == 0) {
		if (!text_matches(crossing, rule,
		                  slice_of((const char *)key.bytes + prefix, key.n - prefix),
		                  fault))
			return false;
		any = true;
	}
	return any;
}

static bool matches(const struct crossing *crossing, const struct workflow_rule *rule,
                    char fault[VALUE_SAID_MAX])
{
	struct custom_values values;
	struct slice value;
	bool any = false;

	if (!rule->has_custom_field)
		return rule->field == ISSUE_FIELD_SUMMARY ? summary_matches(crossing, rule, fault)
		                                          : labels_match(crossing, rule, fault);
	read_custom(crossing, rule->custom_field, &values);
	while (next_custom(&values, &value)) {
		if (!text_matches(crossing, rule, value, fault))
			return false;
		any = true;
	}
	return any;
}

/* --- days: those of UTC --- */

static bool day_of_custom(const struct crossing *crossing, struct slice field, int64_t *day)
{
	struct custom_values values;
	struct slice value;
	int32_t days;

	read_custom(crossing, field, &values);
	if (!next_custom(&values, &value) || value.n < DATE_TEXT ||
	    !date_parse(slice_of(value.data, DATE_TEXT), &days))
		return false;
	*day = days;
	return true;
}

bool rule_day(const struct crossing *crossing, struct slice field, int64_t *day)
{
	const struct row_issue *issue = &crossing->issue;
	enum issue_field known;

	if (!issue_field_parse(field, &known) || known == ISSUE_FIELD_UNKNOWN)
		return day_of_custom(crossing, field, day);
	bool due = known == ISSUE_FIELD_DUE_ON;
	*day = due ? issue->due_on : issue->start_on;
	return due ? issue->has_due_on : issue->has_start_on;
}

static bool compare_days(enum date_comparison comparison, int64_t day, int64_t other)
{
	switch (comparison) {
	case DATE_COMPARISON_BEFORE:
		return day < other;
	case DATE_COMPARISON_NOT_AFTER:
		return day <= other;
	case DATE_COMPARISON_SAME:
		return day == other;
	case DATE_COMPARISON_NOT_SAME:
		return day != other;
	case DATE_COMPARISON_NOT_BEFORE:
		return day >= other;
	case DATE_COMPARISON_AFTER:
		return day > other;
	case DATE_COMPARISON_UNKNOWN:
		break;
	}
	return false;
}

int64_t rule_today(const struct crossing *crossing)
{
	return crossing->now_ms / DAY_MS;
}

/* A day that is not there is not before, after or within anything. */
static bool days_hold(const struct crossing *crossing, const struct workflow_rule *rule)
{
	int64_t today = rule_today(crossing), other = today, day;

	if (!rule_day(crossing, rule_field(rule), &day) ||
	    (rule->has_other && !rule_day(crossing, rule->other, &other)))
		return false;
	if (rule->kind == WORKFLOW_RULE_KIND_DATE_BEFORE)
		return day < today + rule->days;
	if (rule->kind == WORKFLOW_RULE_KIND_DATE_COMPARE)
		return compare_days(rule->comparison, day, other);
	return day >= other && day <= other + rule->days;
}

bool field_rule_holds(const struct crossing *crossing, const struct workflow_rule *rule)
{
	switch ((int)rule->kind) {
	case WORKFLOW_RULE_KIND_FIELD_IS:
		return field_is(crossing, rule);
	case WORKFLOW_RULE_KIND_USER_FIELD:
		return is_named(crossing, rule);
	case WORKFLOW_RULE_KIND_FIELD_SET:
		return count_values(crossing, rule) > 0;
	case WORKFLOW_RULE_KIND_SINGLE_VALUE:
		return count_values(crossing, rule) == 1;
	case WORKFLOW_RULE_KIND_FIELD_CHANGED:
		return field_changed(crossing, rule);
	case WORKFLOW_RULE_KIND_MATCHES:
		return matches(crossing, rule, NULL);
	default:
		return days_hold(crossing, rule);
	}
}

/* --- what is there --- */

static void say_custom(const struct crossing *crossing, const struct workflow_rule *rule,
                       char value[VALUE_SAID_MAX])
{
	struct custom_values values;
	struct slice one;

	read_custom(crossing, rule->custom_field, &values);
	for (bool first = true; next_custom(&values, &one); first = false) {
		text_add(value, VALUE_SAID_MAX, first ? SLICE("") : SLICE(", "));
		text_add(value, VALUE_SAID_MAX, one);
	}
}

static void say_chosen(const struct crossing *crossing, const struct workflow_rule *rule,
                       char value[VALUE_SAID_MAX])
{
	const struct row_issue *issue = &crossing->issue;

	if (rule->has_custom_field)
		say_custom(crossing, rule, value);
	else if (rule->field != ISSUE_FIELD_LABELS)
		text_add(value, VALUE_SAID_MAX,
		         rule->field == ISSUE_FIELD_TYPE       ? PADDED(issue->type)
		         : rule->field == ISSUE_FIELD_PRIORITY ? PADDED(issue->priority)
		                                               : PADDED(issue->resolution));
}

void rule_value(const struct crossing *crossing, const struct workflow_rule *rule,
                char value[VALUE_SAID_MAX])
{
	char room[TEXT_NUMBER_MAX], day[DATE_TEXT];
	int64_t days;

	value[0] = '\0';
	switch ((int)rule->kind) {
	case WORKFLOW_RULE_KIND_MATCHES:
		matches(crossing, rule, value);
		break;
	case WORKFLOW_RULE_KIND_FIELD_IS:
		say_chosen(crossing, rule, value);
		break;
	case WORKFLOW_RULE_KIND_SINGLE_VALUE:
		text_add(value, VALUE_SAID_MAX, text_number(count_values(crossing, rule), room));
		break;
	case WORKFLOW_RULE_KIND_DATE_BEFORE:
	case WORKFLOW_RULE_KIND_DATE_COMPARE:
	case WORKFLOW_RULE_KIND_DATE_WINDOW:
		if (!rule_day(crossing, rule_field(rule), &days))
			break;
		date_format((int32_t)days, day);
		text_add(value, VALUE_SAID_MAX, slice_of(day, sizeof(day)));
		break;
	default:
		break;
	}
}
