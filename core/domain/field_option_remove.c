/* RemoveFieldOption. What has the option comes to have its replacement, or loses it: first the
 * workflows, then filters of boards, then the default of the field, then the issues, then the
 * option is gone. What lies below it comes to lie below the replacement. */
#include "core/domain/board.h"
#include "core/domain/issue_field.h"
#include "core/domain/migration.h"
#include "core/domain/project.h"
#include "core/domain/workflow_replace.h"

struct removing {
	struct workflow_replacing workflows;
	struct judge *judge;
	struct row_project project;
	struct row_field field;
	struct row_field_option option;
	struct slice field_id, id;
	struct slice replacement; /* empty: there is none */
};

/* --- what is in the way --- */

static struct slice default_of(const struct removing *r, struct row_field_texts *row)
{
	return read_field_texts(r->judge->state, &r->project.id, r->field_id, row).default_values;
}

static uint32_t count_children(const struct removing *r)
{
	struct row_field_option option;
	uint32_t n = 0;

	memset(&option, 0, sizeof(option));
	while (next_field_option(r->judge->state, &r->project.id, r->field_id, &option))
		n += slice_equal(PADDED(option.parent), r->id);
	return n;
}

/* @drop_values: neither issues nor the default are in the way. */
static bool check_unused(struct removing *r, bool drop_values)
{
	char issues[TEXT_NUMBER_MAX], children[TEXT_NUMBER_MAX];
	char workflows[TEXT_NUMBER_MAX], drafts[TEXT_NUMBER_MAX];
	struct row_field_texts texts;
	struct workflows_naming naming = find_workflows_naming(&r->workflows);
	bool is_default = field_packed_has(default_of(r, &texts), r->id);
	uint32_t below = count_children(r);
	bool droppable = !naming.workflows && !naming.drafts && !below;

	if (r->judge->decision->reject)
		return false;
	if (droppable && (drop_values || (!r->option.issues && !is_default)))
		return true;
	return REFUSE(r->judge, REJECT_IN_USE, "/option", r->id, SLICE(": "),
	              text_number(r->option.issues, issues), SLICE(" issues, "),
	              text_number(below, children), SLICE(" options below it, "),
	              is_default ? SLICE("the default, ") : SLICE(""),
	              text_number(naming.workflows, workflows), SLICE(" workflows, "),
	              text_number(naming.drafts, drafts), SLICE(" drafts"),
	              naming.first.n ? SLICE(", the first is ") : SLICE(""), naming.first,
	              SLICE(": name replace_with"),
	              droppable ? SLICE(", or say drop_values") : SLICE(""));
}

static bool check_replacement(struct removing *r)
{
	struct row_field_option other;

	if (slice_equal(r->id, r->replacement))
		return REFUSE(r->judge, REJECT_BAD_CHANGE, "/replace_with",
		              SLICE("an option cannot replace itself"));
	if (!read_field_option(r->judge->state, &r->project.id, r->field_id, r->replacement,
	                       &other))
		return REFUSE(r->judge, REJECT_UNKNOWN_OPTION, "/replace_with", r->field_id,
		              SLICE(" has no option "), r->replacement);
	if (!slice_equal(PADDED(other.parent), PADDED(r->option.parent)))
		return REFUSE(r->judge, REJECT_BAD_CHANGE, "/replace_with", r->replacement,
		              SLICE(" does not lie below the same option as "), r->id);
	return !other.disabled || r->option.disabled ||
	       REFUSE(r->judge, REJECT_DISABLED, "/replace_with", SLICE("option "), r->replacement,
	              SLICE(" cannot be chosen any more"));
}

/* --- workflows --- */

static bool rule_names(const struct workflow_replacing *workflows, const struct workflow_rule *rule)
{
	const struct removing *r = (const struct removing *)workflows;

	return slice_equal(rule->custom_field, r->field_id) && names_have(rule->values, r->id);
}

static bool function_names(const struct workflow_replacing *workflows,
                           const struct post_function *function)
{
	const struct removing *r = (const struct removing *)workflows;

	return slice_equal(function->field, r->field_id) && names_have(function->values, r->id);
}

static bool replace_in_rule(struct workflow_replacing *workflows,
                            const struct workflow_place *place, struct workflow_rule *rule)
{
	const struct removing *r = (const struct removing *)workflows;

	(void)place;
	rule->values = replace_text(r->judge, rule->values, r->id, r->replacement);
	return rule->values.items != NULL;
}

static bool replace_in_function(struct workflow_replacing *workflows,
                                struct post_function *function)
{
	const struct removing *r = (const struct removing *)workflows;

	function->values = replace_text(r->judge, function->values, r->id, r->replacement);
	return true;
}

/* --- boards --- */

static void replace_on_boards_of(struct removing *r)
{
	const struct filter_name name = {.part = FILTER_OPTIONS,
	                                 .text = r->id,
	                                 .field = r->field_id},
	                         by = {.part = FILTER_OPTIONS,
	                               .text = r->replacement,
	                               .field = r->field_id};

	if (r->replacement.n)
		replace_in_board_filters(r->judge, &r->project.id, &name, &by);
}

/* --- values --- */

/* Packed values without the option, with the replacement if there is one; below an option that
 * goes without one there is nothing. */
static struct slice_array values_after(const struct removing *r, struct slice packed)
{
	struct slice_array before = unpack_values(r->judge, packed);
	struct slice *items = emit_room(r->judge, before.n * sizeof(*items));
	uint32_t n = 0;

	for (uint32_t i = 0; i < before.n && items; i++) {
		bool hit = slice_equal(before.items[i], r->id);
		struct slice value = hit ? r->replacement : before.items[i];
		if (!value.n && !field_is_set(r->field.kind))
			break;
		if (value.n && field_is_set(r->field.kind))
			field_values_add(items, &n, value);
		else if (value.n)
			items[n++] = value;
	}
	return (struct slice_array){items, n};
}

static void change_default(struct removing *r)
{
	struct row_field_texts texts;
	struct slice packed = default_of(r, &texts);

	if (!field_packed_has(packed, r->id))
		return;
	struct field_settings before = read_field_settings(r->judge, &r->project.id, &r->field);
	struct field_settings after = before;
	after.default_values = values_after(r, packed);
	emit_project(r->judge, EVENT_FIELD_EDITED, &r->project)->field_edited =
	        (struct field_edited){r->field_id, before, after};
}

static void change_issue(struct removing *r, const struct uuid *id, struct slice packed)
{
	struct field_change *change = emit_room(r->judge, sizeof(*change));
	struct row_issue issue;
	bool found = read_issue(r->judge->state, id, &issue);

	assert(found);
	(void)found;
	if (!change)
		return;
	*change = (struct field_change){.field = r->field_id,
	                                .kind = r->field.kind,
	                                .from = unpack_values(r->judge, packed),
	                                .to = values_after(r, packed)};
	emit_field_changes(r->judge, (struct field_change_array){change, 1}, &issue);
}

static void change_issues(struct removing *r)
{
	const struct tenant_state *state = r->judge->state;
	struct row_key at = row_key_issue_place(&r->project.id, SLICE(""), SLICE(""), 0);
	int64_t version = r->judge->decision->version;
	uint32_t left = r->option.issues;
	struct row_field_value value;
	struct uuid issue;

	while (left && r->judge->decision->reject == REJECT_NONE &&
	       next_issue_of(state, &r->project.id, &at, &issue)) {
		if (!read_field_value(state, &issue, r->field_id, &value))
			continue;
		struct slice packed = slice_of(value.packed, value.n);
		if (!field_packed_has(packed, r->id))
			continue;
		change_issue(r, &issue, packed);
		left--;
	}
	r->judge->decision->version = version;
}

/* --- the command --- */

static bool check_not_too_many(struct removing *r)
{
	char room[TEXT_NUMBER_MAX];

	return r->option.issues < DECISION_EVENTS_MAX ||
	       REFUSE(r->judge, REJECT_TOO_LARGE, "/option", text_number(r->option.issues, room),
	              SLICE(" issues have it: give some another first"));
}

static bool check_removal_of(struct removing *r, const struct remove_field_option *command)
{
	if (command->has_replace_with && command->drop_values)
		return REFUSE(r->judge, REJECT_BAD_CHANGE, "/drop_values",
		              SLICE("either replace_with or drop_values"));
	if (!command->has_replace_with)
		return check_unused(r, command->drop_values);
	r->replacement = command->replace_with;
	return check_replacement(r) && replace_in_workflows(&r->workflows);
}

void decide_remove_field_option(struct judge *judge, const struct remove_field_option *command)
{
	struct removing r = {.workflows = {.judge = judge,
	                                   .project = &r.project,
	                                   .rule_names = rule_names,
	                                   .replace_in_rule = replace_in_rule,
	                                   .function_names = function_names,
	                                   .replace_in_function = replace_in_function},
	                     .judge = judge,
	                     .field_id = command->field,
	                     .id = command->option};

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &r.project) ||
	    !find_field(judge, &r.project.id, command->field, "/field", &r.field) ||
	    !find_field_option(judge, &r.project.id, command->field, command->option, &r.option) ||
	    !check_removal_of(&r, command) || !check_not_too_many(&r))
		return;
	replace_on_boards_of(&r);
	change_default(&r);
	change_issues(&r);
	emit_project(judge, EVENT_FIELD_OPTION_REMOVED, &r.project)->field_option_removed =
	        (struct field_option_removed){.field = command->field,
	                                      .option = command->option,
	                                      .name = emit_copy(judge, PADDED(r.option.name)),
	                                      .has_parent = r.option.parent[0] != '\0',
	                                      .parent = emit_copy(judge, PADDED(r.option.parent)),
	                                      .position = r.option.position,
	                                      .issues = (int32_t)r.option.issues,
	                                      .has_replaced_by = command->has_replace_with,
	                                      .replaced_by = command->replace_with};
}
