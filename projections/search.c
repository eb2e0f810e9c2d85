/* Tables: projects (every key that one has had; the newest is the one to show), docs. A live batch
 * inserts issues, then comments (which take the project of their issue), then the last text of each
 * edited row, then removes deleted comments, then takes issues that moved, with their comments, to
 * the last of their projects. A bulk build copies rows and edits as they come and
 * joins them at the end.
 *
 * Index (tenant, tsv): under row-level security only leakproof operators may use an index, which
 * deploy/postgres sees to for @@. */
#include "projections/search.h"

#include <stdio.h>

#include "projections/pg_view.h"

#define SEARCH_ANSWERS(ON, IGNORE)                                                                 \
	IGNORE(API_KEYS_LIMITED)                                                                   \
	IGNORE(API_KEY_CREATED)                                                                    \
	IGNORE(API_KEY_REVOKED)                                                                    \
	IGNORE(BOARD_CREATED)                                                                      \
	IGNORE(BOARD_DELETED)                                                                      \
	IGNORE(BOARD_EDITED)                                                                       \
	IGNORE(COMMAND_CONCLUDED)                                                                  \
	ON(COMMENT_ADDED)                                                                          \
	ON(COMMENT_DELETED)                                                                        \
	ON(COMMENT_EDITED)                                                                         \
	IGNORE(COMPONENT_ADDED)                                                                    \
	IGNORE(COMPONENT_EDITED)                                                                   \
	IGNORE(COMPONENT_REMOVED)                                                                  \
	IGNORE(EVENT_SKIPPED)                                                                      \
	ON(ISSUE_ARCHIVED)                                                                         \
	IGNORE(ISSUE_ASSIGNED)                                                                     \
	IGNORE(ISSUE_COMPONENTS_CHANGED)                                                           \
	ON(ISSUE_CREATED)                                                                          \
	ON(ISSUE_DELETED)                                                                          \
	ON(ISSUE_DESCRIPTION_CHANGED)                                                              \
	IGNORE(ISSUE_DUE_DATE_CHANGED)                                                             \
	IGNORE(ISSUE_ESTIMATE_CHANGED)                                                             \
	IGNORE(ISSUE_LABELS_CHANGED)                                                               \
	IGNORE(ISSUE_LINKED)                                                                       \
	ON(ISSUE_MOVED)                                                                            \
	IGNORE(ISSUE_PARENT_CHANGED)                                                               \
	IGNORE(ISSUE_PRIORITY_CHANGED)                                                             \
	IGNORE(ISSUE_RANKED)                                                                       \
	IGNORE(ISSUE_REMAINING_CHANGED)                                                            \
	ON(ISSUE_RESTORED)                                                                         \
	IGNORE(ISSUE_START_DATE_CHANGED)                                                           \
	ON(ISSUE_SUMMARY_CHANGED)                                                                  \
	IGNORE(ISSUE_TRANSITIONED)                                                                 \
	IGNORE(ISSUE_TYPE_ADDED)                                                                   \
	IGNORE(ISSUE_TYPE_CHANGED)                                                                 \
	ON(ISSUE_UNARCHIVED)                                                                       \
	IGNORE(ISSUE_UNLINKED)                                                                     \
	IGNORE(ISSUE_UNWATCHED)                                                                    \
	IGNORE(ISSUE_VERSIONS_CHANGED)                                                             \
	IGNORE(ISSUE_WATCHED)                                                                      \
	IGNORE(MEMBER_ADDED)                                                                       \
	IGNORE(MEMBER_DEACTIVATED)                                                                 \
	IGNORE(MEMBER_PROFILE_SET)                                                                 \
	IGNORE(MEMBER_REACTIVATED)                                                                 \
	IGNORE(MEMBER_REMOVED)                                                                     \
	IGNORE(MEMBER_ROLE_CHANGED)                                                                \
	IGNORE(ORGANIZATION_CREATED)                                                               \
	IGNORE(ORGANIZATION_RENAMED)                                                               \
	IGNORE(PERMISSION_GRANTS_CHANGED)                                                          \
	IGNORE(PERMISSION_SCHEME_ASSIGNED)                                                         \
	IGNORE(PERMISSION_SCHEME_CREATED)                                                          \
	IGNORE(PERMISSION_SCHEME_REMOVED)                                                          \
	IGNORE(PERMISSION_SCHEME_RENAMED)                                                          \
	IGNORE(PRIORITY_ADDED)                                                                     \
	IGNORE(PRIORITY_CHANGED)                                                                   \
	IGNORE(PROJECT_ARCHIVED)                                                                   \
	IGNORE(PROJECT_CATEGORY_CHANGED)                                                           \
	ON(PROJECT_CREATED)                                                                        \
	ON(PROJECT_KEY_CHANGED)                                                                    \
	IGNORE(PROJECT_LEAD_CHANGED)                                                               \
	IGNORE(PROJECT_RENAMED)                                                                    \
	IGNORE(PROJECT_ROLE_ADDED)                                                                 \
	IGNORE(PROJECT_ROLE_MEMBERS_CHANGED)                                                       \
	IGNORE(PROJECT_ROLE_REMOVED)                                                               \
	IGNORE(PROJECT_ROLE_RENAMED)                                                               \
	IGNORE(PROJECT_UNARCHIVED)                                                                 \
	IGNORE(RANKS_REBALANCED)                                                                   \
	IGNORE(RESOLUTION_ADDED)                                                                   \
	IGNORE(RESOLUTION_CHANGED)                                                                 \
	IGNORE(STATUS_ADDED)                                                                       \
	IGNORE(STATUS_CHANGED)                                                                     \
	IGNORE(STATUS_REMOVED)                                                                     \
	IGNORE(TEAM_CREATED)                                                                       \
	IGNORE(TEAM_DELETED)                                                                       \
	IGNORE(TEAM_MEMBERS_CHANGED)                                                               \
	IGNORE(TEAM_RENAMED)                                                                       \
	IGNORE(VERSION_ADDED)                                                                      \
	IGNORE(VERSION_EDITED)                                                                     \
	IGNORE(VERSION_MOVED)                                                                      \
	IGNORE(VERSION_REMOVED)                                                                    \
	IGNORE(VERSION_STATUS_CHANGED)                                                             \
	IGNORE(WORKFLOW_ASSIGNED)                                                                  \
	IGNORE(WORKFLOW_DRAFT_DISCARDED)                                                           \
	IGNORE(WORKFLOW_DRAFT_SAVED)                                                               \
	IGNORE(WORKFLOW_PUBLISHED)                                                                 \
	IGNORE(WORKFLOW_REMOVED)                                                                   \
	IGNORE(WORKLOG_DELETED)                                                                    \
	IGNORE(WORKLOG_EDITED)                                                                     \
	IGNORE(WORK_LOGGED)
VIEW_ANSWERS(search, SEARCH_ANSWERS);

#define TSV(title, body)                                                                           \
	" setweight(to_tsvector('simple', " title "), 'A') ||"                                     \
	" setweight(to_tsvector('simple', left(" body ", " SEARCH_BODY_CHARACTERS ")), 'B')"

static const char tables_sql[] =
        "create table projects (tenant text collate \"C\" not null, project_id uuid not null,"
        " key text collate \"C\" not null, seq bigint not null);"
        "create table docs (tenant text collate \"C\" not null, doc_id uuid not null,"
        " issue_id uuid not null, project_id uuid not null, number bigint, title text not null,"
        " body text not null, updated_seq bigint not null, tsv tsvector not null);"
        /* issues that are, or were, out of sight; null: never */
        "create table hidden (tenant text collate \"C\" not null, issue_id uuid not null,"
        " archived boolean, deleted boolean);";

static const char bulk_sql[] =
        "create table created (tenant text collate \"C\" not null, doc_id uuid not null,"
        " issue_id uuid not null, project_id uuid, number bigint, title text not null,"
        " body text, seq bigint not null, text_seq bigint, source uuid);"
        "create table edits (tenant text collate \"C\" not null, doc_id uuid not null, title text,"
        " body text, seq bigint not null);"
        "create table deleted (tenant text collate \"C\" not null, doc_id uuid not null);"
        "create table moved (tenant text collate \"C\" not null, issue_id uuid not null,"
        " project_id uuid not null, number bigint not null, seq bigint not null);"
        "create table changes (tenant text collate \"C\" not null, issue_id uuid not null,"
        " archived boolean, deleted boolean, seq bigint not null);";

/* What is known last of each issue of the rows u(tenant, issue_id, archived, deleted, seq). */
#define LAST_HIDDEN                                                                                \
	"select tenant, issue_id,"                                                                 \
	" (array_agg(archived order by seq desc) filter (where archived is not null))[1],"         \
	" (array_agg(deleted order by seq desc) filter (where deleted is not null))[1]"

static const char fill_sql[] =
        "analyze created; analyze edits; analyze deleted; analyze moved;"
        "do $$ begin if exists (select from edits e where not exists (select from created c"
        " where c.tenant = e.tenant and c.doc_id = e.doc_id)) then"
        " raise exception 'an edited text is not there'; end if; end $$;"
        "with t as (select distinct on (tenant, doc_id) tenant, doc_id, title, seq from edits"
        "  where title is not null order by tenant, doc_id, seq desc),"
        " b as (select distinct on (tenant, doc_id) tenant, doc_id, body, seq from edits"
        "  where body is not null order by tenant, doc_id, seq desc),"
        /* the texts that clones have of other issues */
        " x as (select tenant, seq, body from (select tenant, seq, body from created"
        "   union all select tenant, seq, body from edits) y where body is not null"
        "  and (tenant, seq) in (select tenant, text_seq from created where text_seq is not null)),"
        " m as (select distinct on (tenant, issue_id) tenant, issue_id, project_id, number"
        "  from moved order by tenant, issue_id, seq desc),"
        " d as (select c.tenant, c.doc_id, c.issue_id,"
        "  coalesce(m.project_id, c.project_id, i.project_id) project_id,"
        "  case when c.number is not null then coalesce(m.number, c.number) end number,"
        "  coalesce(t.title, c.title) title, coalesce(b.body, c.body, x.body) body,"
        "  greatest(c.seq, t.seq, b.seq) seq from created c"
        "  join created i on i.tenant = c.tenant and i.doc_id = c.issue_id"
        "  left join t on t.tenant = c.tenant and t.doc_id = c.doc_id"
        "  left join b on b.tenant = c.tenant and b.doc_id = c.doc_id"
        "  left join x on x.tenant = c.tenant and x.seq = c.text_seq"
        "  left join m on m.tenant = c.tenant and m.issue_id = c.issue_id"
        "  where not exists (select from deleted x"
        "   where x.tenant = c.tenant and x.doc_id = c.doc_id))"
        " insert into docs select tenant, doc_id, issue_id, project_id, number, title, body, "
        "seq," TSV("title", "body") " from d;"
                                    "insert into hidden " LAST_HIDDEN
                                    " from changes u group by tenant, issue_id;"
                                    "drop table created, edits, deleted, moved, changes;";

static const char keys_sql[] =
        "alter table projects add primary key (tenant, project_id, seq);"
        "create index on projects (tenant, key);"
        "alter table docs add primary key (tenant, doc_id);"
        /* the comments of an issue that moves */
        "create index docs_of_issue on docs (tenant, issue_id) where number is null;"
        "alter table hidden add primary key (tenant, issue_id);"
        /* inserts wait in a list that is merged when it has 2 MB: a quarter of the work
         * of merging each batch, for a list that a query has to read through */
        "create index docs_words on docs using gin (tenant, tsv) with (gin_pending_list_limit = "
        "2048);";

enum { PROJECTS, ISSUES, CLONES, COMMENTS, EDITS, DELETED, MOVED, HIDDEN };

static const struct pg_batch_type batches[] = {
        [PROJECTS] =
                {
                        .name = "projects",
                        .live_sql = "insert into projects select * from"
                                    " unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[])",
                        .copy_sql = "copy projects from stdin",
                        .columns = 4,
                },
        [ISSUES] =
                {
                        .name = "issues",
                        .live_sql =
                                "insert into docs select tenant, id, id, project, number, title, "
                                "body, seq," TSV(
                                        "title",
                                        "body") " from unnest($1::text[], $2::uuid[], $3::uuid[],"
                                                " $4::uuid[], $5::bigint[], $6::text[], "
                                                "$7::text[], $8::bigint[])"
                                                " as u(tenant, id, issue, project, number, title, "
                                                "body, seq)",
                        .copy_sql = "copy created (tenant, doc_id, issue_id, project_id, number, "
                                    "title, body, seq) from stdin",
                        .columns = 8,
                },
        [CLONES] =
                {
                        .name = "clones",
                        .live_sql =
                                "with u as (select * from unnest($1::text[], $2::uuid[],"
                                " $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::bigint[],"
                                " $8::bigint[], $9::uuid[]) as u(tenant, id, issue, project,"
                                " number, title, seq, text_seq, source)),"
                                " added as (insert into docs select u.tenant, u.id, u.issue,"
                                " u.project, u.number, u.title, s.body, u.seq," TSV(
                                        "u.title", "s.body") " from u join docs s on s.tenant ="
                                                             " u.tenant and s.doc_id = u.source"
                                                             " returning 1) select (select"
                                                             " count(*) from u) - (select"
                                                             " count(*) from added)",
                        .copy_sql = "copy created (tenant, doc_id, issue_id, project_id, number,"
                                    " title, seq, text_seq, source) from stdin",
                        .columns = 9,
                },
        [COMMENTS] =
                {
                        .name = "comments",
                        .live_sql =
                                "with u as (select * from unnest($1::text[], $2::uuid[], "
                                "$3::uuid[],"
                                " $4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::bigint[])"
                                " as u(tenant, id, issue, project, number, title, body, seq)),"
                                " added as (insert into docs select u.tenant, id, issue, "
                                "i.project_id,"
                                " u.number, u.title, u.body, u.seq," TSV(
                                        "u.title", "u.body") " from u join docs i on i.tenant = "
                                                             "u.tenant and i.doc_id = u.issue"
                                                             " returning 1)"
                                                             " select (select count(*) from u) - "
                                                             "(select count(*) from added)",
                        .copy_sql = "copy created (tenant, doc_id, issue_id, project_id, number, "
                                    "title, body, seq) from stdin",
                        .columns = 8,
                },
        [EDITS] =
                {
                        .name = "edits",
                        .live_sql =
                                "with u as (select tenant, id, max(seq) seq,"
                                " (array_agg(title order by seq desc) filter (where title is not "
                                "null))[1] title,"
                                " (array_agg(body order by seq desc) filter (where body is not "
                                "null))[1] body"
                                " from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], "
                                "$5::bigint[])"
                                " as u(tenant, id, title, body, seq) group by tenant, id),"
                                " changed as (update docs d set title = coalesce(u.title, d.title),"
                                " body = coalesce(u.body, d.body), updated_seq = u.seq,"
                                " tsv =" TSV("coalesce(u.title, d.title)",
                                             "coalesce(u.body, d.body)") " from u where d.tenant = "
                                                                         "u.tenant and d.doc_id = "
                                                                         "u.id returning 1)"
                                                                         " select (select count(*) "
                                                                         "from u) - (select "
                                                                         "count(*) from changed)",
                        .copy_sql = "copy edits from stdin",
                        .columns = 5,
                },
        [DELETED] =
                {
                        .name = "deleted",
                        .live_sql = "delete from docs d using unnest($1::text[], $2::uuid[]) as "
                                    "u(tenant, id)"
                                    " where d.tenant = u.tenant and d.doc_id = u.id",
                        .copy_sql = "copy deleted from stdin",
                        .columns = 2,
                },
        [MOVED] =
                {
                        .name = "moved",
                        .live_sql =
                                "with u as (select distinct on (tenant, id) * from"
                                " unnest($1::text[], $2::uuid[], $3::uuid[], $4::bigint[],"
                                " $5::bigint[]) as u(tenant, id, project, number, seq)"
                                " order by tenant, id, seq desc),"
                                " comments as (update docs d set project_id = u.project from u"
                                " where d.tenant = u.tenant and d.issue_id = u.id"
                                " and d.number is null),"
                                " changed as (update docs d set project_id = u.project,"
                                " number = u.number from u"
                                " where d.tenant = u.tenant and d.doc_id = u.id returning 1)"
                                " select (select count(*) from u) - (select count(*) from changed)",
                        .copy_sql = "copy moved from stdin",
                        .columns = 5,
                },
        [HIDDEN] =
                {
                        .name = "hidden",
                        .live_sql = "insert into hidden " LAST_HIDDEN
                                    " from unnest($1::text[], $2::uuid[], $3::bool[], $4::bool[],"
                                    " $5::bigint[]) as u(tenant, issue_id, archived, deleted, seq)"
                                    " group by tenant, issue_id"
                                    " on conflict (tenant, issue_id) do update set"
                                    " archived = coalesce(excluded.archived, hidden.archived),"
                                    " deleted = coalesce(excluded.deleted, hidden.deleted)",
                        .copy_sql = "copy changes from stdin",
                        .columns = 5,
                },
};

static const struct pg_view_digest digests[] = {
        {"projects",
         "select tenant, project_id::text || lpad(seq::text, 20, '0'), key from projects"
         " where $1::text = '' or tenant = $1::text order by tenant, project_id, seq"},
        {"docs",
         "select tenant, doc_id, row(issue_id, project_id, number, title, body, updated_seq)::text"
         " from docs where $1::text = '' or tenant = $1::text order by tenant, doc_id"},
        {"hidden", "select tenant, issue_id, row(archived, deleted)::text from hidden"
                   " where $1::text = '' or tenant = $1::text order by tenant, issue_id"},
        {NULL, NULL},
};

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

static void hidden(struct view *view, const struct event *event)
{
	struct pg_batch *batch = &view->batches[HIDDEN];
	bool archived = event->type == EVENT_ISSUE_ARCHIVED;
	bool deleted = event->type == EVENT_ISSUE_DELETED;
	bool about_deleted = deleted || event->type == EVENT_ISSUE_RESTORED;
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

static void moved(struct view *view, const struct event_meta *meta, const struct issue_moved *e)
{
	struct pg_batch *batch = &view->batches[MOVED];
	pg_batch_text(batch, meta->tenant);
	pg_batch_uuid(batch, &meta->aggregate.id);
	pg_batch_uuid(batch, &e->to_project_id);
	pg_batch_int(batch, e->to_number);
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
	           event->type == EVENT_ISSUE_DELETED || event->type == EVENT_ISSUE_RESTORED) {
		hidden(view, event);
	} else if (event->type == EVENT_ISSUE_MOVED) {
		moved(view, meta, &event->issue_moved);
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
        .tables_sql = tables_sql,
        .bulk_sql = bulk_sql,
        .fill_sql = fill_sql,
        .keys_sql = keys_sql,
        .batches = batches,
        .batches_n = sizeof batches / sizeof *batches,
        .digests = digests,
};
