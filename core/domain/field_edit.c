/* EditField, RemoveField. What issues have stays where it is: a narrower context and a removal only
 * hide it, the one until the context is wide again, the other for ever. */
#include "core/domain/field.h"

#include "core/domain/project.h"
#include "core/domain/workflow.h"

static bool check_contradictions(struct judge *judge, const struct edit_field *command)
{
	if (command->all_types && command->issue_types.n)
		return REFUSE(judge, REJECT_BAD_CHANGE, "/all_types",
		              SLICE("either issue_types or all_types"));
	if (command->no_default && command->default_values.n)
		return REFUSE(judge, REJECT_BAD_CHANGE, "/no_default",
		              SLICE("either default_values or no_default"));
	return true;
}

static bool check_edit(struct judge *judge, const struct edit_field *command,
                       const struct uuid *project)
{
	return check_contradictions(judge, command) &&
	       (!command->has_name || check_short_name(judge, command->name, "/name")) &&
	       (!command->has_description ||
	        check_note(judge, command->description, "/description")) &&
	       (!command->has_position ||
	        check_position(judge, command->position,
	                       (uint32_t)count_fields(judge->state, project)));
}

static bool edit_types(struct judge *judge, const struct edit_field *command,
                       const struct uuid *project, const struct row_field *field,
                       struct slice_array *types)
{
	struct row_field after = *field;

	if ((command->issue_types.n || command->all_types) &&
	    !check_field_types(judge, project, command->issue_types, &after))
		return false;
	*types = field_types(judge, project, &after);
	return true;
}

static bool edit_default(struct judge *judge, const struct edit_field *command,
                         const struct uuid *project, const struct row_field *field,
                         struct slice_array *values)
{
	const struct field_wish wish = {.project = project,
	                                .field = field,
	                                .values = command->default_values,
	                                .pointer = "/default_values"};

	if (command->no_default)
		*values = (struct slice_array){NULL, 0};
	else if (command->default_values.n)
		return check_field_default(judge, &wish, values);
	return true;
}

static bool same_texts(struct slice_array a, struct slice_array b)
{
	if (a.n != b.n)
		return false;
	for (uint32_t i = 0; i < a.n; i++)
		if (!slice_equal(a.items[i], b.items[i]))
			return false;
	return true;
}

static bool same_settings(const struct field_settings *a, const struct field_settings *b)
{
	return slice_equal(a->name, b->name) && slice_equal(a->description, b->description) &&
	       a->required == b->required && a->disabled == b->disabled &&
	       a->position == b->position && same_texts(a->issue_types, b->issue_types) &&
	       same_texts(a->default_values, b->default_values);
}

struct field_settings read_field_settings(struct judge *judge, const struct uuid *project,
                                          const struct row_field *field)
{
	struct row_field_texts row;
	struct field_texts texts = read_field_texts(judge->state, project, PADDED(field->id), &row);

	return (struct field_settings){.name = emit_copy(judge, texts.name),
	                               .description = emit_copy(judge, texts.description),
	                               .required = field->required,
	                               .issue_types = field_types(judge, project, field),
	                               .default_values = unpack_values(judge, texts.default_values),
	                               .disabled = field->disabled,
	                               .position = field->position};
}

void decide_edit_field(struct judge *judge, const struct edit_field *command)
{
	struct row_project project;
	struct row_field field;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_field(judge, &project.id, command->field, "/field", &field) ||
	    !check_edit(judge, command, &project.id))
		return;
	struct field_settings before = read_field_settings(judge, &project.id, &field),
	                      after = before;
	if (!edit_types(judge, command, &project.id, &field, &after.issue_types) ||
	    !edit_default(judge, command, &project.id, &field, &after.default_values))
		return;
	if (command->has_name)
		after.name = command->name;
	if (command->has_description)
		after.description = command->description;
	if (command->has_required)
		after.required = command->required;
	if (command->has_disabled)
		after.disabled = command->disabled;
	if (command->has_position)
		after.position = command->position;
	if (!same_settings(&before, &after))
		emit_project(judge, EVENT_FIELD_EDITED, &project)->field_edited =
		        (struct field_edited){command->field, before, after};
}

void decide_remove_field(struct judge *judge, const struct remove_field *command)
{
	struct row_project project;
	struct row_field field;
	struct row_field_texts row;
	char room[TEXT_NUMBER_MAX];

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_field(judge, &project.id, command->field, "/field", &field) ||
	    !check_field_unnamed(judge, &project.id, command->field, "/field"))
		return;
	if (field.issues && !command->drop_values) {
		REFUSE(judge, REJECT_IN_USE, "/field", text_number(field.issues, room),
		       SLICE(" issues have a value in it: say drop_values, or disable it"));
		return;
	}
	struct field_texts texts =
	        read_field_texts(judge->state, &project.id, command->field, &row);
	struct slice name = emit_copy(judge, texts.name);
	emit_project(judge, EVENT_FIELD_REMOVED, &project)->field_removed =
	        (struct field_removed){.field = command->field,
	                               .position = field.position,
	                               .issues = (int32_t)field.issues,
	                               .name = name};
}

/* --- evolve --- */

/* The field at @from goes to @to (away, if @to is behind all); those between make room. */
static void move_field(struct tenant_state *state, const struct uuid *project, int32_t from,
                       int32_t to)
{
	struct row_field field;

	memset(&field, 0, sizeof(field));
	while (from != to && next_field(state, project, &field)) {
		int32_t position = field.position;
		if (field.removed || position == from)
			continue;
		if (position > from && position <= to)
			position--;
		else if (position < from && position >= to)
			position++;
		if (position == field.position)
			continue;
		field.position = (uint8_t)position;
		put_field(state, project, &field);
	}
}

static struct row_field load_field_row(const struct tenant_state *state, const struct uuid *project,
                                       struct slice id)
{
	struct row_field field;
	bool found = read_field(state, project, id, &field);

	assert(found);
	(void)found;
	return field;
}

void evolve_field_edited(struct tenant_state *state, const struct event_meta *meta,
                         const struct field_edited *event)
{
	struct row_project project = load_project(state, meta);
	struct row_field field = load_field_row(state, &project.id, event->field);

	move_field(state, &project.id, field.position, event->after.position);
	put_field_settings(state, &project, &field, &event->after);
	save_project(state, &project);
}

/* Its texts and options are of no use any more. */
static void forget_field(struct tenant_state *state, const struct uuid *project, struct slice id)
{
	struct row_key key = row_key_field_texts(project, id);
	struct row_field_option option;

	state->del(state, &key);
	for (;;) {
		memset(&option, 0, sizeof(option));
		if (!next_field_option_ever(state, project, id, &option))
			return;
		key = row_key_field_option(project, id, PADDED(option.id));
		state->del(state, &key);
	}
}

void evolve_field_removed(struct tenant_state *state, const struct event_meta *meta,
                          const struct field_removed *event)
{
	struct row_project project = load_project(state, meta);
	struct row_field field = load_field_row(state, &project.id, event->field);

	move_field(state, &project.id, field.position, PROJECT_FIELDS_MAX);
	project.eager_fields -= field_is_eager(&field);
	field.removed = true;
	put_field(state, &project.id, &field);
	forget_field(state, &project.id, event->field);
	save_project(state, &project);
}
