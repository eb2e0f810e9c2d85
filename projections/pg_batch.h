/* Rows on their way to one table: collected in memory, sent as arrays for unnest (live) or as COPY
 * lines (bulk), hundreds or thousands at once. The code that adds rows does not know which.
 *
 * One thread. Between two flushes a batch holds one transaction's rows only. */
#ifndef PROJECTIONS_PG_BATCH_H
#define PROJECTIONS_PG_BATCH_H

#include "core/base/uuid.h"
#include "core/store/pg.h"

#define PG_BATCH_COLUMNS_MAX 16

struct pg_batch_type {
	const char *name;     /* of the prepared statement */
	const char *live_sql; /* parameters: one array a column. May return one number: rows that
	                         were not found, which must be 0 */
	const char *copy_sql; /* copy ... from stdin, same columns */
	int columns;
};

struct pg_batch {
	const struct pg_batch_type *type;
	bool bulk;
	int column; /* of the row that is being added; 0 between rows */
	uint32_t rows;
	size_t bytes;
	struct buf arrays[PG_BATCH_COLUMNS_MAX]; /* live */
	struct buf lines;                        /* bulk */
};

void pg_batch_init(struct pg_batch *batch, const struct pg_batch_type *type, bool bulk);
void pg_batch_release(struct pg_batch *batch);
void pg_batch_clear(struct pg_batch *batch);

/* The next column of the row; the last one ends the row. */
void pg_batch_text(struct pg_batch *batch, struct slice value);
void pg_batch_null(struct pg_batch *batch);
void pg_batch_int(struct pg_batch *batch, int64_t value);
void pg_batch_uuid(struct pg_batch *batch, const struct uuid *value);
void pg_batch_time(struct pg_batch *batch, int64_t ms);

/* Send what is there in the open transaction of @pg. STATUS_CORRUPT: rows were not found. */
enum status pg_batch_flush(struct pg_batch *batch, struct pg *pg, struct error *err);

#endif
