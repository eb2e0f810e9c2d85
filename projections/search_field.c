/* Custom fields in the search view: their values, and texts that are found by their words. */
#include "projections/pg_view.h"
#include "projections/search_inside.h"

static void add_field(struct view *view, const struct event_meta *meta, struct slice field,
                      const struct slice_array *types, bool removed)
{
	struct pg_batch *batch = &view->batches[FIELDS];
	buf_clear(&view->scratch);
	for (uint32_t i = 0; i < types->n; i++) {
		buf_append_str(&view->scratch, i ? "" : ",");
		buf_append_slice(&view->scratch, types->items[i]);
		buf_append_str(&view->scratch, ",");
	}
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_text(batch, field);
	pg_batch_text(batch, buf_slice(&view->scratch));
	pg_batch_bool(batch, removed);
	pg_batch_int(batch, meta->seq);
}

void search_field_changed(struct view *view, const struct event *event)
{
	static const struct slice_array none;
	if (event->type == EVENT_FIELD_ADDED)
		add_field(view, &event->meta, event->field_added.field,
		          &event->field_added.settings.issue_types, false);
	else if (event->type == EVENT_FIELD_EDITED)
		add_field(view, &event->meta, event->field_edited.field,
		          &event->field_edited.after.issue_types, false);
	else
		add_field(view, &event->meta, event->field_removed.field, &none, true);
}

/* --- values --- */

/* The @n-th value of a field, if it has so many. */
static void add_value(struct view *view, const struct event_meta *meta,
                      const struct field_change *change, uint32_t n)
{
	struct pg_batch *batch = &view->batches[VALUES];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_text(batch, change->field);
	pg_batch_int(batch, n);
	pg_batch_text(batch, slice_str(field_kind_symbol(change->kind)));
	if (n < change->to.n)
		pg_batch_text(batch, change->to.items[n]);
	else
		pg_batch_null(batch, PG_TEXT);
	pg_batch_int(batch, meta->seq);
}

static bool has_words(enum field_kind kind)
{
	return kind == FIELD_KIND_TEXT || kind == FIELD_KIND_PARAGRAPH || kind == FIELD_KIND_URL ||
	       kind == FIELD_KIND_LABELS;
}

/* The doc of the text of a field. */
static struct uuid doc_of(const struct uuid *issue, struct slice field)
{
	return uuid_v5(issue, field);
}

static void begin_text(struct pg_batch *batch, const struct event_meta *meta, struct slice field)
{
	struct uuid doc = doc_of(&meta->aggregate.id, field);
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &doc);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_text(batch, field);
}

static void add_text(struct view *view, const struct event_meta *meta,
                     const struct field_change *change)
{
	struct pg_batch *batch = &view->batches[VALUE_TEXTS];
	buf_clear(&view->scratch);
	for (uint32_t i = 0; i < change->to.n; i++) {
		buf_append_str(&view->scratch, i ? ", " : "");
		buf_append_slice(&view->scratch, change->to.items[i]);
	}
	begin_text(batch, meta, change->field);
	if (change->to.n)
		pg_batch_text(batch, buf_slice(&view->scratch));
	else
		pg_batch_null(batch, PG_TEXT);
	pg_batch_null(batch, PG_BIGINT);
	pg_batch_null(batch, PG_UUID);
	pg_batch_int(batch, meta->seq);
}

/* Its body is that of another row as it is now: what changed that comes first, and the row itself
 * before whatever comes behind. */
static enum status copy_text(struct view *view, const struct event_meta *meta,
                             const struct field_change *change, struct error *err)
{
	struct pg_batch *batch = &view->batches[VALUE_COPIES];
	struct uuid source = doc_of(&change->copied_from, change->field);
	enum status status = view->bulk ? STATUS_OK : pg_view_flush(view, err);
	if (status)
		return status;
	begin_text(batch, meta, change->field);
	pg_batch_null(batch, PG_TEXT);
	pg_batch_int(batch, change->text_seq);
	pg_batch_uuid(batch, &source);
	pg_batch_int(batch, meta->seq);
	return view->bulk ? STATUS_OK : pg_view_flush(view, err);
}

static enum status value_changed(struct view *view, const struct event_meta *meta,
                                 const struct field_change *change, struct error *err)
{
	if (change->has_copied_from)
		return copy_text(view, meta, change, err);
	if (has_words(change->kind))
		add_text(view, meta, change);
	if (change->kind == FIELD_KIND_PARAGRAPH)
		return STATUS_OK;
	for (uint32_t i = 0; i < change->to.n || i < change->from.n; i++)
		add_value(view, meta, change, i);
	return STATUS_OK;
}

enum status search_values_changed(struct view *view, const struct event_meta *meta,
                                  const struct issue_fields_changed *e, struct error *err)
{
	for (uint32_t i = 0; i < e->changes.n; i++) {
		enum status status = value_changed(view, meta, &e->changes.items[i], err);
		if (status)
			return status;
	}
	return pg_view_added(view, err);
}
