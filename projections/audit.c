/* Tables: events by (tenant, seq), and what is needed to find an issue by its key: every key that a
 * project has had and every number that an issue has had, the newest are the ones to show; that of
 * a project also says whether it is deleted. There is no index by actor, type or time: they filter
 * a scan in order of seq, bounded by the time of a statement; each further index would cost as much
 * as the table itself. */
#include "projections/audit.h"

#include "core/codec/event_codec.h"
#include "projections/answers.h"
#include "projections/pg_view.h"

static const char tables_sql[] =
        "create table events (tenant text collate \"C\" not null, seq bigint not null,"
        " event_id uuid not null, type text collate \"C\" not null,"
        " aggregate_kind text collate \"C\" not null, aggregate_id uuid not null,"
        " actor_kind text collate \"C\" not null, actor_id uuid not null, command_id uuid not null,"
        " occurred_at timestamptz not null, recorded_at timestamptz not null, reason text,"
        " body json not null, on_behalf_of uuid);"
        "create table projects (tenant text collate \"C\" not null, project_id uuid not null,"
        " key text collate \"C\" not null, seq bigint not null, deleted bool not null);"
        "create table issues (tenant text collate \"C\" not null, issue_id uuid not null,"
        " project_id uuid not null, number bigint not null, seq bigint not null);";

static const char keys_sql[] =
        "alter table events add primary key (tenant, seq);"
        "create index events_of_aggregate on events (tenant, aggregate_id, seq);"
        "alter table projects add primary key (tenant, project_id, seq);"
        "create index on projects (tenant, key);"
        "alter table issues add primary key (tenant, issue_id, seq);"
        "create unique index on issues (tenant, project_id, number);";

enum { EVENTS, PROJECTS, ISSUES };

static const struct pg_batch_type batches[] = {
        [EVENTS] =
                {
                        .name = "events",
                        .live_sql = "insert into events select * from unnest($1::text[], "
                                    "$2::bigint[], $3::uuid[],"
                                    " $4::text[], $5::text[], $6::uuid[], $7::text[], $8::uuid[], "
                                    "$9::uuid[],"
                                    " $10::timestamptz[], $11::timestamptz[], $12::text[], "
                                    "$13::json[], $14::uuid[])",
                        .copy_sql = "copy events from stdin",
                        .columns = 14,
                },
        [PROJECTS] =
                {
                        .name = "projects",
                        .live_sql = "insert into projects select * from"
                                    " unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[],"
                                    " $5::bool[])",
                        .copy_sql = "copy projects from stdin",
                        .columns = 5,
                },
        [ISSUES] =
                {
                        .name = "issues",
                        .live_sql = "insert into issues select * from"
                                    " unnest($1::text[], $2::uuid[], $3::uuid[], $4::bigint[],"
                                    " $5::bigint[])",
                        .copy_sql = "copy issues from stdin",
                        .columns = 5,
                },
};

static const struct pg_view_digest digests[] = {
        {"events", "select tenant, lpad(seq::text, 20, '0'), row(e.*)::text from events e"
                   " where $1::text = '' or tenant = $1::text order by tenant, seq"},
        {"projects",
         "select tenant, project_id::text || lpad(seq::text, 20, '0'), row(key, deleted)::text"
         " from projects"
         " where $1::text = '' or tenant = $1::text order by tenant, project_id, seq"},
        {"issues", "select tenant, issue_id::text || lpad(seq::text, 20, '0'),"
                   " row(project_id, number)::text from issues"
                   " where $1::text = '' or tenant = $1::text order by tenant, issue_id, seq"},
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
		pg_batch_null(batch);
	buf_clear(&view->scratch);
	json_out_init(&json, &view->scratch);
	event_body_json(event, &json);
	pg_batch_text(batch, buf_slice(&view->scratch));
	if (meta->actor.has_on_behalf_of)
		pg_batch_uuid(batch, &meta->actor.on_behalf_of);
	else
		pg_batch_null(batch);
}

static void add_project(struct view *view, const struct event_meta *meta, struct slice key,
                        bool deleted)
{
	struct pg_batch *batch = &view->batches[PROJECTS];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_text(batch, key);
	pg_batch_int(batch, meta->seq);
	pg_batch_text(batch, deleted ? SLICE("t") : SLICE("f"));
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
                        .version = 3,
                        .handled = audit_handled,
                        PG_VIEW_SLOTS,
                        .apply = audit_apply,
                },
        .tables_sql = tables_sql,
        .keys_sql = keys_sql,
        .batches = batches,
        .batches_n = sizeof batches / sizeof *batches,
        .digests = digests,
};
