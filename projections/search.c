/* What events are to the tables of search_tables.c. */
#include "projections/search.h"

#include "projections/answers.h"
#include "projections/pg_view.h"
#include "projections/search_inside.h"

static void add_key(struct view *view, const struct event_meta *meta, struct slice key)
{
	struct pg_batch *batch = &view->batches[PROJECTS];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_text(batch, key);
	pg_batch_int(batch, meta->seq);
}

static void issue_created(struct view *view, const struct event_meta *meta,
                          const struct issue_created *e)
{
	struct pg_batch *batch = &view->batches[ISSUES];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, &e->project_id);
	pg_batch_int(batch, e->number);
	pg_batch_text(batch, e->summary);
	pg_batch_text(batch, e->description);
	pg_batch_int(batch, meta->seq);
	pg_batch_text(batch, e->type);
}

/* Its body is that of another row as it is now: what changed that comes first, and the row itself
 * before whatever comes behind. */
static enum status issue_cloned(struct view *view, const struct event_meta *meta,
                                const struct issue_created *e, struct error *err)
{
	struct pg_batch *batch = &view->batches[CLONES];
	enum status status = view->bulk ? STATUS_OK : pg_view_flush(view, err);
	if (status)
		return status;
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, &e->project_id);
	pg_batch_int(batch, e->number);
	pg_batch_text(batch, e->summary);
	pg_batch_int(batch, meta->seq);
	pg_batch_int(batch, e->description_seq);
	pg_batch_uuid(batch, &e->cloned_from);
	pg_batch_text(batch, e->type);
	return view->bulk ? pg_view_added(view, err) : pg_view_flush(view, err);
}

static void comment_added(struct view *view, const struct event_meta *meta,
                          const struct comment_added *e)
{
	struct pg_batch *batch = &view->batches[COMMENTS];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &e->comment_id);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_null(batch);
	pg_batch_null(batch);
	pg_batch_text(batch, SLICE(""));
	pg_batch_text(batch, e->body);
	pg_batch_int(batch, meta->seq);
}

/* @title or @body without data: unchanged. */
static void edited(struct view *view, const struct event_meta *meta, const struct uuid *doc,
                   const struct slice *title, const struct slice *body)
{
	struct pg_batch *batch = &view->batches[EDITS];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, doc);
	if (title)
		pg_batch_text(batch, *title);
	else
		pg_batch_null(batch);
	if (body)
		pg_batch_text(batch, *body);
	else
		pg_batch_null(batch);
	pg_batch_int(batch, meta->seq);
}

/* An issue, or a project and all of its issues. */
static void hidden(struct view *view, const struct event *event)
{
	struct pg_batch *batch = &view->batches[HIDDEN];
	bool archived = event->type == EVENT_ISSUE_ARCHIVED;
	bool deleted = event->type == EVENT_ISSUE_DELETED || event->type == EVENT_PROJECT_DELETED;
	bool about_deleted = deleted || event->type == EVENT_ISSUE_RESTORED ||
	                     event->type == EVENT_PROJECT_RESTORED;
	pg_batch_text(batch, event->meta.tenant);
	pg_batch_uuid(batch, &event->meta.aggregate.id);
	if (about_deleted)
		pg_batch_null(batch);
	else
		pg_batch_text(batch, archived ? SLICE("t") : SLICE("f"));
	if (about_deleted)
		pg_batch_text(batch, deleted ? SLICE("t") : SLICE("f"));
	else
		pg_batch_null(batch);
	pg_batch_int(batch, event->meta.seq);
}

static void moved(struct view *view, const struct event_meta *meta, const struct uuid *project,
                  int64_t number, struct slice type)
{
	struct pg_batch *batch = &view->batches[MOVED];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, project);
	pg_batch_int(batch, number);
	pg_batch_text(batch, type);
	pg_batch_int(batch, meta->seq);
}

static enum status search_apply(struct view *view, const struct event *event, struct error *err)
{
	const struct event_meta *meta = &event->meta;
	if (view->skip)
		return STATUS_OK;
	if (event->type == EVENT_PROJECT_CREATED) {
		add_key(view, meta, event->project_created.key);
	} else if (event->type == EVENT_PROJECT_KEY_CHANGED) {
		add_key(view, meta, event->project_key_changed.to);
	} else if (event->type == EVENT_FIELD_ADDED || event->type == EVENT_FIELD_EDITED ||
	           event->type == EVENT_FIELD_REMOVED) {
		search_field_changed(view, event);
	} else if (event->type == EVENT_ISSUE_FIELDS_CHANGED) {
		return search_values_changed(view, meta, &event->issue_fields_changed, err);
	} else if (event->type == EVENT_ISSUE_CREATED && event->issue_created.has_cloned_from) {
		return issue_cloned(view, meta, &event->issue_created, err);
	} else if (event->type == EVENT_ISSUE_CREATED) {
		issue_created(view, meta, &event->issue_created);
	} else if (event->type == EVENT_COMMENT_ADDED) {
		comment_added(view, meta, &event->comment_added);
	} else if (event->type == EVENT_ISSUE_SUMMARY_CHANGED) {
		edited(view, meta, &meta->aggregate.id, &event->issue_summary_changed.to, NULL);
	} else if (event->type == EVENT_ISSUE_DESCRIPTION_CHANGED) {
		edited(view, meta, &meta->aggregate.id, NULL, &event->issue_description_changed.to);
	} else if (event->type == EVENT_COMMENT_EDITED) {
		edited(view, meta, &event->comment_edited.comment_id, NULL,
		       &event->comment_edited.body);
	} else if (event->type == EVENT_ISSUE_ARCHIVED || event->type == EVENT_ISSUE_UNARCHIVED ||
	           event->type == EVENT_ISSUE_DELETED || event->type == EVENT_ISSUE_RESTORED ||
	           event->type == EVENT_PROJECT_DELETED || event->type == EVENT_PROJECT_RESTORED) {
		hidden(view, event);
	} else if (event->type == EVENT_ISSUE_MOVED) {
		moved(view, meta, &event->issue_moved.to_project_id, event->issue_moved.to_number,
		      event->issue_moved.to_type);
	} else if (event->type == EVENT_ISSUE_CONVERTED) {
		moved(view, meta, &event->issue_converted.project_id, event->issue_converted.number,
		      event->issue_converted.to_type);
	} else if (event->type == EVENT_COMMENT_DELETED) {
		pg_batch_text(&view->batches[DELETED], meta->tenant);
		pg_batch_uuid(&view->batches[DELETED], &event->comment_deleted.comment_id);
	}
	return pg_view_added(view, err);
}

const struct pg_view_type search_view = {
        .type =
                {
                        .name = "search",
                        .version = 5,
                        .handled = search_handled,
                        PG_VIEW_SLOTS,
                        .apply = search_apply,
                },
        .tables_sql = search_tables_sql,
        .bulk_sql = search_bulk_sql,
        .fill_sql = search_fill_sql,
        .keys_sql = search_keys_sql,
        .batches = search_batches,
        .batches_n = SEARCH_BATCHES,
        .digests = search_digests,
};
