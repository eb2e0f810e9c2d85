/* The custom fields that an issue shows: those that have a value, are of its type, and were not
 * removed; in the order of the project. */
#include <stdlib.h>

#include "projections/issue_reading.h"

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

/* Slices borrow from the transaction. */
static uint32_t list_values(struct issue_reading *r, const struct field_reading *fields,
                            struct shown **shown)
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
		if (!field_row_get(fields, &r->issue.project_id, id, &field) ||
		    !field_row_is_of_type(&field, r->issue.type))
			continue;
		if (!*shown)
			*shown = mem_new(ISSUE_VALUES_MAX * sizeof **shown);
		(*shown)[n++] = (struct shown){id, values, field};
	}
	kv_cursor_close(cursor);
	buf_release(&prefix);
	return n;
}

void issue_fields_json(struct issue_reading *r)
{
	struct shown *shown = NULL;
	const struct field_reading fields = {.txn = r->txn,
	                                     .tables = &issue_field_tables,
	                                     .tenant = r->tenant,
	                                     .names = r->names,
	                                     .key = &r->key};
	uint32_t n = list_values(r, &fields, &shown);
	if (n)
		qsort(shown, n, sizeof *shown, by_position);
	json_out_key(r->json, "fields");
	json_out_array(r->json);
	for (uint32_t i = 0; i < n; i++)
		field_json(&fields, &r->issue.project_id, shown[i].id, &shown[i].field,
		           shown[i].values, r->json);
	json_out_array_end(r->json);
	free(shown);
}
