/* What events are to the tables of audit.sql. */
#include "projections/audit.h"

#include "core/codec/event_codec.h"
#include "generated/audit_sql.h"
#include "projections/answers.h"
#include "projections/pg_view.h"

enum { EVENTS, PROJECTS, ISSUES };

#define BATCH(table, columns_n)                                                                    \
	{                                                                                          \
		.name = #table, .live_sql = sql_##table,                                           \
		.copy_sql = "copy " #table " from stdin (format binary)", .columns = columns_n     \
	}

static const struct pg_batch_type batches[] = {
        [EVENTS] = BATCH(events, 16),
        [PROJECTS] = BATCH(projects, 5),
        [ISSUES] = BATCH(issues, 5),
};

static const struct pg_view_digest digests[] = {
        {"events", sql_digest_events},
        {"projects", sql_digest_projects},
        {"issues", sql_digest_issues},
        {NULL, NULL},
};

static void add_event(struct view *view, const struct event *event)
{
	const struct event_meta *meta = &event->meta;
	struct pg_batch *batch = &view->batches[EVENTS];
	struct json_out json;
	pg_batch_text(batch, meta->tenant);
	pg_batch_int(batch, meta->seq);
	pg_batch_uuid(batch, &meta->event_id);
	pg_batch_text(batch, slice_str(event_type_name(event->type)));
	pg_batch_text(batch, slice_str(aggregate_kind_symbol(meta->aggregate.kind)));
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_text(batch, slice_str(actor_kind_symbol(meta->actor.kind)));
	pg_batch_uuid(batch, &meta->actor.id);
	pg_batch_uuid(batch, &meta->command_id);
	pg_batch_time(batch, meta->occurred_at);
	pg_batch_time(batch, meta->recorded_at);
	if (meta->has_reason)
		pg_batch_text(batch, meta->reason);
	else
		pg_batch_null(batch, PG_TEXT);
	buf_clear(&view->scratch);
	json_out_init(&json, &view->scratch);
	event_body_json(event, &json);
	pg_batch_json(batch, buf_slice(&view->scratch));
	if (meta->actor.has_on_behalf_of)
		pg_batch_uuid(batch, &meta->actor.on_behalf_of);
	else
		pg_batch_null(batch, PG_UUID);
	if (meta->actor.has_credential_id)
		pg_batch_text(batch, meta->actor.credential_id);
	else
		pg_batch_null(batch, PG_TEXT);
	if (event->type == EVENT_ISSUE_LINKED)
		pg_batch_uuid(batch, &event->issue_linked.other);
	else if (event->type == EVENT_ISSUE_UNLINKED)
		pg_batch_uuid(batch, &event->issue_unlinked.other);
	else
		pg_batch_null(batch, PG_UUID);
}

static void add_project(struct view *view, const struct event_meta *meta, struct slice key,
                        bool deleted)
{
	struct pg_batch *batch = &view->batches[PROJECTS];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_text(batch, key);
	pg_batch_int(batch, meta->seq);
	pg_batch_bool(batch, deleted);
}

static void add_number(struct view *view, const struct event_meta *meta, const struct uuid *project,
                       int64_t number)
{
	struct pg_batch *batch = &view->batches[ISSUES];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, project);
	pg_batch_int(batch, number);
	pg_batch_int(batch, meta->seq);
}

static enum status audit_apply(struct view *view, const struct event *event, struct error *err)
{
	const struct event_meta *meta = &event->meta;
	if (view->skip)
		return STATUS_OK;
	add_event(view, event);
	if (event->type == EVENT_PROJECT_CREATED) {
		add_project(view, meta, event->project_created.key, false);
	} else if (event->type == EVENT_PROJECT_KEY_CHANGED) {
		add_project(view, meta, event->project_key_changed.to, false);
	} else if (event->type == EVENT_PROJECT_DELETED) {
		add_project(view, meta, event->project_deleted.key, true);
	} else if (event->type == EVENT_PROJECT_RESTORED) {
		add_project(view, meta, event->project_restored.key, false);
	} else if (event->type == EVENT_ISSUE_CREATED) {
		add_number(view, meta, &event->issue_created.project_id,
		           event->issue_created.number);
	} else if (event->type == EVENT_ISSUE_MOVED) {
		add_number(view, meta, &event->issue_moved.to_project_id,
		           event->issue_moved.to_number);
	}
	return pg_view_added(view, err);
}

const struct pg_view_type audit_view = {
        .type =
                {
                        .name = "audit",
                        .version = 6,
                        .handled = audit_handled,
                        PG_VIEW_SLOTS,
                        .apply = audit_apply,
                },
        .tables_sql = sql_tables,
        .keys_sql = sql_keys,
        .batches = batches,
        .batches_n = sizeof batches / sizeof *batches,
        .digests = digests,
};
