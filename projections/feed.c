/* Key: tenant, 0, seq u64 -> partition u32, offset u64. Everything is in advance: no event is
 * looked into. */
#include "projections/feed.h"

#include "projections/answers.h"
#include "projections/kv_view.h"
#include "projections/row.h"

enum { PLACES = KV_VIEW_OWN };

static enum status feed_apply(struct view *view, const struct event *event, struct error *err)
{
	(void)view;
	return error_set(err, STATUS_CORRUPT, "feed: %s is not handled",
	                 event_type_name(event->type));
}

static enum status feed_advance(struct view *view, const struct event_meta *meta,
                                const struct view_place *place, struct error *err)
{
	if ((meta->seq - 1) % FEED_STRIDE == 0) {
		key_tenant(&view->key, meta->tenant);
		row_u64(&view->key, (uint64_t)meta->seq);
		buf_clear(&view->value);
		row_u32(&view->value, place->partition);
		row_u64(&view->value, (uint64_t)place->offset);
		kv_put(view->txn, PLACES, buf_slice(&view->key), buf_slice(&view->value));
	}
	return kv_view_advance(view, meta, place, err);
}

static bool find_place(struct kv_txn *txn, struct slice tenant, uint64_t after,
                       struct feed_place *out)
{
	struct buf key = {0};
	struct slice found, value;
	key_tenant(&key, tenant);
	size_t prefix_n = key.n;
	row_u64(&key, after >= UINT64_MAX - 1 ? UINT64_MAX : after + 2);
	struct kv_cursor *cursor = kv_cursor_open(txn, PLACES);
	bool good = kv_seek_before(cursor, buf_slice(&key), &found, &value) &&
	            found.n == prefix_n + 8 && memcmp(found.data, key.data, prefix_n) == 0 &&
	            value.n == 12;
	if (good) {
		out->seq = get_u64(found.data + prefix_n);
		out->place.partition = get_u32(value.data);
		out->place.offset = (int64_t)get_u64(value.data + 4);
	}
	kv_cursor_close(cursor);
	buf_release(&key);
	return good;
}

enum status feed_find(struct view *view, struct slice tenant, uint64_t after,
                      struct feed_place *out, uint64_t *position, struct error *err)
{
	*position = 0;
	if (tenant.n == 0 || tenant.n > 255)
		return error_set(err, STATUS_NOT_FOUND, "no such tenant");
	struct kv_txn *txn;
	enum status status = kv_view_read(view, &txn, err);
	if (status)
		return status;
	*position = kv_view_seq(txn, tenant);
	if (!find_place(txn, tenant, after, out))
		status = kv_failed(txn) ? error_set(err, STATUS_IO, "feed: read")
		                        : error_set(err, STATUS_NOT_FOUND, "no such tenant");
	kv_abort(txn);
	return status;
}

static const char *const tables[] = {KV_VIEW_TABLES, "places", NULL};

const struct kv_view_type feed_view = {
        .type =
                {
                        .name = "feed",
                        .version = 1,
                        .journal_bound = true,
                        .pace_ms = 20,
                        .handled = feed_handled,
                        KV_VIEW_SLOTS,
                        .advance = feed_advance,
                },
        .apply = feed_apply,
        .tables = tables,
        .rows = 1u << PLACES,
};
