/* Bodies of events name things by their ids; people read names. */
#include <stdlib.h>

#include "projections/audit.h"

struct ids {
	struct uuid *items;
	uint32_t n;
};

static void add(struct ids *ids, const struct uuid *id)
{
	if ((ids->n & (ids->n - 1)) == 0)
		ids->items = mem_grow(ids->items, (ids->n ? 2 * ids->n : 1) * sizeof *ids->items);
	ids->items[ids->n++] = *id;
}

/* Texts of @json that are ids and nothing else. */
static void collect(struct ids *ids, struct slice json)
{
	struct uuid id;
	for (size_t at = 0; at + UUID_TEXT + 2 <= json.n;) {
		bool found = json.data[at] == '"' && json.data[at + UUID_TEXT + 1] == '"' &&
		             uuid_parse(slice_of(json.data + at + 1, UUID_TEXT), &id);
		if (found)
			add(ids, &id);
		at += found ? UUID_TEXT + 2 : 1;
	}
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct uuid));
}

static void name_json(struct json_out *json, const struct audit_names *names, const struct uuid *id)
{
	char text[UUID_TEXT + 1] = {0};
	struct slice name = {NULL, 0};
	if (names->members)
		name = access_name(names->members, id);
	if (!name.data && names->parts)
		name = part_name(names->parts, id);
	if (!name.data)
		return;
	uuid_format(id, text);
	json_out_member_string(json, text, name);
}

void audit_names_json(struct json_out *json, const struct audit_names *names,
                      const struct pg_result *rows, int n, int body)
{
	struct ids ids = {NULL, 0};
	for (int i = 0; i < n; i++)
		collect(&ids, pg_value(rows, i, body));
	if (ids.n)
		qsort(ids.items, ids.n, sizeof *ids.items, by_id);
	json_out_key(json, "names");
	json_out_object(json);
	for (uint32_t i = 0; i < ids.n; i++)
		if (i == 0 || !uuid_equal(&ids.items[i], &ids.items[i - 1]))
			name_json(json, names, &ids.items[i]);
	json_out_object_end(json);
	free(ids.items);
}
