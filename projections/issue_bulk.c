/* Bulks: commands on many issues, and why some of these stayed as they were. */
#include "projections/issue_inside.h"
#include "projections/issue_reading.h"

/* --- the fold --- */

static void put_refusals(const struct issue_applying *a, const struct bulk_refusal_array *refusals)
{
	struct buf *row = &a->view->value;
	for (uint32_t i = 0; i < refusals->n; i++) {
		const struct bulk_refusal *refusal = &refusals->items[i];
		buf_clear(row);
		row_string(row, refusal->issue);
		row_string(row, refusal->code);
		row_string(row, refusal->detail);
		issue_key(&a->view->key, a->tenant, &a->meta->aggregate.id);
		row_u64(&a->view->key, (uint64_t)refusal->place);
		issue_put(a, BULK_REFUSALS, buf_slice(row));
	}
}

static void put_bulk(const struct issue_applying *a, const struct bulk_completed *e)
{
	struct buf *row = &a->view->value;
	struct uuid by = issue_person_of(a->meta);
	buf_clear(row);
	row_uuid(row, &by);
	row_u64(row, (uint64_t)a->meta->occurred_at);
	row_string(row, e->command);
	row_u32(row, (uint32_t)e->issues);
	row_u32(row, (uint32_t)e->changed);
	row_u32(row, (uint32_t)e->refused);
	row_u32(row, e->unchanged.n);
	for (uint32_t i = 0; i < e->unchanged.n; i++)
		row_u32(row, (uint32_t)e->unchanged.items[i]);
	issue_key(&a->view->key, a->tenant, &a->meta->aggregate.id);
	issue_put(a, BULKS, buf_slice(row));
}

void issue_bulk_apply(const struct issue_applying *a, const struct event *event)
{
	if (event->type == EVENT_BULK_REFUSED) {
		put_refusals(a, &event->bulk_refused.refusals);
	} else if (event->type == EVENT_BULK_COMPLETED) {
		put_refusals(a, &event->bulk_completed.refusals);
		put_bulk(a, &event->bulk_completed);
	}
}

/* --- reading --- */

static void bulk_json(struct issue_reading *r, const struct uuid *by, struct row_in *in)
{
	json_out_object(r->json);
	json_out_member_uuid(r->json, "id", &r->id);
	issue_member_json(r, "by", by);
	json_out_member_time(r->json, "at", (int64_t)row_take_u64(in));
	json_out_member_string(r->json, "command", row_take_string(in));
	json_out_member_int(r->json, "issues", row_take_u32(in));
	json_out_member_int(r->json, "changed", row_take_u32(in));
	json_out_member_int(r->json, "refused", row_take_u32(in));
	json_out_key(r->json, "unchanged");
	json_out_array(r->json);
	for (uint32_t n = row_take_u32(in); n && !in->bad; n--)
		json_out_int(r->json, row_take_u32(in));
	json_out_array_end(r->json);
}

/* What the view has of it, unless it is @of (not NULL) somebody else. */
static enum status find_bulk(struct issue_reading *r, const struct uuid *of, struct uuid *by,
                             struct row_in *in)
{
	struct slice row;
	issue_key(&r->key, r->tenant, &r->id);
	if (!kv_get(r->txn, BULKS, buf_slice(&r->key), &row))
		return error_set(r->err, STATUS_NOT_FOUND, "no such bulk");
	*in = row_in(row);
	*by = row_take_uuid(in);
	return !of || uuid_equal(of, by) ? STATUS_OK
	                                 : error_set(r->err, STATUS_NOT_FOUND, "no such bulk");
}

enum status bulk_read(struct view *view, struct view *access, struct slice tenant,
                      const struct uuid *id, const struct uuid *of, uint64_t after, uint32_t limit,
                      struct buf *out, uint64_t *position, struct error *err)
{
	struct json_out json;
	struct issue_reading r = {.tenant = tenant, .id = *id, .json = &json, .err = err};
	size_t start = out->n;
	struct uuid by;
	struct row_in in = row_in(slice_of(NULL, 0));
	enum status status = kv_view_read(view, &r.txn, err);
	if (status)
		return status;
	*position = kv_view_seq(r.txn, tenant);
	status = find_bulk(&r, of, &by, &in);
	if (!status && access)
		status = access_names_open(access, tenant, &r.names, err);
	if (!status) {
		json_out_init(&json, out);
		bulk_json(&r, &by, &in);
		issue_refusals_json(&r, after, limit);
		json_out_object_end(&json);
	}
	status = issue_reading_close(&r, status);
	if (status)
		out->n = start;
	return status;
}
