/* The custom fields that a project has. */
#include <stdlib.h>

#include "core/domain/field.h"
#include "projections/state_inside.h"

struct field_reading {
	struct json_out *json;
	const struct tenant_state *state;
	const struct uuid *project;
	struct items types;
	struct row_field fields[PROJECT_FIELDS_MAX];
	struct row_field_option options[FIELD_OPTIONS_MAX];
	struct row_field_texts texts;
};

static int by_position(const void *a, const void *b)
{
	const struct row_field *left = a, *right = b;
	return (left->position > right->position) - (left->position < right->position);
}

/* Options of the first level in their order, each followed by what lies below it. */
static int by_place(const void *a, const void *b)
{
	const struct row_field_option *left = a, *right = b;
	return (left->position > right->position) - (left->position < right->position);
}

static void text_or_null(struct json_out *json, const char *key, struct slice text)
{
	json_out_key(json, key);
	if (text.n)
		json_out_string(json, text);
	else
		json_out_null(json);
}

static void options_json(struct field_reading *r, uint32_t n, struct slice parent)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct row_field_option *option = &r->options[i];
		if (!slice_equal(PADDED(option->parent), parent))
			continue;
		json_out_object(r->json);
		json_out_member_string(r->json, "id", PADDED(option->id));
		json_out_member_string(r->json, "name", PADDED(option->name));
		text_or_null(r->json, "parent", parent);
		json_out_member_bool(r->json, "disabled", option->disabled);
		json_out_object_end(r->json);
		if (!parent.n)
			options_json(r, n, PADDED(option->id));
	}
}

static void field_options_json(struct field_reading *r, struct slice field)
{
	struct row_field_option option;
	uint32_t n = 0;
	memset(&option, 0, sizeof option);
	while (n < FIELD_OPTIONS_MAX && next_field_option(r->state, r->project, field, &option))
		r->options[n++] = option;
	qsort(r->options, n, sizeof *r->options, by_place);
	json_out_key(r->json, "options");
	json_out_array(r->json);
	options_json(r, n, SLICE(""));
	json_out_array_end(r->json);
}

static void types_json(const struct field_reading *r, const struct row_field *field)
{
	json_out_key(r->json, "issue_types");
	if (field->all_types) {
		json_out_null(r->json);
		return;
	}
	json_out_array(r->json);
	for (uint32_t i = 0; i < r->types.n; i++)
		if (field_is_of_type(field, &r->types.at[i]))
			json_out_string(r->json, PADDED(r->types.at[i].id));
	json_out_array_end(r->json);
}

static void field_json(struct field_reading *r, const struct row_field *field)
{
	struct slice id = PADDED(field->id), value;
	struct field_texts texts = read_field_texts(r->state, r->project, id, &r->texts);
	json_out_object(r->json);
	json_out_member_string(r->json, "id", id);
	json_out_member_string(r->json, "name", texts.name);
	json_out_member_string(r->json, "description", texts.description);
	json_out_member_str(r->json, "kind", field_kind_symbol(field->kind));
	json_out_member_bool(r->json, "required", field->required);
	json_out_member_bool(r->json, "disabled", field->disabled);
	types_json(r, field);
	json_out_key(r->json, "default_values");
	json_out_array(r->json);
	while (field_next(&texts.default_values, &value))
		json_out_string(r->json, value);
	json_out_array_end(r->json);
	json_out_member_int(r->json, "issues", field->issues);
	field_options_json(r, id);
	json_out_object_end(r->json);
}

void state_fields_json(struct json_out *json, const struct tenant_state *state,
                       const struct uuid *project)
{
	struct field_reading *r = NULL;
	struct row_field field;
	uint32_t n = 0;
	memset(&field, 0, sizeof field);
	json_out_array(json);
	while (n < PROJECT_FIELDS_MAX && next_field(state, project, &field)) {
		if (!r)
			r = mem_new(sizeof *r);
		if (!field.removed)
			r->fields[n++] = field;
	}
	if (n) {
		r->json = json;
		r->state = state;
		r->project = project;
		read_items(state, project, ITEM_ISSUE_TYPE, &r->types);
		qsort(r->fields, n, sizeof *r->fields, by_position);
		for (uint32_t i = 0; i < n; i++)
			field_json(r, &r->fields[i]);
	}
	json_out_array_end(json);
	free(r);
}
