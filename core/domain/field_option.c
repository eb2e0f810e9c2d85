/* AddFieldOption, EditFieldOption, and what becomes of options. Issues keep one that is disabled,
 * and nobody can choose it; one that was removed keeps its row, so that its id is not used again.
 */
#include "core/domain/field.h"

#include "core/domain/project.h"

static uint32_t count_siblings(const struct tenant_state *state, const struct uuid *project,
                               struct slice field, struct slice parent)
{
	struct row_field_option option;
	uint32_t n = 0;

	memset(&option, 0, sizeof(option));
	while (next_field_option(state, project, field, &option))
		n += slice_equal(PADDED(option.parent), parent);
	return n;
}

static bool check_parent_option(struct judge *judge, const struct uuid *project,
                                const struct row_field *field, struct slice parent)
{
	struct row_field_option option;

	if (field->kind != FIELD_KIND_CASCADING_SELECT)
		return REFUSE(judge, REJECT_BAD_CHANGE, "/parent",
		              SLICE("only options of a cascading_select lie below others"));
	if (read_field_option(judge->state, project, PADDED(field->id), parent, &option) &&
	    !option.parent[0])
		return true;
	return REFUSE(judge, REJECT_UNKNOWN_OPTION, "/parent", PADDED(field->id),
	              SLICE(" has no option "), parent, SLICE(" of the first level"));
}

static bool check_new_option(struct judge *judge, const struct add_field_option *command,
                             const struct uuid *project, const struct row_field *field)
{
	char room[TEXT_NUMBER_MAX];
	bool removed;

	if (!field_has_options(field->kind))
		return REFUSE(judge, REJECT_BAD_CHANGE, "/field",
		              SLICE("only a select kind has options"));
	if (!text_is_id(command->option))
		return REFUSE(judge, REJECT_BAD_ID, "/option", SLICE("not an id: "),
		              command->option);
	if (field_option_was_there(judge->state, project, command->field, command->option,
	                           &removed))
		return REFUSE(judge, REJECT_ITEM_EXISTS, "/option", SLICE("option "),
		              command->option,
		              removed ? SLICE(" was removed; its id is not used again")
		                      : SLICE(" is there already"));
	if (field->options >= FIELD_OPTIONS_MAX)
		return REFUSE(judge, REJECT_TOO_MANY, "/option", SLICE("at most "),
		              text_number(FIELD_OPTIONS_MAX, room),
		              SLICE(" options, removed ones included"));
	return check_short_name(judge, command->name, "/name") &&
	       (!command->has_parent ||
	        check_parent_option(judge, project, field, command->parent));
}

void decide_add_field_option(struct judge *judge, const struct add_field_option *command)
{
	struct row_project project;
	struct row_field field;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_field(judge, &project.id, command->field, "/field", &field) ||
	    !check_new_option(judge, command, &project.id, &field))
		return;
	uint32_t position = count_siblings(judge->state, &project.id, command->field,
	                                   command->has_parent ? command->parent : SLICE(""));
	emit_project(judge, EVENT_FIELD_OPTION_ADDED, &project)->field_option_added =
	        (struct field_option_added){.field = command->field,
	                                    .option = {.option = command->option,
	                                               .name = command->name,
	                                               .has_parent = command->has_parent,
	                                               .parent = command->parent},
	                                    .position = (int32_t)position};
}

bool find_field_option(struct judge *judge, const struct uuid *project, struct slice field,
                       struct slice id, struct row_field_option *option)
{
	if (read_field_option(judge->state, project, field, id, option))
		return true;
	return REFUSE(judge, REJECT_UNKNOWN_OPTION, "/option", field, SLICE(" has no option "), id);
}

void decide_edit_field_option(struct judge *judge, const struct edit_field_option *command)
{
	struct row_project project;
	struct row_field field;
	struct row_field_option option;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !find_field(judge, &project.id, command->field, "/field", &field) ||
	    !find_field_option(judge, &project.id, command->field, command->option, &option) ||
	    (command->has_name && !check_short_name(judge, command->name, "/name")) ||
	    (command->has_position &&
	     !check_position(judge, command->position,
	                     count_siblings(judge->state, &project.id, command->field,
	                                    PADDED(option.parent)))))
		return;
	struct slice from = emit_copy(judge, PADDED(option.name));
	struct field_option_edited edited = {
	        .field = command->field,
	        .option = command->option,
	        .from_name = from,
	        .to_name = command->has_name ? command->name : from,
	        .from_disabled = option.disabled,
	        .to_disabled = command->has_disabled ? command->disabled : option.disabled,
	        .from_position = option.position,
	        .to_position = command->has_position ? command->position : option.position};
	if (!slice_equal(edited.from_name, edited.to_name) ||
	    edited.from_disabled != edited.to_disabled ||
	    edited.from_position != edited.to_position)
		emit_project(judge, EVENT_FIELD_OPTION_EDITED, &project)->field_option_edited =
		        edited;
}

/* --- evolve --- */

void evolve_field_option_added(struct tenant_state *state, const struct event_meta *meta,
                               const struct field_option_added *event)
{
	struct row_project project = load_project(state, meta);
	struct row_field field;
	bool found = read_field(state, &project.id, event->field, &field);

	assert(found && field.options < FIELD_OPTIONS_MAX);
	(void)found;
	put_field_option(state, &project.id, event->field, &event->option,
	                 (uint32_t)event->position);
	field.options++;
	put_field(state, &project.id, &field);
	save_project(state, &project);
}

void save_field_option(struct tenant_state *state, const struct uuid *project, struct slice field,
                       const struct row_field_option *option)
{
	struct row_key key = row_key_field_option(project, field, PADDED(option->id));

	state->put(state, &key, option);
}

/* @moving goes to @to (away, if @to is behind all); those of the same parent between make room. */
static void make_room(struct tenant_state *state, const struct uuid *project, struct slice field,
                      const struct row_field_option *moving, int32_t to)
{
	struct row_field_option option;
	int32_t from = moving->position;

	memset(&option, 0, sizeof(option));
	while (from != to && next_field_option(state, project, field, &option)) {
		int32_t position = option.position;
		if (position == from || !slice_equal(PADDED(option.parent), PADDED(moving->parent)))
			continue;
		if (position > from && position <= to)
			position--;
		else if (position < from && position >= to)
			position++;
		if (position == option.position)
			continue;
		option.position = (uint16_t)position;
		save_field_option(state, project, field, &option);
	}
}

void evolve_field_option_edited(struct tenant_state *state, const struct event_meta *meta,
                                const struct field_option_edited *event)
{
	struct row_project project = load_project(state, meta);
	struct row_field_option option;
	bool found = read_field_option(state, &project.id, event->field, event->option, &option);

	assert(found);
	(void)found;
	make_room(state, &project.id, event->field, &option, event->to_position);
	PADDED_SET(option.name, event->to_name);
	option.disabled = event->to_disabled;
	option.position = (uint16_t)event->to_position;
	save_field_option(state, &project.id, event->field, &option);
	save_project(state, &project);
}

/* What lies below @from lies below @to, behind what is there, in the same order. */
static void adopt(struct tenant_state *state, const struct uuid *project, struct slice field,
                  struct slice from, struct slice to)
{
	uint32_t before = count_siblings(state, project, field, to);
	struct row_field_option option;

	memset(&option, 0, sizeof(option));
	while (next_field_option(state, project, field, &option)) {
		if (!slice_equal(PADDED(option.parent), from))
			continue;
		PADDED_SET(option.parent, to);
		option.position = (uint16_t)(before + option.position);
		save_field_option(state, project, field, &option);
	}
}

void evolve_field_option_removed(struct tenant_state *state, const struct event_meta *meta,
                                 const struct field_option_removed *event)
{
	struct row_project project = load_project(state, meta);
	struct row_field_option option;
	bool found = read_field_option(state, &project.id, event->field, event->option, &option);

	assert(found && !option.issues);
	(void)found;
	make_room(state, &project.id, event->field, &option, FIELD_OPTIONS_MAX);
	if (event->has_replaced_by)
		adopt(state, &project.id, event->field, event->option, event->replaced_by);
	assert(!count_siblings(state, &project.id, event->field, event->option));
	option.removed = true;
	save_field_option(state, &project.id, event->field, &option);
	save_project(state, &project);
}
