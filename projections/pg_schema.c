/* One transaction makes a schema whole, under a lock: two processes that open the same instance for
 * the first time do not meet in the middle.
 *
 * COPY does not work on a table with forced row-level security. So a bulk schema has none until
 * finish, and no right of the role nexusflow either. */
#include "projections/pg_view.h"

#include <stdio.h>

#include "generated/pg_schema_sql.h"

static enum status make(struct view *view, bool bulk, struct error *err)
{
	const struct pg_view_type *kind = view->kind;
	struct buf sql = {0};
	buf_printf(&sql, "create schema %s; set local search_path = %s; %s%s", view->schema,
	           view->schema, sql_common, kind->tables_sql);
	buf_printf(&sql, "insert into instance values ('%s', %u, %s);", kind->type.name,
	           view->version, bulk ? "true" : "false");
	if (bulk && kind->bulk_sql)
		buf_append_str(&sql, kind->bulk_sql);
	if (!bulk) {
		buf_append_str(&sql, kind->keys_sql);
		buf_append_str(&sql, sql_secure);
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
	struct buf sql = {0};
	buf_printf(&sql, "set local search_path = %s; %s", view->schema, sql_places);
	enum status status = pg_script(view->pg, buf_cstr(&sql), err);
	buf_release(&sql);
	return status;
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
	/* 3,000 rows of a table tell what a plan needs; analyzing the words of 30,000 texts, as by
	 * default, took a tenth of a rebuild. */
	buf_append_str(&sql, "set local default_statistics_target = 10;");
	if (kind->fill_sql)
		buf_append_str(&sql, kind->fill_sql);
	buf_append_str(&sql, kind->keys_sql);
	buf_append_str(&sql, sql_secure);
	buf_append_str(&sql, sql_analyze);
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
