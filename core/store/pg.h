/* PostgreSQL behind a small face: connections that come back by themselves, parameters in binary or
 * text, COPY. One thread a connection.
 *
 * Errors: STATUS_UNAVAILABLE when the server is away (the connection is tried again on the next
 * call, with a back-off), STATUS_UNKNOWN when a COMMIT was lost on the way (read the position
 * again), STATUS_TIMEOUT when a statement was cancelled (statement_timeout), STATUS_CONFLICT when a
 * unique key is there already, STATUS_NOT_FOUND for a table or schema, STATUS_DENIED for a missing
 * right, STATUS_UNAVAILABLE also when the server lacks resources or rolled back by itself,
 * STATUS_INVALID with the server's text otherwise.
 *
 * A session has timezone UTC and dates in ISO form. */
#ifndef CORE_STORE_PG_H
#define CORE_STORE_PG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/status.h"

struct pg;
struct pg_result;

/* Numbers of catalog/pg_type.dat, the same in every server. */
enum pg_type {
	PG_BOOLEAN = 16,
	PG_BIGINT = 20,
	PG_TEXT = 25,
	PG_JSON = 114,
	PG_TIMESTAMPTZ = 1184,
	PG_UUID = 2950,
};

/* Does not connect yet: the first call does. @conninfo is copied. */
struct pg *pg_open(const char *conninfo, const char *application_name);
void pg_close(struct pg *pg);
bool pg_connected(const struct pg *pg);
/* Whether the server has closed the connection while nobody used it; said once, the next call
 * connects anew. Not within a transaction. Does not wait. */
bool pg_lost(struct pg *pg);

/* Text parameters; NULL data = SQL NULL. @result may be NULL. Statements are prepared once per
 * connection under @name when it is not NULL. */
enum status pg_exec(struct pg *pg, const char *name, const char *sql, const struct slice *params,
                    int params_n, struct pg_result **result, struct error *err);
/* The same with one parameter, in PostgreSQL's binary form. */
enum status pg_exec_binary(struct pg *pg, const char *name, const char *sql, struct slice param,
                           struct pg_result **result, struct error *err);
/* Several statements without parameters (migrations). */
enum status pg_script(struct pg *pg, const char *sql, struct error *err);

/* Connects again if the connection broke while nobody used it. */
enum status pg_begin(struct pg *pg, struct error *err);
/* The same: everything is read from one state, and nothing can be written. */
enum status pg_begin_read(struct pg *pg, struct error *err);
/* STATUS_UNKNOWN: the connection broke in COMMIT. */
enum status pg_commit(struct pg *pg, struct error *err);
void pg_rollback(struct pg *pg);

enum status pg_copy_begin(struct pg *pg, const char *sql, struct error *err);
enum status pg_copy_data(struct pg *pg, struct slice data, struct error *err);
enum status pg_copy_end(struct pg *pg, struct error *err);

int pg_rows(const struct pg_result *result);
struct slice pg_value(const struct pg_result *result, int row, int column); /* borrows */
bool pg_is_null(const struct pg_result *result, int row, int column);
int64_t pg_int(const struct pg_result *result, int row, int column);
int64_t pg_affected(const struct pg_result *result);
void pg_result_free(struct pg_result *result);

#endif
