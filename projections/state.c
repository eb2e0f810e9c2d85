/* Key: tenant, 0, kind of row (1 byte), key of the row. */
#include "projections/state.h"

#include "core/domain/decide.h"
#include "projections/answers.h"
#include "projections/kv_view.h"
#include "projections/row.h"

enum { ROWS = KV_VIEW_OWN };

struct state_key {
	size_t n;
	char bytes[KV_KEY_MAX];
};

static struct slice key_of(struct state_key *key, struct slice tenant, const struct row_key *row)
{
	memcpy(key->bytes, tenant.data, tenant.n);
	key->bytes[tenant.n] = 0;
	key->bytes[tenant.n + 1] = (char)row->kind;
	memcpy(key->bytes + tenant.n + 2, row->bytes, row->n);
	key->n = tenant.n + 2 + row->n;
	return slice_of(key->bytes, key->n);
}

static bool rows_get(const struct tenant_state *face, const struct row_key *key, void *row)
{
	const struct state_rows *rows = (const struct state_rows *)face;
	struct state_key at;
	struct slice value;
	if (!kv_get(rows->txn, ROWS, key_of(&at, rows->tenant, key), &value))
		return false;
	memcpy(row, value.data, value.n);
	return true;
}

static bool rows_next(const struct tenant_state *face, struct row_key *key, bool backwards,
                      void *row)
{
	const struct state_rows *rows = (const struct state_rows *)face;
	struct state_key at;
	struct slice wanted = key_of(&at, rows->tenant, key), found, value;
	size_t head = rows->tenant.n + 2;
	struct kv_cursor *cursor = kv_cursor_open(rows->txn, ROWS);
	bool is_there = backwards ? kv_seek_before(cursor, wanted, &found, &value)
	                          : kv_seek(cursor, wanted, &found, &value);
	if (is_there && !backwards && slice_equal(found, wanted))
		is_there = kv_next(cursor, &found, &value);
	if (is_there && found.n >= head && memcmp(found.data, at.bytes, head) == 0) {
		key->n = (uint16_t)(found.n - head);
		memcpy(key->bytes, found.data + head, key->n);
		memcpy(row, value.data, value.n);
	} else {
		is_there = false;
	}
	kv_cursor_close(cursor);
	return is_there;
}

static void rows_put(struct tenant_state *face, const struct row_key *key, const void *row)
{
	struct state_rows *rows = (struct state_rows *)face;
	struct state_key at;
	kv_put(rows->txn, ROWS, key_of(&at, rows->tenant, key),
	       slice_of(row, row_stored_size(key->kind, row)));
}

static void rows_del(struct tenant_state *face, const struct row_key *key)
{
	struct state_rows *rows = (struct state_rows *)face;
	struct state_key at;
	kv_del(rows->txn, ROWS, key_of(&at, rows->tenant, key));
}

static struct state_rows rows_of(struct kv_txn *txn, struct slice tenant)
{
	return (struct state_rows){{rows_get, rows_next, rows_put, rows_del}, txn, tenant};
}

static enum status state_apply(struct view *view, const struct event *event, struct error *err)
{
	struct state_rows rows = rows_of(view->txn, event->meta.tenant);
	if (!evolve_follows(&rows.face, &event->meta))
		return error_set(err, STATUS_INVALID, "version %lld of the %s does not follow",
		                 (long long)event->meta.aggregate.version,
		                 aggregate_kind_symbol(event->meta.aggregate.kind));
	evolve(&rows.face, event);
	return STATUS_OK;
}

enum status state_open(struct view *view, struct slice tenant, struct state_rows *out,
                       uint64_t *position, struct error *err)
{
	struct kv_txn *txn;
	enum status status = kv_view_read(view, &txn, err);
	if (status)
		return status;
	*out = rows_of(txn, tenant);
	*position = kv_view_seq(txn, tenant);
	return STATUS_OK;
}

enum status state_close(struct state_rows *rows, enum status status, struct error *err)
{
	if (kv_failed(rows->txn))
		status = error_set(err, STATUS_IO, "state: read");
	kv_abort(rows->txn);
	return status;
}

static const char *const tables[] = {KV_VIEW_TABLES, "rows", NULL};

const struct kv_view_type state_view = {
        .type =
                {
                        .name = "state",
                        .version = TENANT_STATE_VERSION,
                        .pace_ms = 20,
                        .handled = state_handled,
                        KV_VIEW_SLOTS,
                        .advance = kv_view_advance,
                },
        .apply = state_apply,
        .tables = tables,
        .rows = 1u << ROWS,
};
