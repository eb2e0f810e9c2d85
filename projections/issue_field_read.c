/* The custom fields that an issue shows: those that have a value, are of its type, and were not
 * removed; in the order of the project. */
#include <stdlib.h>

#include "projections/issue_reading.h"

enum { ID_BYTES = 16 };

struct shown {
	struct slice id, values;
	struct field_row field;
};

static int by_position(const void *a, const void *b)
{
	const struct shown *left = a, *right = b;
	return (left->field.position > right->field.position) -
	       (left->field.position < right->field.position);
}

static bool is_of_type(const struct field_row *field, struct slice type)
{
	struct row_in in = row_in(field->types);
	if (!field->types.n)
		return true;
	while (in.at < in.end)
		if (slice_equal(row_take_string(&in), type))
			return true;
	return false;
}

static bool get_field(struct issue_reading *r, struct slice id, struct field_row *field)
{
	struct slice row;
	issue_key(&r->key, r->tenant, &r->issue.project_id);
	buf_append_slice(&r->key, id);
	return kv_get(r->txn, FIELDS, buf_slice(&r->key), &row) && field_row_unpack(row, field);
}

/* Slices borrow from the transaction. */
static uint32_t list_values(struct issue_reading *r, struct shown **shown)
{
	struct slice key, values;
	struct buf prefix = {0};
	uint32_t n = 0;
	struct kv_cursor *cursor = kv_cursor_open(r->txn, VALUES);
	issue_key(&prefix, r->tenant, &r->id);
	bool more = kv_seek(cursor, buf_slice(&prefix), &key, &values);
	for (; more && n < ISSUE_VALUES_MAX && key.n > prefix.n &&
	       memcmp(key.data, prefix.data, prefix.n) == 0;
	     more = kv_next(cursor, &key, &values)) {
		struct field_row field;
		struct slice id = slice_of(key.data + prefix.n, key.n - prefix.n);
		if (!get_field(r, id, &field) || field.removed ||
		    !is_of_type(&field, r->issue.type))
			continue;
		if (!*shown)
			*shown = mem_new(ISSUE_VALUES_MAX * sizeof **shown);
		(*shown)[n++] = (struct shown){id, values, field};
	}
	kv_cursor_close(cursor);
	buf_release(&prefix);
	return n;
}

static void string_or_null(struct json_out *json, struct slice value)
{
	if (value.n)
		json_out_string(json, value);
	else
		json_out_null(json);
}

static void option_json(struct issue_reading *r, const struct shown *shown, struct slice id)
{
	struct slice row;
	struct option_row option = {.name = {NULL, 0}};
	issue_key(&r->key, r->tenant, &r->issue.project_id);
	buf_append_slice(&r->key, shown->id);
	buf_append_char(&r->key, 0);
	buf_append_slice(&r->key, id);
	if (kv_get(r->txn, OPTIONS, buf_slice(&r->key), &row))
		option_row_unpack(row, &option);
	string_or_null(r->json, option.name);
}

static void member_json(struct issue_reading *r, struct slice id)
{
	struct uuid member;
	bool named = r->names && uuid_parse(id, &member);
	string_or_null(r->json, named ? access_name(r->names, &member) : slice_of(NULL, 0));
}

/* What people read instead of ids; null for kinds that have none. */
static void display_json(struct issue_reading *r, const struct shown *shown)
{
	enum field_kind kind = shown->field.kind;
	bool options = kind == FIELD_KIND_SELECT || kind == FIELD_KIND_MULTI_SELECT ||
	               kind == FIELD_KIND_CASCADING_SELECT;
	bool members = kind == FIELD_KIND_MEMBER || kind == FIELD_KIND_MEMBERS;
	json_out_key(r->json, "display");
	if (!options && !members) {
		json_out_null(r->json);
		return;
	}
	json_out_array(r->json);
	for (struct row_in in = row_in(shown->values); in.at < in.end;) {
		struct slice value = row_take_string(&in);
		if (options)
			option_json(r, shown, value);
		else
			member_json(r, value);
	}
	json_out_array_end(r->json);
}

static void field_json(struct issue_reading *r, const struct shown *shown)
{
	json_out_object(r->json);
	json_out_member_string(r->json, "id", shown->id);
	json_out_member_string(r->json, "name", shown->field.name);
	json_out_member_str(r->json, "kind", field_kind_symbol(shown->field.kind));
	json_out_key(r->json, "values");
	json_out_array(r->json);
	for (struct row_in in = row_in(shown->values); in.at < in.end;)
		json_out_string(r->json, row_take_string(&in));
	json_out_array_end(r->json);
	display_json(r, shown);
	json_out_object_end(r->json);
}

void issue_fields_json(struct issue_reading *r)
{
	struct shown *shown = NULL;
	uint32_t n = list_values(r, &shown);
	if (n)
		qsort(shown, n, sizeof *shown, by_position);
	json_out_key(r->json, "fields");
	json_out_array(r->json);
	for (uint32_t i = 0; i < n; i++)
		field_json(r, &shown[i]);
	json_out_array_end(r->json);
	free(shown);
}
