/* Binary forms (src/backend/utils/adt/arrayfuncs.c: array_recv, rowtypes.c: record_recv; COPY,
 * "Binary Format" in the manual), integers big-endian:
 *
 *   array  dimensions 1, nulls 0, element type, count, lower bound 1; each row: its bytes, columns,
 *          of each its type and the value
 *   COPY   signature, flags 0, header 0; each row: columns (16 bits), the values; at the end -1
 *   value  its bytes, or -1: null
 *
 * The element type is sent as 0: the server takes that of the statement, whose number only it
 * knows. */
#include "projections/pg_batch.h"

#include <assert.h>

#define KEEP_BYTES       (1u << 20) /* memory that a batch keeps between flushes */
#define ARRAY_COUNT_AT   12
#define COPY_SIGNATURE   "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0" /* and flags, and header */
#define REPLACEMENT      "\xEF\xBF\xBD"
#define REPLACEMENT_SIZE 3
#define EPOCH_MS         INT64_C(946684800000) /* 2000-01-01 */

void pg_batch_init(struct pg_batch *batch, const struct pg_batch_type *type, bool bulk)
{
	*batch = (struct pg_batch){.type = type, .bulk = bulk};
}

void pg_batch_release(struct pg_batch *batch)
{
	buf_release(&batch->bytes);
}

void pg_batch_clear(struct pg_batch *batch)
{
	if (batch->bytes.cap > KEEP_BYTES)
		buf_release(&batch->bytes);
	buf_clear(&batch->bytes);
	batch->rows = 0;
	batch->column = 0;
}

static void add_u16(struct buf *out, uint16_t value)
{
	char bytes[2] = {(char)(value >> 8), (char)value};
	buf_append(out, bytes, 2);
}

static void add_u32(struct buf *out, uint32_t value)
{
	put_u32(buf_reserve(out, 4), value);
	out->n += 4;
}

static void begin_batch(struct pg_batch *batch)
{
	if (batch->bulk) {
		buf_append(&batch->bytes, COPY_SIGNATURE, sizeof COPY_SIGNATURE);
		return;
	}
	add_u32(&batch->bytes, 1);
	add_u32(&batch->bytes, 0);
	add_u32(&batch->bytes, 0);
	add_u32(&batch->bytes, 0); /* the count: when it is known */
	add_u32(&batch->bytes, 1);
}

static void begin_row(struct pg_batch *batch)
{
	if (batch->bytes.n == 0)
		begin_batch(batch);
	batch->row_at = batch->bytes.n;
	if (batch->bulk) {
		add_u16(&batch->bytes, (uint16_t)batch->type->columns);
	} else {
		add_u32(&batch->bytes, 0); /* its bytes: at its end */
		add_u32(&batch->bytes, batch->type->columns);
	}
}

static void begin_value(struct pg_batch *batch, enum pg_type type, uint32_t n)
{
	if (batch->column == 0)
		begin_row(batch);
	if (!batch->bulk)
		add_u32(&batch->bytes, type);
	add_u32(&batch->bytes, n);
}

static void end_value(struct pg_batch *batch)
{
	if (++batch->column < batch->type->columns)
		return;
	if (!batch->bulk)
		put_u32(batch->bytes.data + batch->row_at,
		        (uint32_t)(batch->bytes.n - batch->row_at - 4));
	batch->column = 0;
	batch->rows++;
}

static void add_bytes(struct pg_batch *batch, enum pg_type type, const void *data, size_t n)
{
	begin_value(batch, type, (uint32_t)n);
	buf_append(&batch->bytes, data, n);
	end_value(batch);
}

static void add_replaced(struct pg_batch *batch, struct slice value)
{
	size_t nuls = 0;
	for (size_t i = 0; i < value.n; i++)
		nuls += value.data[i] == 0;
	begin_value(batch, PG_TEXT, (uint32_t)(value.n + nuls * (REPLACEMENT_SIZE - 1)));
	for (size_t i = 0; i < value.n; i++) {
		if (value.data[i])
			buf_append_char(&batch->bytes, value.data[i]);
		else
			buf_append(&batch->bytes, REPLACEMENT, REPLACEMENT_SIZE);
	}
	end_value(batch);
}

void pg_batch_text(struct pg_batch *batch, struct slice value)
{
	if (value.n && memchr(value.data, 0, value.n))
		add_replaced(batch, value);
	else
		add_bytes(batch, PG_TEXT, value.n ? value.data : "", value.n);
}

void pg_batch_json(struct pg_batch *batch, struct slice value)
{
	add_bytes(batch, PG_JSON, value.data, value.n);
}

static void add_int(struct pg_batch *batch, enum pg_type type, int64_t value)
{
	char bytes[8];
	put_u64(bytes, (uint64_t)value);
	add_bytes(batch, type, bytes, sizeof bytes);
}

void pg_batch_int(struct pg_batch *batch, int64_t value)
{
	add_int(batch, PG_BIGINT, value);
}

void pg_batch_bool(struct pg_batch *batch, bool value)
{
	char byte = value;
	add_bytes(batch, PG_BOOLEAN, &byte, 1);
}

void pg_batch_uuid(struct pg_batch *batch, const struct uuid *value)
{
	add_bytes(batch, PG_UUID, value->bytes, sizeof value->bytes);
}

void pg_batch_time(struct pg_batch *batch, int64_t ms)
{
	add_int(batch, PG_TIMESTAMPTZ, (ms - EPOCH_MS) * 1000);
}

void pg_batch_null(struct pg_batch *batch, enum pg_type type)
{
	begin_value(batch, type, UINT32_MAX);
	end_value(batch);
}

static enum status send_copy(struct pg_batch *batch, struct pg *pg, struct error *err)
{
	add_u16(&batch->bytes, UINT16_MAX);
	enum status status = pg_copy_begin(pg, batch->type->copy_sql, err);
	if (!status)
		status = pg_copy_data(pg, buf_slice(&batch->bytes), err);
	return status ? status : pg_copy_end(pg, err);
}

static enum status send_array(struct pg_batch *batch, struct pg *pg, struct error *err)
{
	struct pg_result *result;
	put_u32(batch->bytes.data + ARRAY_COUNT_AT, batch->rows);
	enum status status = pg_exec_binary(pg, batch->type->name, batch->type->live_sql,
	                                    buf_slice(&batch->bytes), &result, err);
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
	enum status status = batch->bulk ? send_copy(batch, pg, err) : send_array(batch, pg, err);
	if (status)
		error_wrap(err, "%s", batch->type->name);
	pg_batch_clear(batch);
	return status;
}
