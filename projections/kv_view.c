/* Row layouts: position: "position" -> journal id (16), partitions u32, next offset u64 each.
 * seqs: tenant -> seq u64. stopped: tenant -> seq u64, reason, and what rows of older programs
 * lack: 0, partition u32, offset u64, event id (16).
 *
 * Seqs of a transaction are kept in memory and written at commit: one put per tenant and
 * transaction, not per event. */
#include "projections/kv_view.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/store/sha256.h"
#include "projections/row.h"

enum { POSITION, SEQS, STOPPED };

static enum status dir_of(const struct view_type *type, const struct view_options *options,
                          char dir[480], struct error *err)
{
	int n = snprintf(dir, 480, "%s/views/%s-%s", options->config->data_dir, type->name,
	                 options->instance);
	if (n < 0 || n >= 480)
		return error_set(err, STATUS_INVALID, "view %s: data_dir is too long", type->name);
	return STATUS_OK;
}

enum status kv_view_open(const struct view_type *type, const struct view_options *options,
                         struct view **out, struct error *err)
{
	const struct kv_view_type *kind = (const struct kv_view_type *)type;
	char dir[480];
	if (dir_of(type, options, dir, err))
		return STATUS_INVALID;
	struct kv_options store = {
	        .dir = dir,
	        .durability = KV_REBUILDABLE,
	        .map_bytes = (uint64_t)options->config->map_size_gib << 30,
	        .tables = kind->tables,
	        .format = options->version ? options->version : type->version,
	};
	struct view *view = mem_new(sizeof *view);
	view->kind = kind;
	view->profile_keys = options->profile_keys;
	view->bulk = options->bulk;
	enum status status = kv_open(&store, &view->kv, NULL, err);
	if (!status && kind->attach && !options->version)
		status = kind->attach(view, err);
	if (status) {
		kv_close(view->kv);
		free(view);
		return status;
	}
	*out = view;
	return STATUS_OK;
}

void kv_view_close(struct view *view)
{
	if (!view)
		return;
	kv_view_rollback(view);
	if (view->kind->detach && view->own)
		view->kind->detach(view);
	kv_close(view->kv);
	tenant_table_release(&view->seqs);
	buf_release(&view->key);
	buf_release(&view->value);
	free(view);
}

enum status kv_view_read(struct view *view, struct kv_txn **out, struct error *err)
{
	return kv_begin_read(view->kv, out, err);
}

uint64_t kv_view_seq(struct kv_txn *txn, struct slice tenant)
{
	struct slice value;
	if (tenant.n == 0 || tenant.n > KV_KEY_MAX)
		return 0;
	return kv_get(txn, SEQS, tenant, &value) && value.n == 8 ? get_u64(value.data) : 0;
}

static bool parse_position(struct slice row, struct view_position *out)
{
	struct row_in in = row_in(row);
	out->journal_id = row_take_uuid(&in);
	out->partitions = row_take_u32(&in);
	if (out->partitions > JOURNAL_PARTITIONS_MAX)
		return false;
	for (uint32_t i = 0; i < out->partitions; i++)
		out->next_offset[i] = (int64_t)row_take_u64(&in);
	return !in.bad && in.at == in.end;
}

static enum status position_in(struct kv_txn *txn, struct view_position *out, struct error *err)
{
	struct slice row;
	memset(out, 0, sizeof *out);
	if (!kv_get(txn, POSITION, SLICE("position"), &row)) {
		if (kv_failed(txn))
			return error_set(err, STATUS_IO, "read the position");
		return STATUS_OK;
	}
	if (!parse_position(row, out))
		return error_set(err, STATUS_CORRUPT, "a position of %zu bytes", row.n);
	return STATUS_OK;
}

enum status kv_view_position(struct view *view, struct view_position *out, struct error *err)
{
	struct kv_txn *txn;
	enum status status = kv_view_read(view, &txn, err);
	if (status)
		return status;
	status = position_in(txn, out, err);
	kv_abort(txn);
	return status;
}

enum status kv_view_tenant_seq(struct view *view, struct slice tenant, uint64_t *seq,
                               struct error *err)
{
	struct kv_txn *txn;
	enum status status = kv_view_read(view, &txn, err);
	if (status)
		return status;
	*seq = kv_view_seq(txn, tenant);
	kv_abort(txn);
	return STATUS_OK;
}

enum status kv_view_begin(struct view *view, struct error *err)
{
	assert(!view->txn);
	return kv_begin_write(view->kv, &view->txn, err);
}

enum status kv_view_apply(struct view *view, const struct event *event, struct error *err)
{
	enum status status = view->kind->apply(view, event, err);
	return kv_failed(view->txn) ? kv_failure(view->txn, err) : status;
}

enum status kv_view_advance(struct view *view, const struct event_meta *meta,
                            const struct view_place *place, struct error *err)
{
	(void)place;
	(void)err;
	tenant_table_move(&view->seqs, tenant_table_get(&view->seqs, meta->tenant, NULL),
	                  (uint64_t)meta->seq);
	return STATUS_OK;
}

enum status kv_view_stop(struct view *view, const struct view_stop *stop, struct error *err)
{
	buf_clear(&view->value);
	row_u64(&view->value, stop->seq);
	buf_append_slice(&view->value, stop->reason);
	if (stop->has_place) {
		row_u8(&view->value, 0);
		row_u32(&view->value, stop->place.partition);
		row_u64(&view->value, (uint64_t)stop->place.offset);
		row_uuid(&view->value, &stop->event_id);
	}
	kv_put(view->txn, STOPPED, stop->tenant, buf_slice(&view->value));
	return kv_failed(view->txn) ? error_set(err, STATUS_IO, "stop a tenant") : STATUS_OK;
}

enum status kv_view_resume(struct view *view, struct slice tenant, struct error *err)
{
	kv_del(view->txn, STOPPED, tenant);
	return kv_failed(view->txn) ? error_set(err, STATUS_IO, "let a tenant go on") : STATUS_OK;
}

static struct view_stop parse_stop(struct slice tenant, struct slice row)
{
	struct row_in in = row_in(row);
	struct view_stop stop = {.tenant = tenant, .seq = row_take_u64(&in)};
	size_t left = (size_t)(in.end - in.at);
	const char *end = left ? memchr(in.at, 0, left) : NULL;
	stop.reason = slice_of(in.at, end ? (size_t)(end - in.at) : left);
	if (end) {
		in.at = end + 1;
		stop.place.partition = row_take_u32(&in);
		stop.place.offset = (int64_t)row_take_u64(&in);
		stop.event_id = row_take_uuid(&in);
		stop.has_place = !in.bad;
	}
	return stop;
}

enum status kv_view_stopped(struct view *view,
                            void (*each)(void *context, const struct view_stop *stop),
                            void *context, struct error *err)
{
	struct kv_txn *txn;
	enum status status = kv_view_read(view, &txn, err);
	if (status)
		return status;
	struct kv_cursor *cursor = kv_cursor_open(txn, STOPPED);
	struct slice tenant, row;
	for (bool more = kv_seek(cursor, slice_of("", 1), &tenant, &row); more;
	     more = kv_next(cursor, &tenant, &row)) {
		struct view_stop stop = parse_stop(tenant, row);
		each(context, &stop);
	}
	if (kv_failed(txn))
		status = error_set(err, STATUS_IO, "read the stopped tenants");
	kv_cursor_close(cursor);
	kv_abort(txn);
	return status;
}

static void forget(struct view *view)
{
	tenant_table_rollback(&view->seqs);
	if (view->kind->discard)
		view->kind->discard(view);
}

void kv_view_rollback(struct view *view)
{
	if (!view->txn)
		return;
	kv_abort(view->txn);
	view->txn = NULL;
	forget(view);
}

enum status kv_view_reset(struct view *view, struct error *err)
{
	enum status status = kv_view_begin(view, err);
	if (status)
		return status;
	for (uint32_t i = 0; view->kind->tables[i]; i++)
		kv_clear(view->txn, i);
	struct kv_txn *txn = view->txn;
	view->txn = NULL;
	forget(view);
	return kv_commit(txn, err);
}

static void put_position(struct view *view, const struct view_position *position)
{
	buf_clear(&view->value);
	row_uuid(&view->value, &position->journal_id);
	row_u32(&view->value, position->partitions);
	for (uint32_t i = 0; i < position->partitions; i++)
		row_u64(&view->value, (uint64_t)position->next_offset[i]);
	kv_put(view->txn, POSITION, SLICE("position"), buf_slice(&view->value));
}

static bool same_position(const struct view_position *a, const struct view_position *b)
{
	return uuid_equal(&a->journal_id, &b->journal_id) && a->partitions == b->partitions &&
	       memcmp(a->next_offset, b->next_offset, a->partitions * sizeof *a->next_offset) == 0;
}

static enum status stage_commit(struct view *view, const struct view_position *expected,
                                const struct view_position *position, struct error *err)
{
	struct view_position stored;
	enum status status = position_in(view->txn, &stored, err);
	if (status)
		return status;
	if (!same_position(&stored, expected))
		return error_set(err, STATUS_CONFLICT, "the position was moved by somebody else");
	if (view->kind->flush && (status = view->kind->flush(view, err)))
		return status;
	for (uint32_t i = 0; i < view->seqs.dirty_n; i++) {
		char seq[8];
		put_u64(seq, view->seqs.dirty[i]->seq);
		kv_put(view->txn, SEQS, view->seqs.dirty[i]->name, slice_of(seq, 8));
	}
	put_position(view, position);
	return STATUS_OK;
}

enum status kv_view_commit(struct view *view, const struct view_position *expected,
                           const struct view_position *position, struct error *err)
{
	enum status status = stage_commit(view, expected, position, err);
	if (status) {
		kv_view_rollback(view);
		return status;
	}
	struct kv_txn *txn = view->txn;
	view->txn = NULL;
	status = kv_commit(txn, err);
	if (status) {
		forget(view);
		return status;
	}
	tenant_table_commit(&view->seqs);
	return STATUS_OK;
}

/* Nothing is put off in a bulk build, and kv_close syncs. */
enum status kv_view_finish(struct view *view, struct error *err)
{
	(void)view;
	(void)err;
	return STATUS_OK;
}

struct digest {
	struct sha256 *all;
	struct sha256 *row;
	struct buf key;
	void (*each)(void *context, struct slice key, const uint8_t row[8]);
	void *context;
};

static void digest_row(struct digest *d, const char *table, struct slice key, struct slice value)
{
	uint8_t hash[SHA256_BYTES];
	sha256_add_u64(d->row, key.n);
	sha256_add(d->row, key);
	sha256_add(d->row, value);
	sha256_take(d->row, hash);
	sha256_add(d->all, slice_of(hash, sizeof hash));
	if (!d->each)
		return;
	buf_clear(&d->key);
	buf_append_str(&d->key, table);
	buf_append_char(&d->key, '/');
	buf_append_slice(&d->key, key);
	d->each(d->context, buf_slice(&d->key), hash);
}

static void digest_table(struct digest *d, struct kv_txn *txn, uint32_t table, const char *name,
                         struct slice tenant)
{
	struct buf prefix = {0};
	key_tenant(&prefix, tenant); /* no tenant: a single zero, below every key */
	struct slice key, value;
	struct kv_cursor *cursor = kv_cursor_open(txn, table);
	sha256_add(d->all, slice_str(name));
	for (bool more = kv_seek(cursor, buf_slice(&prefix), &key, &value); more;
	     more = kv_next(cursor, &key, &value)) {
		if (tenant.n && (key.n < prefix.n || memcmp(key.data, prefix.data, prefix.n) != 0))
			break;
		digest_row(d, name, key, value);
	}
	kv_cursor_close(cursor);
	buf_release(&prefix);
}

enum status kv_view_digest(struct view *view, struct slice tenant,
                           uint8_t digest[VIEW_DIGEST_BYTES], struct view_position *at,
                           void (*each)(void *context, struct slice key, const uint8_t row[8]),
                           void *context, struct error *err)
{
	struct kv_txn *txn;
	enum status status = kv_view_read(view, &txn, err);
	if (status)
		return status;
	struct digest d = {sha256_new(), sha256_new(), {0}, each, context};
	if (at)
		status = position_in(txn, at, err);
	for (uint32_t i = 0; !status && view->kind->tables[i]; i++)
		if (view->kind->rows & 1u << i)
			digest_table(&d, txn, i, view->kind->tables[i], tenant);
	if (!status && kv_failed(txn))
		status = error_set(err, STATUS_IO, "read the rows of %s", view->kind->type.name);
	kv_abort(txn);
	sha256_take(d.all, digest);
	sha256_free(d.all);
	sha256_free(d.row);
	buf_release(&d.key);
	return status;
}

enum status kv_view_drop(const struct view_type *type, const struct view_options *options,
                         struct error *err)
{
	char dir[480];
	if (dir_of(type, options, dir, err))
		return STATUS_INVALID;
	return kv_drop(dir, err);
}
