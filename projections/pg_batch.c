#include "projections/pg_batch.h"

#include <assert.h>
#include <stdio.h>

#include "core/base/clock.h"

#define KEEP_BYTES (1u << 20) /* memory that a batch keeps between flushes, for each buffer */

void pg_batch_init(struct pg_batch *batch, const struct pg_batch_type *type, bool bulk)
{
	assert(type->columns <= PG_BATCH_COLUMNS_MAX);
	*batch = (struct pg_batch){.type = type, .bulk = bulk};
}

void pg_batch_release(struct pg_batch *batch)
{
	for (int i = 0; i < PG_BATCH_COLUMNS_MAX; i++)
		buf_release(&batch->arrays[i]);
	buf_release(&batch->lines);
}

static void empty(struct buf *buf)
{
	if (buf->cap > KEEP_BYTES)
		buf_release(buf);
	buf_clear(buf);
}

void pg_batch_clear(struct pg_batch *batch)
{
	for (int i = 0; i < batch->type->columns; i++)
		empty(&batch->arrays[i]);
	empty(&batch->lines);
	batch->rows = 0;
	batch->bytes = 0;
	batch->column = 0;
}

/* Where the next value goes. */
static struct buf *place(struct pg_batch *batch)
{
	if (!batch->bulk) {
		struct buf *array = &batch->arrays[batch->column];
		if (array->n == 0)
			pg_array_open(array);
		return array;
	}
	if (batch->column > 0)
		buf_append_char(&batch->lines, '\t');
	return &batch->lines;
}

static void placed(struct pg_batch *batch, size_t bytes)
{
	batch->bytes += bytes;
	if (++batch->column < batch->type->columns)
		return;
	if (batch->bulk)
		buf_append_char(&batch->lines, '\n');
	batch->column = 0;
	batch->rows++;
}

void pg_batch_text(struct pg_batch *batch, struct slice value)
{
	struct buf *to = place(batch);
	if (batch->bulk)
		pg_copy_value(to, value);
	else
		pg_array_add(to, value);
	placed(batch, value.n + 3);
}

void pg_batch_null(struct pg_batch *batch)
{
	struct buf *to = place(batch);
	if (batch->bulk)
		buf_append_str(to, "\\N");
	else
		pg_array_add_null(to);
	placed(batch, 4);
}

void pg_batch_int(struct pg_batch *batch, int64_t value)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%lld", (long long)value);
	pg_batch_text(batch, slice_of(text, (size_t)n));
}

void pg_batch_uuid(struct pg_batch *batch, const struct uuid *value)
{
	char text[UUID_TEXT];
	uuid_format(value, text);
	pg_batch_text(batch, slice_of(text, sizeof text));
}

void pg_batch_time(struct pg_batch *batch, int64_t ms)
{
	char text[CLOCK_TEXT];
	clock_format(ms, text);
	pg_batch_text(batch, slice_of(text, sizeof text));
}

static enum status send_lines(struct pg_batch *batch, struct pg *pg, struct error *err)
{
	enum status status = pg_copy_begin(pg, batch->type->copy_sql, err);
	if (!status)
		status = pg_copy_data(pg, buf_slice(&batch->lines), err);
	return status ? status : pg_copy_end(pg, err);
}

static enum status send_arrays(struct pg_batch *batch, struct pg *pg, struct error *err)
{
	struct slice params[PG_BATCH_COLUMNS_MAX];
	struct pg_result *result;
	for (int i = 0; i < batch->type->columns; i++) {
		pg_array_close(&batch->arrays[i]);
		params[i] = buf_slice(&batch->arrays[i]);
	}
	enum status status = pg_exec(pg, batch->type->name, batch->type->live_sql, params,
	                             batch->type->columns, &result, err);
	if (status)
		return status;
	int64_t missing = pg_rows(result) > 0 ? pg_int(result, 0, 0) : 0;
	pg_result_free(result);
	if (missing)
		return error_set(err, STATUS_CORRUPT, "%lld rows to change are not there",
		                 (long long)missing);
	return STATUS_OK;
}

enum status pg_batch_flush(struct pg_batch *batch, struct pg *pg, struct error *err)
{
	assert(batch->column == 0);
	if (batch->rows == 0)
		return STATUS_OK;
	enum status status = batch->bulk ? send_lines(batch, pg, err) : send_arrays(batch, pg, err);
	if (status)
		error_wrap(err, "%s", batch->type->name);
	pg_batch_clear(batch);
	return status;
}
