/* What events are to the tables of search.sql. */
#include "projections/search.h"

#include "generated/search_sql.h"
#include "projections/answers.h"
#include "projections/pg_view.h"
#include "projections/search_inside.h"

#define BATCH(events, table, columns_n)                                                            \
	{                                                                                          \
		.name = #events, .live_sql = sql_##events,                                         \
		.copy_sql = "copy " #table " from stdin (format binary)", .columns = columns_n     \
	}

static const struct pg_batch_type batches[] = {
        [PROJECTS] = BATCH(projects, projects, 4),
        [FIELDS] = BATCH(fields, fields, 6),
        [ISSUES] = BATCH(issues, created, 11),
        [CLONES] = BATCH(clones, created, 11),
        [COMMENTS] = BATCH(comments, created, 11),
        [EDITS] = BATCH(edits, edited, 5),
        [DELETED] = BATCH(deleted, deleted, 3),
        [HIDDEN] = BATCH(hidden, changed, 5),
        [VALUES] = BATCH(field_values, values_set, 7),
        [VALUE_TEXTS] = BATCH(value_texts, texts_set, 8),
        [VALUE_COPIES] = BATCH(value_copies, texts_set, 8),
        [MOVED] = BATCH(moved, moved, 6),
};

static const struct pg_view_digest digests[] = {
        {"projects", sql_digest_projects}, {"docs", sql_digest_docs},
        {"fields", sql_digest_fields},     {"field_values", sql_digest_field_values},
        {"hidden", sql_digest_hidden},     {NULL, NULL},
};

static void add_key(struct view *view, const struct event_meta *meta, struct slice key)
{
	struct pg_batch *batch = &view->batches[PROJECTS];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_text(batch, key);
	pg_batch_int(batch, meta->seq);
}

/* Up to and with the title. */
static void begin_issue(struct pg_batch *batch, const struct event_meta *meta,
                        const struct issue_created *e)
{
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, &e->project_id);
	pg_batch_int(batch, e->number);
	pg_batch_text(batch, e->type);
	pg_batch_text(batch, e->summary);
}

static void issue_created(struct view *view, const struct event_meta *meta,
                          const struct issue_created *e)
{
	struct pg_batch *batch = &view->batches[ISSUES];
	begin_issue(batch, meta, e);
	pg_batch_text(batch, e->description);
	pg_batch_null(batch, PG_BIGINT);
	pg_batch_null(batch, PG_UUID);
	pg_batch_int(batch, meta->seq);
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
	begin_issue(batch, meta, e);
	pg_batch_null(batch, PG_TEXT);
	pg_batch_int(batch, e->description_seq);
	pg_batch_uuid(batch, &e->cloned_from);
	pg_batch_int(batch, meta->seq);
	return view->bulk ? pg_view_added(view, err) : pg_view_flush(view, err);
}

static void comment_added(struct view *view, const struct event_meta *meta,
                          const struct comment_added *e)
{
	struct pg_batch *batch = &view->batches[COMMENTS];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &e->comment_id);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_null(batch, PG_UUID);
	pg_batch_null(batch, PG_BIGINT);
	pg_batch_null(batch, PG_TEXT);
	pg_batch_text(batch, SLICE(""));
	pg_batch_text(batch, e->body);
	pg_batch_null(batch, PG_BIGINT);
	pg_batch_null(batch, PG_UUID);
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
		pg_batch_null(batch, PG_TEXT);
	if (body)
		pg_batch_text(batch, *body);
	else
		pg_batch_null(batch, PG_TEXT);
	pg_batch_int(batch, meta->seq);
}

/* An issue, or a project and all of its issues. */
static void hidden(struct view *view, const struct event *event)
{
	struct pg_batch *batch = &view->batches[HIDDEN];
	bool archived =
	        event->type == EVENT_ISSUE_ARCHIVED || event->type == EVENT_PROJECT_ARCHIVED;
	bool deleted = event->type == EVENT_ISSUE_DELETED || event->type == EVENT_PROJECT_DELETED;
	bool about_deleted = deleted || event->type == EVENT_ISSUE_RESTORED ||
	                     event->type == EVENT_PROJECT_RESTORED;
	pg_batch_text(batch, event->meta.tenant);
	pg_batch_uuid(batch, &event->meta.aggregate.id);
	if (about_deleted) {
		pg_batch_null(batch, PG_BOOLEAN);
		pg_batch_bool(batch, deleted);
	} else {
		pg_batch_bool(batch, archived);
		pg_batch_null(batch, PG_BOOLEAN);
	}
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
	           event->type == EVENT_PROJECT_DELETED || event->type == EVENT_PROJECT_RESTORED ||
	           event->type == EVENT_PROJECT_ARCHIVED ||
	           event->type == EVENT_PROJECT_UNARCHIVED) {
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
		pg_batch_int(&view->batches[DELETED], meta->seq);
	}
	return pg_view_added(view, err);
}

const struct pg_view_type search_view = {
        .type =
                {
                        .name = "search",
                        .version = 7,
                        .handled = search_handled,
                        PG_VIEW_SLOTS,
                        .apply = search_apply,
                },
        .tables_sql = sql_tables,
        .bulk_sql = sql_bulk_tables,
        .fill_sql = sql_fill,
        .keys_sql = sql_keys,
        .batches = batches,
        .batches_n = SEARCH_BATCHES,
        .digests = digests,
        .plans_anew = true, /* a plan for any words does not know how common they are */
};
