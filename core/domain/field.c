/* Custom fields of a project. Their ids are never used again, so that a value of an issue never
 * means another field than it was given for. */
#include "core/domain/field.h"

#include "core/domain/board.h"
#include "core/domain/project.h"

static bool get_field(const struct tenant_state *state, const struct uuid *project, struct slice id,
                      struct row_field *field)
{
	if (!id.n || id.n > NAME_MAX_ID)
		return false;
	struct row_key key = row_key_field(project, id);
	return state->get(state, &key, field);
}

bool read_field(const struct tenant_state *state, const struct uuid *project, struct slice id,
                struct row_field *field)
{
	return get_field(state, project, id, field) && !field->removed;
}

bool find_field(struct judge *judge, const struct uuid *project, struct slice id,
                const char *pointer, struct row_field *field)
{
	if (read_field(judge->state, project, id, field))
		return true;
	return REFUSE(judge, REJECT_UNKNOWN_FIELD, pointer, SLICE("there is no field "), id);
}

bool next_field(const struct tenant_state *state, const struct uuid *project,
                struct row_field *field)
{
	struct row_key key = row_key_field(project, PADDED(field->id));

	return state->next(state, &key, false, field) &&
	       memcmp(key.bytes, project->bytes, sizeof(*project)) == 0;
}

bool field_is_of_type(const struct row_field *field, const struct row_item *type)
{
	return field->all_types || (field->types >> type->ordinal & 1) != 0;
}

bool field_is_eager(const struct row_field *field)
{
	return !field->removed && !field->disabled && (field->required || field->has_default);
}

struct field_texts read_field_texts(const struct tenant_state *state, const struct uuid *project,
                                    struct slice id, struct row_field_texts *row)
{
	struct row_key key = row_key_field_texts(project, id);
	bool found = state->get(state, &key, row);

	assert(found);
	(void)found;
	const char *description = row->text + row->name_n;
	return (struct field_texts){
	        .name = slice_of(row->text, row->name_n),
	        .description = slice_of(description, row->description_n),
	        .default_values = slice_of(description + row->description_n, row->default_n)};
}

static bool get_option(const struct tenant_state *state, const struct uuid *project,
                       struct slice field, struct slice id, struct row_field_option *option)
{
	if (!id.n || id.n > NAME_MAX_ID)
		return false;
	struct row_key key = row_key_field_option(project, field, id);
	return state->get(state, &key, option);
}

bool read_field_option(const struct tenant_state *state, const struct uuid *project,
                       struct slice field, struct slice id, struct row_field_option *option)
{
	return get_option(state, project, field, id, option) && !option->removed;
}

bool field_option_was_there(const struct tenant_state *state, const struct uuid *project,
                            struct slice field, struct slice id, bool *removed)
{
	struct row_field_option option;
	bool found = get_option(state, project, field, id, &option);

	*removed = found && option.removed;
	return found;
}

bool next_field_option(const struct tenant_state *state, const struct uuid *project,
                       struct slice field, struct row_field_option *option)
{
	while (next_field_option_ever(state, project, field, option))
		if (!option->removed)
			return true;
	return false;
}

bool next_field_option_ever(const struct tenant_state *state, const struct uuid *project,
                            struct slice field, struct row_field_option *option)
{
	struct row_key key = row_key_field_option(project, field, PADDED(option->id));
	const size_t prefix = sizeof(*project) + field.n + 1;
	struct row_key before = key;

	return state->next(state, &key, false, option) && key.n > prefix &&
	       memcmp(key.bytes, before.bytes, prefix) == 0;
}

/* --- AddField --- */

static bool check_new_field(struct judge *judge, const struct row_project *project, struct slice id)
{
	struct row_field field;
	char room[TEXT_NUMBER_MAX];
	enum issue_field same;

	if (!text_is_id(id))
		return REFUSE(judge, REJECT_BAD_ID, "/field", SLICE("not an id: "), id);
	/* Workflows, and boards, name both kinds of fields in one place. */
	if (issue_field_parse(id, &same) || board_card_field_find(id) != BOARD_CARD_FIELDS)
		return REFUSE(judge, REJECT_ITEM_EXISTS, "/field", id,
		              SLICE(" is a field that every issue has"));
	if (get_field(judge->state, &project->id, id, &field))
		return REFUSE(judge, REJECT_ITEM_EXISTS, "/field", SLICE("field "), id,
		              field.removed ? SLICE(" was removed; its id is not used again")
		                            : SLICE(" is there already"));
	if (project->fields >= PROJECT_FIELDS_MAX)
		return REFUSE(judge, REJECT_TOO_MANY_ITEMS, "/field", SLICE("at most "),
		              text_number(PROJECT_FIELDS_MAX, room),
		              SLICE(" fields, removed ones included"));
	return true;
}

bool check_field_types(struct judge *judge, const struct uuid *project, struct slice_array types,
                       struct row_field *field)
{
	struct row_item type;

	field->all_types = types.n == 0;
	field->types = 0;
	for (uint32_t i = 0; i < types.n; i++) {
		if (!find_item(judge, project, ITEM_ISSUE_TYPE, types.items[i], "/issue_types",
		               &type))
			return false;
		field->types |= UINT64_C(1) << type.ordinal;
	}
	return true;
}

struct slice_array field_types(struct judge *judge, const struct uuid *project,
                               const struct row_field *field)
{
	struct items types;
	struct slice_array ids = {NULL, 0};

	if (field->all_types)
		return ids;
	read_items(judge->state, project, ITEM_ISSUE_TYPE, &types);
	struct slice *items = emit_room(judge, types.n * sizeof(*items));
	for (uint32_t i = 0; items && i < types.n; i++)
		if (field_is_of_type(field, &types.at[i]))
			items[ids.n++] = emit_copy(judge, PADDED(types.at[i].id));
	ids.items = items;
	return ids;
}

static bool check_option_parent(struct judge *judge, const struct add_field *command, uint32_t at)
{
	const struct field_option *option = &command->options.items[at];

	if (!option->has_parent)
		return true;
	if (command->kind != FIELD_KIND_CASCADING_SELECT)
		return REFUSE(judge, REJECT_BAD_CHANGE, "/options", SLICE("option "),
		              option->option,
		              SLICE(" has a parent: only those of a cascading_select do"));
	for (uint32_t i = 0; i < at; i++)
		if (slice_equal(command->options.items[i].option, option->parent) &&
		    !command->options.items[i].has_parent)
			return true;
	return REFUSE(judge, REJECT_UNKNOWN_OPTION, "/options", SLICE("option "), option->option,
	              SLICE(" lies below "), option->parent,
	              SLICE(", which is no option of the first level before it"));
}

static bool check_option(struct judge *judge, const struct add_field *command, uint32_t at)
{
	const struct field_option *option = &command->options.items[at];

	if (!text_is_id(option->option))
		return REFUSE(judge, REJECT_BAD_ID, "/options", SLICE("not an id: "),
		              option->option);
	for (uint32_t i = 0; i < at; i++)
		if (slice_equal(command->options.items[i].option, option->option))
			return REFUSE(judge, REJECT_ITEM_EXISTS, "/options", SLICE("option "),
			              option->option, SLICE(" is there twice"));
	return check_short_name(judge, option->name, "/options") &&
	       check_option_parent(judge, command, at);
}

static bool check_options(struct judge *judge, const struct add_field *command)
{
	char room[TEXT_NUMBER_MAX];

	if (command->options.n && !field_has_options(command->kind))
		return REFUSE(judge, REJECT_BAD_CHANGE, "/options",
		              SLICE("only a select kind has options"));
	if (command->options.n > FIELD_OPTIONS_MAX)
		return REFUSE(judge, REJECT_TOO_MANY, "/options", SLICE("at most "),
		              text_number(FIELD_OPTIONS_MAX, room), SLICE(" options"));
	for (uint32_t i = 0; i < command->options.n; i++)
		if (!check_option(judge, command, i))
			return false;
	return true;
}

bool check_field_default(struct judge *judge, const struct field_wish *wish,
                         struct slice_array *values)
{
	char packed[FIELD_BYTES_MAX], room[TEXT_NUMBER_MAX];
	uint32_t n;

	if (!check_field_values(judge, wish, values))
		return false;
	if (field_pack(*values, packed, &n))
		return true;
	return REFUSE(judge, REJECT_BAD_FIELD_VALUE, wish->pointer, SLICE("a default has at most "),
	              text_number(FIELD_BYTES_MAX, room), SLICE(" bytes"));
}

void decide_add_field(struct judge *judge, const struct add_field *command)
{
	struct row_project project;
	struct row_field field;
	struct slice_array defaults;
	const struct field_wish wish = {.project = &project.id,
	                                .field = &field,
	                                .options = &command->options,
	                                .values = command->default_values,
	                                .pointer = "/default_values"};

	memset(&field, 0, sizeof(field));
	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project) ||
	    !check_new_field(judge, &project, command->field) ||
	    !check_short_name(judge, command->name, "/name") ||
	    !check_note(judge, command->description, "/description") ||
	    !check_field_types(judge, &project.id, command->issue_types, &field) ||
	    !check_options(judge, command))
		return;
	PADDED_SET(field.id, command->field);
	field.kind = command->kind;
	if (!check_field_default(judge, &wish, &defaults))
		return;
	struct slice_array types = field_types(judge, &project.id, &field);
	int32_t position = count_fields(judge->state, &project.id);
	emit_project(judge, EVENT_FIELD_ADDED, &project)->field_added =
	        (struct field_added){.field = command->field,
	                             .kind = command->kind,
	                             .settings = {.name = command->name,
	                                          .description = command->description,
	                                          .required = command->required,
	                                          .issue_types = types,
	                                          .default_values = defaults,
	                                          .position = position},
	                             .options = command->options};
}

int32_t count_fields(const struct tenant_state *state, const struct uuid *project)
{
	struct row_field field;
	int32_t n = 0;

	memset(&field, 0, sizeof(field));
	while (next_field(state, project, &field))
		n += !field.removed;
	return n;
}

/* --- evolve --- */

static void put_texts(struct tenant_state *state, const struct uuid *project, struct slice id,
                      const struct field_settings *settings)
{
	struct row_key key = row_key_field_texts(project, id);
	struct row_field_texts texts;
	char packed[FIELD_BYTES_MAX];
	uint32_t n;
	bool fits = field_pack(settings->default_values, packed, &n);

	assert(fits && settings->name.n <= ITEM_NAME_MAX && settings->description.n <= SUMMARY_MAX);
	(void)fits;
	texts.name_n = (uint16_t)settings->name.n;
	texts.description_n = (uint16_t)settings->description.n;
	texts.default_n = (uint16_t)n;
	memcpy(texts.text, settings->name.data, settings->name.n);
	if (settings->description.n)
		memcpy(texts.text + texts.name_n, settings->description.data,
		       settings->description.n);
	memcpy(texts.text + texts.name_n + texts.description_n, packed, n);
	state->put(state, &key, &texts);
}

static uint64_t types_of(const struct tenant_state *state, const struct uuid *project,
                         struct slice_array ids)
{
	struct row_item type;
	uint64_t types = 0;

	for (uint32_t i = 0; i < ids.n; i++) {
		bool found = read_item(state, project, ITEM_ISSUE_TYPE, ids.items[i], &type);
		assert(found);
		(void)found;
		types |= UINT64_C(1) << type.ordinal;
	}
	return types;
}

void put_field(struct tenant_state *state, const struct uuid *project,
               const struct row_field *field)
{
	struct row_key key = row_key_field(project, PADDED(field->id));

	state->put(state, &key, field);
}

void put_field_settings(struct tenant_state *state, struct row_project *project,
                        struct row_field *field, const struct field_settings *settings)
{
	project->eager_fields -= field_is_eager(field);
	field->types = types_of(state, &project->id, settings->issue_types);
	field->all_types = settings->issue_types.n == 0;
	field->required = settings->required;
	field->has_default = settings->default_values.n > 0;
	field->disabled = settings->disabled;
	field->position = (uint8_t)settings->position;
	project->eager_fields += field_is_eager(field);
	put_field(state, &project->id, field);
	put_texts(state, &project->id, PADDED(field->id), settings);
}

void put_field_option(struct tenant_state *state, const struct uuid *project, struct slice field,
                      const struct field_option *from, uint32_t position)
{
	struct row_key key = row_key_field_option(project, field, from->option);
	struct row_field_option option;

	memset(&option, 0, sizeof(option));
	PADDED_SET(option.id, from->option);
	PADDED_SET(option.name, from->name);
	if (from->has_parent)
		PADDED_SET(option.parent, from->parent);
	option.position = (uint16_t)position;
	state->put(state, &key, &option);
}

/* Options before @at that have the same parent. */
static uint32_t siblings_before(const struct field_option_array *options, uint32_t at)
{
	const struct field_option *option = &options->items[at];
	uint32_t n = 0;

	for (uint32_t i = 0; i < at; i++) {
		const struct field_option *other = &options->items[i];
		n += other->has_parent == option->has_parent &&
		     (!option->has_parent || slice_equal(other->parent, option->parent));
	}
	return n;
}

void evolve_field_added(struct tenant_state *state, const struct event_meta *meta,
                        const struct field_added *event)
{
	struct row_project project = load_project(state, meta);
	struct row_field field;

	assert(!get_field(state, &project.id, event->field, &field));
	memset(&field, 0, sizeof(field));
	PADDED_SET(field.id, event->field);
	field.kind = event->kind;
	field.options = (uint16_t)event->options.n;
	for (uint32_t i = 0; i < event->options.n; i++)
		put_field_option(state, &project.id, event->field, &event->options.items[i],
		                 siblings_before(&event->options, i));
	project.fields++;
	put_field_settings(state, &project, &field, &event->settings);
	save_project(state, &project);
}
