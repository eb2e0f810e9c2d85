/* A transaction: begin, the advisory lock, search_path (statements are written without the schema),
 * batches whenever they have grown large, and at commit the rest of them, the seqs, the position.
 *
 * Events that come again are known by the seq of their tenant and change nothing. The seqs are read
 * once and kept; after a failure that leaves open what is stored they are read again. */
#include "projections/pg_view.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "generated/pg_view_sql.h"

#define FLUSH_ROWS       2000
#define FLUSH_BYTES      (2u << 20)
#define BULK_FLUSH_BYTES (4u << 20)

static const struct pg_batch_type moved_tenants = {
        .name = "seqs", .live_sql = sql_seqs, .columns = 2};

enum status pg_view_schema(const struct view_type *type, const char *instance,
                           char schema[PG_VIEW_SCHEMA_MAX], struct error *err)
{
	int n = snprintf(schema, PG_VIEW_SCHEMA_MAX, "%s_%s", type->name, instance);
	if (n < 0 || n >= PG_VIEW_SCHEMA_MAX)
		return error_set(err, STATUS_INVALID, "\"%s\" is too long for a schema", instance);
	for (char *at = schema; *at; at++) {
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
		else if (!((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9')))
			*at = '_';
	}
	return STATUS_OK;
}

enum status pg_view_failure(enum status status, struct error *err)
{
	if (status && status_policy(status) == POLICY_PARK) {
		if (err)
			err->status = STATUS_IO;
		return STATUS_IO;
	}
	return status;
}

static enum status open_store(struct view *view, bool bulk, struct error *err)
{
	enum status status = pg_schema_open(view, bulk, err);
	if (!status && view->bulk && !bulk && view->version == view->kind->type.version)
		status = pg_schema_finish(view, err);
	return pg_view_failure(status, err);
}

enum status pg_view_open(const struct view_type *type, const struct view_options *options,
                         struct view **out, struct error *err)
{
	const struct pg_view_type *kind = (const struct pg_view_type *)type;
	if (!options->config->postgres[0])
		return error_set(err, STATUS_UNAVAILABLE, "view %s: `postgres` is not configured",
		                 type->name);
	struct view *view = mem_new(sizeof *view);
	pthread_mutex_init(&view->lock, NULL);
	view->kind = kind;
	view->version = options->version ? options->version : type->version;
	enum status status = pg_view_schema(type, options->instance, view->schema, err);
	view->conninfo = mem_string(slice_str(options->config->postgres));
	view->pg = pg_open(view->conninfo, "nexusflow projector");
	view->reader = pg_open(view->conninfo, "nexusflow position");
	if (!status)
		status = open_store(view, options->bulk, err);
	if (status) {
		pg_view_close(view);
		return status;
	}
	pg_batch_init(&view->moved, &moved_tenants, false);
	view->batches = mem_new(kind->batches_n * sizeof *view->batches);
	for (uint32_t i = 0; i < kind->batches_n; i++)
		pg_batch_init(&view->batches[i], &kind->batches[i], view->bulk);
	*out = view;
	return STATUS_OK;
}

void pg_view_close(struct view *view)
{
	if (!view)
		return;
	pg_view_rollback(view);
	for (uint32_t i = 0; view->batches && i < view->kind->batches_n; i++)
		pg_batch_release(&view->batches[i]);
	free(view->batches);
	pg_batch_release(&view->moved);
	pg_close(view->pg);
	pg_close(view->reader);
	pthread_mutex_destroy(&view->lock);
	tenant_table_release(&view->seqs);
	buf_release(&view->scratch);
	free(view->conninfo);
	free(view);
}

/* --- what is stored --- */

/* select @columns from the table @rest of the schema; prepared under the name @rest. */
static enum status ask(struct view *view, const char *columns, const char *rest,
                       const struct slice *param, struct pg_result **result, struct error *err)
{
	char sql[PG_VIEW_SCHEMA_MAX + 160];
	snprintf(sql, sizeof sql, "select %s from %s.%s", columns, view->schema, rest);
	pthread_mutex_lock(&view->lock);
	bool old = pg_connected(view->reader);
	enum status status = pg_exec(view->reader, rest, sql, param, param ? 1 : 0, result, err);
	if (status == STATUS_UNAVAILABLE && old) /* it broke while nobody used it */
		status = pg_exec(view->reader, rest, sql, param, param ? 1 : 0, result, err);
	pthread_mutex_unlock(&view->lock);
	return pg_view_failure(status, err);
}

static enum status parse_offsets(struct slice text, struct view_position *out, struct error *err)
{
	const char *at = text.data + 1; /* {1,2,3} */
	while (*at && *at != '}') {
		char *end;
		if (out->partitions == JOURNAL_PARTITIONS_MAX)
			return error_set(err, STATUS_CORRUPT, "a position of too many partitions");
		out->next_offset[out->partitions++] = strtoll(at, &end, 10);
		at = *end == ',' ? end + 1 : end;
	}
	return STATUS_OK;
}

enum status pg_view_parse_position(const struct pg_result *result, struct view_position *out,
                                   struct error *err)
{
	memset(out, 0, sizeof *out);
	if (pg_rows(result) == 0)
		return STATUS_OK;
	if (!uuid_parse(pg_value(result, 0, 0), &out->journal_id))
		return error_set(err, STATUS_CORRUPT, "a position without a journal");
	return parse_offsets(pg_value(result, 0, 1), out, err);
}

enum status pg_view_position(struct view *view, struct view_position *out, struct error *err)
{
	struct pg_result *result;
	enum status status = ask(view, "journal_id, next_offset", "position", NULL, &result, err);
	if (status)
		return status;
	status = pg_view_parse_position(result, out, err);
	pg_result_free(result);
	return status;
}

enum status pg_view_tenant_seq(struct view *view, struct slice tenant, uint64_t *seq,
                               struct error *err)
{
	struct pg_result *result;
	enum status status = ask(view, "seq", "seqs where tenant = $1", &tenant, &result, err);
	if (status)
		return status;
	*seq = pg_rows(result) > 0 ? (uint64_t)pg_int(result, 0, 0) : 0;
	pg_result_free(result);
	return STATUS_OK;
}

static struct view_stop stop_of_row(const struct pg_result *result, int i)
{
	struct view_stop stop = {.tenant = pg_value(result, i, 0),
	                         .seq = (uint64_t)pg_int(result, i, 1),
	                         .reason = pg_value(result, i, 2)};
	stop.has_place = uuid_parse(pg_value(result, i, 5), &stop.event_id);
	if (stop.has_place)
		stop.place =
		        (struct view_place){(uint32_t)pg_int(result, i, 3), pg_int(result, i, 4)};
	return stop;
}

enum status pg_view_stopped(struct view *view,
                            void (*each)(void *context, const struct view_stop *stop),
                            void *context, struct error *err)
{
	struct pg_result *result;
	enum status status =
	        ask(view, "tenant, seq, reason, journal_partition, journal_offset, event_id",
	            "stopped order by tenant", NULL, &result, err);
	if (status)
		return status;
	for (int i = 0; i < pg_rows(result); i++) {
		struct view_stop stop = stop_of_row(result, i);
		each(context, &stop);
	}
	pg_result_free(result);
	return STATUS_OK;
}

/* --- a transaction --- */

static enum status load_seqs(struct view *view, struct error *err)
{
	struct pg_result *result;
	if (view->loaded)
		return STATUS_OK;
	tenant_table_release(&view->seqs);
	view->seqs = (struct tenant_table){0};
	enum status status =
	        pg_exec(view->pg, NULL, "select tenant, seq from seqs", NULL, 0, &result, err);
	if (status)
		return status;
	for (int i = 0; i < pg_rows(result); i++)
		tenant_table_move(&view->seqs,
		                  tenant_table_get(&view->seqs, pg_value(result, i, 0), NULL),
		                  (uint64_t)pg_int(result, i, 1));
	tenant_table_commit(&view->seqs);
	pg_result_free(result);
	view->loaded = true;
	return STATUS_OK;
}

static enum status enter(struct view *view, struct error *err)
{
	struct pg_result *result;
	struct slice schema = slice_str(view->schema);
	enum status status = pg_exec(view->pg, "enter", sql_enter, &schema, 1, &result, err);
	if (status)
		return status;
	bool locked = slice_is(pg_value(result, 0, 0), "t");
	pg_result_free(result);
	if (!locked)
		return error_set(err, STATUS_BUSY, "another projector folds %s", view->schema);
	return load_seqs(view, err);
}

enum status pg_view_begin(struct view *view, struct error *err)
{
	assert(!view->open);
	enum status status = pg_begin(view->pg, err);
	if (status)
		return pg_view_failure(status, err);
	view->open = true;
	status = enter(view, err);
	if (status)
		pg_view_rollback(view);
	return pg_view_failure(status, err);
}

enum status pg_view_advance(struct view *view, const struct event_meta *meta,
                            const struct view_place *place, struct error *err)
{
	(void)place;
	(void)err;
	struct tenant_entry *tenant = tenant_table_get(&view->seqs, meta->tenant, NULL);
	view->skip = (uint64_t)meta->seq <= tenant->seq;
	if (!view->skip)
		tenant_table_move(&view->seqs, tenant, (uint64_t)meta->seq);
	return STATUS_OK;
}

enum status pg_view_stop(struct view *view, const struct view_stop *stop, struct error *err)
{
	char seq[24], partition[12], offset[24], id[UUID_TEXT];
	snprintf(seq, sizeof seq, "%llu", (unsigned long long)stop->seq);
	snprintf(partition, sizeof partition, "%u", stop->place.partition);
	snprintf(offset, sizeof offset, "%lld", (long long)stop->place.offset);
	uuid_format(&stop->event_id, id);
	struct slice params[] = {stop->tenant,         slice_str(seq),    stop->reason,
	                         slice_str(partition), slice_str(offset), slice_of(id, UUID_TEXT)};
	return pg_view_failure(pg_exec(view->pg, NULL, sql_stop, params, 6, NULL, err), err);
}

enum status pg_view_resume(struct view *view, struct slice tenant, struct error *err)
{
	return pg_view_failure(pg_exec(view->pg, NULL, "delete from stopped where tenant = $1",
	                               &tenant, 1, NULL, err),
	                       err);
}

/* Rows that the server refuses for what is in them are some event's; the fold finds out whose. */
static enum status batch_failure(enum status status, struct error *err)
{
	if (status != STATUS_MALFORMED && status != STATUS_CONFLICT && status != STATUS_CORRUPT)
		return pg_view_failure(status, err);
	if (err)
		err->status = STATUS_BATCH_INVALID;
	return STATUS_BATCH_INVALID;
}

enum status pg_view_flush(struct view *view, struct error *err)
{
	for (uint32_t i = 0; i < view->kind->batches_n; i++) {
		enum status status = pg_batch_flush(&view->batches[i], view->pg, err);
		if (status)
			return batch_failure(status, err);
	}
	return STATUS_OK;
}

enum status pg_view_added(struct view *view, struct error *err)
{
	uint32_t rows = 0;
	size_t bytes = 0;
	for (uint32_t i = 0; i < view->kind->batches_n; i++) {
		rows += view->batches[i].rows;
		bytes += view->batches[i].bytes.n;
	}
	if (view->bulk ? bytes < BULK_FLUSH_BYTES : rows < FLUSH_ROWS && bytes < FLUSH_BYTES)
		return STATUS_OK;
	return pg_view_flush(view, err);
}

void pg_view_rollback(struct view *view)
{
	if (!view->open)
		return;
	view->open = false;
	pg_rollback(view->pg);
	for (uint32_t i = 0; i < view->kind->batches_n && view->batches; i++)
		pg_batch_clear(&view->batches[i]);
	pg_batch_clear(&view->moved);
	tenant_table_rollback(&view->seqs);
	if (!pg_connected(view->pg))
		view->loaded = false;
}

static enum status store_seqs(struct view *view, struct error *err)
{
	for (uint32_t i = 0; i < view->seqs.dirty_n; i++) {
		pg_batch_text(&view->moved, view->seqs.dirty[i]->name);
		pg_batch_int(&view->moved, (int64_t)view->seqs.dirty[i]->seq);
	}
	return pg_batch_flush(&view->moved, view->pg, err);
}

static void offsets_text(const struct view_position *position, struct buf *out)
{
	buf_append_char(out, '{');
	for (uint32_t i = 0; i < position->partitions; i++)
		buf_printf(out, "%s%lld", i ? "," : "", (long long)position->next_offset[i]);
	buf_append_char(out, '}');
}

static enum status store_position(struct view *view, const struct view_position *expected,
                                  const struct view_position *position, struct error *err)
{
	char id[UUID_TEXT], old_id[UUID_TEXT];
	struct buf offsets = {0};
	struct buf old = {0};
	struct pg_result *result;
	uuid_format(&position->journal_id, id);
	uuid_format(&expected->journal_id, old_id);
	offsets_text(position, &offsets);
	offsets_text(expected, &old);
	struct slice params[] = {slice_of(id, UUID_TEXT), buf_slice(&offsets),
	                         slice_of(old_id, UUID_TEXT), buf_slice(&old)};
	bool is_first = expected->partitions == 0;
	enum status status = pg_exec(view->pg, is_first ? "first_position" : "next_position",
	                             is_first ? sql_first_position : sql_next_position, params,
	                             is_first ? 2 : 4, &result, err);
	buf_release(&offsets);
	buf_release(&old);
	if (status)
		return status;
	if (pg_affected(result) != 1)
		status = error_set(err, STATUS_CONFLICT,
		                   "the position of %s was moved by somebody else", view->schema);
	pg_result_free(result);
	return status;
}

enum status pg_view_commit(struct view *view, const struct view_position *expected,
                           const struct view_position *position, struct error *err)
{
	/* The position first: whoever comes second is told so before he meets rows of the other. */
	enum status status = store_position(view, expected, position, err);
	if (!status)
		status = pg_view_flush(view, err);
	if (!status)
		status = store_seqs(view, err);
	if (status) {
		pg_view_rollback(view);
		view->loaded = false;
		return pg_view_failure(status, err);
	}
	status = pg_commit(view->pg, err);
	if (status) {
		pg_view_rollback(view);
		view->loaded = false;
		return pg_view_failure(status, err);
	}
	view->open = false;
	tenant_table_commit(&view->seqs);
	return STATUS_OK;
}

/* Commits are asynchronous: a server that crashes forgets the last ones. */
bool pg_view_lost(struct view *view)
{
	bool lost = pg_lost(view->pg);
	if (lost)
		view->loaded = false;
	return lost;
}

/* --- the whole instance --- */

enum status pg_view_finish(struct view *view, struct error *err)
{
	if (!view->bulk)
		return STATUS_OK;
	enum status status = pg_schema_finish(view, err);
	for (uint32_t i = 0; !view->bulk && i < view->kind->batches_n; i++) {
		pg_batch_release(&view->batches[i]);
		pg_batch_init(&view->batches[i], &view->kind->batches[i], false);
	}
	return pg_view_failure(status, err);
}

enum status pg_view_drop(const struct view_type *type, const struct view_options *options,
                         struct error *err)
{
	char schema[PG_VIEW_SCHEMA_MAX];
	char sql[PG_VIEW_SCHEMA_MAX + 64];
	enum status status = pg_view_schema(type, options->instance, schema, err);
	if (status)
		return status;
	snprintf(sql, sizeof sql, "drop schema if exists %s cascade", schema);
	struct pg *pg = pg_open(options->config->postgres, "nexusflow drop");
	status = pg_script(pg, sql, err);
	pg_close(pg);
	return pg_view_failure(status, err);
}
