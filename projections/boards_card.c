/* Cards of boards that were set up. One that says no fields copies the ready JSON; others are
 * rendered from the row of the card. A custom field is looked up once for each project, its values
 * once for each card; what a project does not have, or not for the type of the issue, is left out
 * as it is of the issue. Members are ids, as everywhere on cards: a page that is kept names nobody.
 */
#include <stdlib.h>

#include "projections/boards_inside.h"

struct field_reading boards_field_reading(struct boards_reading *r)
{
	return (struct field_reading){
	        .txn = r->txn, .tables = &board_field_tables, .tenant = r->tenant, .key = &r->key};
}

/* --- which fields --- */

static struct custom_field *custom_of(const struct boards_reading *r, uint32_t project,
                                      uint32_t number)
{
	return &r->custom_of[project * BOARD_CUSTOM_FIELDS_MAX + number];
}

/* One that no project has (any more) is passed over. */
static void load_custom(struct boards_reading *r, struct slice id)
{
	const struct field_reading reading = boards_field_reading(r);
	bool found = false;
	if (r->custom_n == BOARD_CUSTOM_FIELDS_MAX)
		return;
	if (!r->custom_of)
		r->custom_of =
		        mem_new(r->projects_n * BOARD_CUSTOM_FIELDS_MAX * sizeof *r->custom_of);
	for (uint32_t p = 0; p < r->projects_n; p++) {
		struct custom_field *field = custom_of(r, p, r->custom_n);
		field->is_there = field_row_get(&reading, &r->projects[p].id, id, &field->row) &&
		                  field->row.kind != FIELD_KIND_PARAGRAPH;
		found |= field->is_there;
	}
	if (found)
		r->custom[r->custom_n++] = id;
}

void boards_load_fields(struct boards_reading *r)
{
	for (uint32_t i = 0; i < r->board.card_fields.n; i++) {
		enum board_card_field field = board_card_field_find(r->board.card_fields.items[i]);
		if (field == BOARD_CARD_FIELDS)
			load_custom(r, r->board.card_fields.items[i]);
		else
			r->fields |= 1u << field;
	}
}

static bool is_shown(const struct boards_reading *r, struct slice name)
{
	for (uint32_t i = 0; i < r->custom_n; i++)
		if (slice_equal(r->custom[i], name))
			return true;
	return board_card_field_find(name) != BOARD_CARD_FIELDS;
}

void boards_fields_json(const struct boards_reading *r, struct json_out *json)
{
	json_out_key(json, "card_fields");
	json_out_array(json);
	for (uint32_t i = 0; i < r->board.card_fields.n; i++)
		if (is_shown(r, r->board.card_fields.items[i]))
			json_out_string(json, r->board.card_fields.items[i]);
	json_out_array_end(json);
}

/* --- a card --- */

static void custom_json(struct boards_reading *r, const struct card *card, struct json_out *json)
{
	const struct field_reading reading = boards_field_reading(r);
	uint32_t project = (uint32_t)(card->project - r->projects);
	struct slice values;
	json_out_key(json, "fields");
	json_out_array(json);
	for (uint32_t i = 0; i < r->custom_n; i++) {
		const struct custom_field *field = custom_of(r, project, i);
		if (field->is_there && field_row_is_of_type(&field->row, slice_str(card->type)) &&
		    field_values_get(&reading, &card->id, r->custom[i], &values))
			field_json(&reading, &card->project->id, r->custom[i], &field->row, values,
			           json);
	}
	json_out_array_end(json);
}

static struct project *project_of(const struct boards_reading *r, const struct uuid *id)
{
	for (uint32_t i = 0; i < r->projects_n; i++)
		if (uuid_equal(&r->projects[i].id, id))
			return &r->projects[i];
	return NULL;
}

static void chosen_json(struct boards_reading *r, const struct card *card, struct json_out *json)
{
	json_out_object(json);
	card_members_json(card, r->fields, json);
	if (r->custom_n)
		custom_json(r, card, json);
	json_out_object_end(json);
}

static void usual_json(struct boards_reading *r, const struct card *card, struct json_out *json)
{
	buf_clear(&r->json);
	card_json(card, &r->json);
	json_out_raw(json, buf_slice(&r->json));
}

bool card_shown_json(struct boards_reading *r, struct slice place, struct slice value,
                     struct json_out *json)
{
	bool chosen = r->fields || r->custom_n;
	struct card card = {.project = NULL};
	struct uuid project;
	struct slice row;
	const struct card_rows rows = {r->txn, r->tenant, r->caller.sight, &r->key};
	if (!chosen && !card_names_hidden(&rows, value)) {
		json_out_raw(json, card_stored_json(value));
		return true;
	}
	memcpy(card.id.bytes, place.data + place.n - sizeof card.id, sizeof card.id);
	bool good = boards_card_row(r, &card.id, &row) && card_unpack(row, &card, &project);
	if (good)
		card.project = project_of(r, &project);
	good = card.project && card.column < card.project->columns_n;
	if (good) {
		card_hide_relatives(&rows, &card);
		(chosen ? chosen_json : usual_json)(r, &card, json);
	}
	card_release(&card);
	return good;
}
