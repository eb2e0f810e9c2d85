/* Rows on their way to one table, collected in memory in PostgreSQL's binary form, hundreds or
 * thousands at once: live they are sent as one array of rows for unnest, in bulk by COPY. The code
 * that adds rows does not know which.
 *
 * One thread. Between two flushes a batch holds one transaction's rows only. */
#ifndef PROJECTIONS_PG_BATCH_H
#define PROJECTIONS_PG_BATCH_H

#include "core/base/uuid.h"
#include "core/store/pg.h"

struct pg_batch_type {
	const char *name;     /* of the prepared statement */
	const char *live_sql; /* $1: an array of rows, of a type that has the columns in the order
	                         in which they are added. May return one number: rows that were not
	                         found, which must be 0 */
	const char *copy_sql; /* copy ... from stdin (format binary), same columns */
	uint32_t columns;
};

struct pg_batch {
	const struct pg_batch_type *type;
	bool bulk;
	uint32_t column; /* of the row that is being added; 0 between rows */
	uint32_t rows;
	size_t row_at; /* in bytes */
	struct buf bytes;
};

void pg_batch_init(struct pg_batch *batch, const struct pg_batch_type *type, bool bulk);
void pg_batch_release(struct pg_batch *batch);
void pg_batch_clear(struct pg_batch *batch);

/* The next column of the row; the last one ends the row. A NUL, which PostgreSQL cannot store in a
 * text, becomes U+FFFD. */
void pg_batch_text(struct pg_batch *batch, struct slice value);
void pg_batch_json(struct pg_batch *batch, struct slice value); /* without NUL */
void pg_batch_int(struct pg_batch *batch, int64_t value);       /* bigint */
void pg_batch_bool(struct pg_batch *batch, bool value);
void pg_batch_uuid(struct pg_batch *batch, const struct uuid *value);
void pg_batch_time(struct pg_batch *batch, int64_t ms); /* timestamptz, from Unix time */
void pg_batch_null(struct pg_batch *batch, enum pg_type type);

/* Send what is there in the open transaction of @pg. STATUS_CORRUPT: rows were not found. */
enum status pg_batch_flush(struct pg_batch *batch, struct pg *pg, struct error *err);

#endif
