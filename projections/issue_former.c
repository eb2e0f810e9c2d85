/* What an issue, and the parts of projects, were called: keys that go on naming an issue, names of
 * components and versions that history tells of by their ids. */
#include <stdlib.h>

#include "projections/issue_reading.h"

enum { ID_BYTES = 16 };

static void key_json(struct issue_reading *r, struct slice key, uint64_t number, uint32_t *n)
{
	struct buf text = {0};
	if ((*n)++ >= ISSUE_FORMER_KEYS_MAX)
		return;
	buf_append_slice(&text, key);
	buf_printf(&text, "-%llu", (unsigned long long)number);
	json_out_string(r->json, buf_slice(&text));
	buf_release(&text);
}

/* The keys that the project had, with the number; with @now also the one that it has. */
static void keys_json(struct issue_reading *r, const struct uuid *id, uint64_t number, bool now,
                      uint32_t *n)
{
	struct project_row project;
	if (!issue_kept_project(r, id, &project) || project.deleted_seq ||
	    !sight_sees(r->sight, id))
		return;
	for (struct row_in in = row_in(project.former_keys); in.at < in.end;)
		key_json(r, row_take_string(&in), number, n);
	if (now)
		key_json(r, project.key, number, n);
}

void issue_former_keys_json(struct issue_reading *r)
{
	struct buf prefix = {0};
	struct slice key, row;
	uint32_t n = 0;
	struct kv_cursor *cursor = kv_cursor_open(r->txn, FORMER);
	issue_key(&prefix, r->tenant, &r->id);
	json_out_key(r->json, "former_keys");
	json_out_array(r->json);
	bool more = kv_seek(cursor, buf_slice(&prefix), &key, &row);
	for (; more && key.n == prefix.n + 8 && memcmp(key.data, prefix.data, prefix.n) == 0;
	     more = kv_next(cursor, &key, &row)) {
		struct row_in in = row_in(row);
		struct uuid project = row_take_uuid(&in);
		keys_json(r, &project, row_take_u64(&in), true, &n);
	}
	keys_json(r, &r->issue.project_id, r->issue.number, false, &n);
	json_out_array_end(r->json);
	kv_cursor_close(cursor);
	buf_release(&prefix);
}

struct part_names {
	struct kv_txn *txn;
	const struct sight *sight;
	struct buf tenant, key;
};

enum status part_names_open(struct view *view, struct slice tenant, const struct sight *sight,
                            struct part_names **out, struct error *err)
{
	struct kv_txn *txn;
	enum status status = kv_view_read(view, &txn, err);
	if (status)
		return status;
	*out = mem_new(sizeof **out);
	(*out)->txn = txn;
	(*out)->sight = sight;
	buf_append_slice(&(*out)->tenant, tenant);
	return STATUS_OK;
}

struct slice part_name(struct part_names *names, const struct uuid *id)
{
	struct slice row;
	issue_key(&names->key, buf_slice(&names->tenant), id);
	if (!kv_get(names->txn, NAMES, buf_slice(&names->key), &row) || row.n < ID_BYTES)
		return slice_of(NULL, 0);
	struct row_in in = row_in(row);
	struct uuid project = row_take_uuid(&in);
	return sight_sees(names->sight, &project) ? row_take_string(&in) : slice_of(NULL, 0);
}

void part_names_close(struct part_names *names)
{
	if (!names)
		return;
	kv_abort(names->txn);
	buf_release(&names->tenant);
	buf_release(&names->key);
	free(names);
}
