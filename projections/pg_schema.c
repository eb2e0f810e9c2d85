/* One transaction makes a schema whole, under a lock: two processes that open the same instance for
 * the first time do not meet in the middle.
 *
 * COPY does not work on a table with forced row-level security. So a bulk schema has none until
 * finish, and no right of the role nexusflow either. */
#include "projections/pg_view.h"

#include <stdio.h>

static const char common_sql[] =
        "create table instance (view text not null, version integer not null, bulk boolean not "
        "null);"
        "create table position (one boolean primary key default true check (one),"
        " journal_id uuid not null, next_offset bigint[] not null);"
        "create table seqs (tenant text collate \"C\" primary key, seq bigint not null);"
        "create table stopped (tenant text collate \"C\" primary key, seq bigint not null,"
        " reason text not null, journal_partition integer, journal_offset bigint,"
        " event_id uuid);";

/* Schemas of older programs have no place of a stop. */
static const char places_sql[] =
        "do $$ begin if not exists (select from pg_attribute where attrelid = "
        "'%s.stopped'::regclass"
        " and attname = 'event_id') then alter table %s.stopped add column journal_partition "
        "integer,"
        " add column journal_offset bigint, add column event_id uuid; end if; end $$;";

/* Every table of the schema, so that one that is added later cannot be forgotten. */
static const char secure_sql[] =
        "do $$ declare t name; begin"
        " execute format('grant usage on schema %I to nexusflow', current_schema());"
        " for t in select tablename from pg_tables where schemaname = current_schema() loop"
        "  execute format('alter table %I enable row level security', t);"
        "  execute format('alter table %I force row level security', t);"
        "  execute format('create policy owner on %I to current_user using (true) with check "
        "(true)', t);"
        "  if exists (select from pg_attribute where attrelid = format('%I', t)::regclass"
        "   and attname = 'tenant') then"
        "   execute format('create policy tenant on %I for select to nexusflow"
        " using (tenant = current_setting(''nexusflow.tenant''))', t);"
        "   execute format('grant select on %I to nexusflow', t);"
        "  end if;"
        " end loop; end $$;";

static const char analyze_sql[] =
        "do $$ declare t name; begin"
        " for t in select tablename from pg_tables where schemaname = current_schema() loop"
        "  execute format('analyze %I', t);"
        " end loop; end $$;";

static enum status make(struct view *view, bool bulk, struct error *err)
{
	const struct pg_view_type *kind = view->kind;
	struct buf sql = {0};
	buf_printf(&sql, "create schema %s; set local search_path = %s; %s%s", view->schema,
	           view->schema, common_sql, kind->tables_sql);
	buf_printf(&sql, "insert into instance values ('%s', %u, %s);", kind->type.name,
	           view->version, bulk ? "true" : "false");
	if (bulk && kind->bulk_sql)
		buf_append_str(&sql, kind->bulk_sql);
	if (!bulk) {
		buf_append_str(&sql, kind->keys_sql);
		buf_append_str(&sql, secure_sql);
	}
	enum status status = pg_script(view->pg, buf_cstr(&sql), err);
	buf_release(&sql);
	view->bulk = bulk;
	return status;
}

static enum status check(struct view *view, struct error *err)
{
	char sql[PG_VIEW_SCHEMA_MAX + 64];
	struct pg_result *result;
	snprintf(sql, sizeof sql, "select view, version, bulk from %s.instance", view->schema);
	enum status status = pg_exec(view->pg, NULL, sql, NULL, 0, &result, err);
	if (status)
		return status;
	const struct view_type *type = &view->kind->type;
	if (pg_rows(result) != 1 || !slice_is(pg_value(result, 0, 0), type->name))
		status = error_set(err, STATUS_CORRUPT, "schema %s is none of view %s",
		                   view->schema, type->name);
	else if (pg_int(result, 0, 1) != view->version)
		status = error_set(err, STATUS_VERSION, "schema %s has version %lld, not %u",
		                   view->schema, (long long)pg_int(result, 0, 1), view->version);
	else
		view->bulk = slice_is(pg_value(result, 0, 2), "t");
	pg_result_free(result);
	return status;
}

static enum status add_places(struct view *view, struct error *err)
{
	char sql[sizeof places_sql + 2 * PG_VIEW_SCHEMA_MAX];
	snprintf(sql, sizeof sql, places_sql, view->schema, view->schema);
	return pg_script(view->pg, sql, err);
}

static enum status open_locked(struct view *view, bool bulk, struct error *err)
{
	struct pg_result *result;
	struct slice schema = slice_str(view->schema);
	enum status status = pg_script(
	        view->pg, "select pg_advisory_xact_lock(hashtext('nexusflow schemas'))", err);
	if (!status)
		status = pg_exec(view->pg, NULL, "select to_regnamespace($1) is not null", &schema,
		                 1, &result, err);
	if (status)
		return status;
	bool there = slice_is(pg_value(result, 0, 0), "t");
	pg_result_free(result);
	if (!there)
		return make(view, bulk, err);
	status = check(view, err);
	return status ? status : add_places(view, err);
}

enum status pg_schema_open(struct view *view, bool bulk, struct error *err)
{
	enum status status = pg_begin(view->pg, err);
	if (!status)
		status = open_locked(view, bulk, err);
	if (!status)
		return pg_commit(view->pg, err);
	pg_rollback(view->pg);
	return status;
}

enum status pg_schema_finish(struct view *view, struct error *err)
{
	const struct pg_view_type *kind = view->kind;
	struct buf sql = {0};
	buf_printf(&sql, "set local search_path = %s; set local maintenance_work_mem = '128MB';",
	           view->schema);
	buf_append_str(&sql, "set local work_mem = '64MB';");
	if (kind->fill_sql)
		buf_append_str(&sql, kind->fill_sql);
	buf_append_str(&sql, kind->keys_sql);
	buf_append_str(&sql, secure_sql);
	buf_append_str(&sql, analyze_sql);
	buf_append_str(&sql, "update instance set bulk = false;");
	enum status status = pg_begin(view->pg, err);
	if (!status)
		status = pg_script(view->pg, buf_cstr(&sql), err);
	buf_release(&sql);
	if (status) {
		pg_rollback(view->pg);
		return pg_view_failure(status, err);
	}
	status = pg_commit(view->pg, err);
	if (!status)
		view->bulk = false;
	return status;
}
