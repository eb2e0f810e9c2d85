/* Reading an instance: queries as the weak role, and digests.
 *
 * A digest is a cursor over the rows in the order of their keys: memory is one fetch, whatever the
 * size of the view. */
#include "projections/pg_view.h"

#include <stdio.h>

#include "core/store/sha256.h"

#define FETCH_ROWS "1000"

static enum status enter_as_reader(struct pg *pg, const char *schema, struct slice tenant,
                                   uint32_t timeout_ms, bool plans_anew, struct error *err)
{
	char timeout[16];
	snprintf(timeout, sizeof timeout, "%u", timeout_ms);
	struct slice params[] = {slice_str(schema), tenant, slice_str(timeout),
	                         plans_anew ? SLICE("force_custom_plan") : SLICE("auto")};
	return pg_exec(pg, "reader",
	               "select set_config('role', 'nexusflow', true),"
	               " set_config('search_path', $1, true),"
	               " set_config('nexusflow.tenant', $2, true),"
	               " set_config('statement_timeout', $3, true),"
	               " set_config('plan_cache_mode', $4, true)",
	               params, 4, NULL, err);
}

static enum status read_position(struct pg *pg, struct slice tenant, uint64_t *position,
                                 struct error *err)
{
	struct pg_result *result;
	enum status status =
	        pg_exec(pg, "reader_position", "select seq from seqs where tenant = $1", &tenant, 1,
	                &result, err);
	if (status)
		return status;
	*position = pg_rows(result) > 0 ? (uint64_t)pg_int(result, 0, 0) : 0;
	pg_result_free(result);
	return STATUS_OK;
}

enum status pg_view_read_begin(struct pg *pg, const struct view_type *type, const char *instance,
                               struct slice tenant, uint32_t timeout_ms, uint64_t *position,
                               struct error *err)
{
	const struct pg_view_type *kind = (const struct pg_view_type *)type;
	char schema[PG_VIEW_SCHEMA_MAX];
	enum status status = pg_view_schema(type, instance, schema, err);
	if (!status)
		status = pg_begin_read(pg, err);
	if (!status)
		status = enter_as_reader(pg, schema, tenant, timeout_ms, kind->plans_anew, err);
	return status ? status : read_position(pg, tenant, position, err);
}

enum status pg_view_read_end(struct pg *pg, enum status status, struct error *err)
{
	pg_rollback(pg); /* it only read; settings and role end with it */
	if (status == STATUS_NOT_FOUND || status == STATUS_DENIED) {
		error_wrap(err, "the view is not there yet");
		status = STATUS_UNAVAILABLE;
	} else if (status == STATUS_INVALID || status == STATUS_MALFORMED) {
		status = STATUS_IO;
	}
	if (status && err)
		err->status = status;
	return status;
}

/* --- digests --- */

struct digest {
	struct sha256 *all;
	struct sha256 *row;
	struct buf key;
	void (*each)(void *context, struct slice key, const uint8_t row[8]);
	void *context;
};

static void digest_row(struct digest *d, const char *table, const struct pg_result *result, int i)
{
	uint8_t hash[SHA256_BYTES];
	for (int column = 0; column < 3; column++) {
		struct slice value = pg_value(result, i, column);
		sha256_add_u64(d->row, value.n);
		sha256_add(d->row, value);
	}
	sha256_take(d->row, hash);
	sha256_add(d->all, slice_of(hash, sizeof hash));
	if (!d->each)
		return;
	buf_clear(&d->key);
	buf_append_str(&d->key, table);
	buf_append_char(&d->key, '/');
	buf_append_slice(&d->key, pg_value(result, i, 0));
	buf_append_char(&d->key, 0); /* below every character: the order stays that of the rows */
	buf_append_slice(&d->key, pg_value(result, i, 1));
	d->each(d->context, buf_slice(&d->key), hash);
}

static enum status digest_table(struct digest *d, struct pg *pg, const struct pg_view_digest *table,
                                struct slice tenant, struct error *err)
{
	struct buf sql = {0};
	sha256_add(d->all, slice_str(table->table));
	buf_printf(&sql, "declare rows no scroll cursor for %s", table->sql);
	enum status status = pg_exec(pg, NULL, buf_cstr(&sql), &tenant, 1, NULL, err);
	buf_release(&sql);
	for (int n = 1; !status && n > 0;) {
		struct pg_result *result;
		status = pg_exec(pg, NULL, "fetch " FETCH_ROWS " from rows", NULL, 0, &result, err);
		if (status)
			break;
		n = pg_rows(result);
		for (int i = 0; i < n; i++)
			digest_row(d, table->table, result, i);
		pg_result_free(result);
	}
	return status ? status : pg_script(pg, "close rows", err);
}

static enum status digest_position(struct pg *pg, struct view_position *at, struct error *err)
{
	struct pg_result *result;
	enum status status = pg_exec(pg, NULL, "select journal_id, next_offset from position", NULL,
	                             0, &result, err);
	if (status)
		return status;
	status = pg_view_parse_position(result, at, err);
	pg_result_free(result);
	return status;
}

static enum status digest_tables(struct digest *d, struct pg *pg, const struct view *view,
                                 struct slice tenant, struct view_position *at, struct error *err)
{
	char sql[PG_VIEW_SCHEMA_MAX + 32];
	snprintf(sql, sizeof sql, "set local search_path = %s", view->schema);
	enum status status = pg_begin_read(pg, err);
	if (!status)
		status = pg_script(pg, sql, err);
	if (!status && at)
		status = digest_position(pg, at, err);
	for (const struct pg_view_digest *t = view->kind->digests; !status && t->table; t++)
		status = digest_table(d, pg, t, tenant, err);
	pg_rollback(pg);
	return pg_view_failure(status, err);
}

enum status pg_view_digest(struct view *view, struct slice tenant,
                           uint8_t digest[VIEW_DIGEST_BYTES], struct view_position *at,
                           void (*each)(void *context, struct slice key, const uint8_t row[8]),
                           void *context, struct error *err)
{
	struct digest d = {sha256_new(), sha256_new(), {0}, each, context};
	struct pg *pg = pg_open(view->conninfo, "nexusflow digest");
	if (!tenant.data)
		tenant = SLICE("");
	enum status status = digest_tables(&d, pg, view, tenant, at, err);
	sha256_take(d.all, digest);
	pg_close(pg);
	sha256_free(d.all);
	sha256_free(d.row);
	buf_release(&d.key);
	return status;
}
