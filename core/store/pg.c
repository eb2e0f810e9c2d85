/* One PGconn, made when it is first needed and again after it broke. After a failed attempt nothing
 * is tried until a pause is over (100 ms, doubled up to 5 s), so that callers may retry as often as
 * they like.
 *
 * Which state a failure leaves behind is read from the connection, not guessed from texts: broken
 * means UNAVAILABLE, or UNKNOWN when COMMIT was on its way. What the server answered is sorted by
 * SQLSTATE. */
#include "core/store/pg.h"

#include <assert.h>
#include <libpq-fe.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"

#define BACKOFF_MIN_MS    100
#define BACKOFF_MAX_MS    5000
#define CONNECT_TIMEOUT_S "5"
#define PARAMS_MAX        32
#define COPY_CHUNK        (1u << 20)

struct pg {
	char *conninfo;
	char *application_name;
	PGconn *conn; /* NULL: none */
	int64_t retry_at_ms;
	int backoff_ms;
	char **prepared; /* names known to this connection */
	uint32_t prepared_n;
	bool in_transaction; /* of the caller; the connection may be lost meanwhile */
};

struct pg_result {
	PGresult *result;
};

struct pg *pg_open(const char *conninfo, const char *application_name)
{
	struct pg *pg = mem_new(sizeof *pg);
	pg->conninfo = mem_string(slice_str(conninfo));
	pg->application_name = mem_string(slice_str(application_name));
	return pg;
}

static void disconnect(struct pg *pg)
{
	PQfinish(pg->conn);
	pg->conn = NULL;
	for (uint32_t i = 0; i < pg->prepared_n; i++)
		free(pg->prepared[i]);
	pg->prepared_n = 0;
}

void pg_close(struct pg *pg)
{
	if (!pg)
		return;
	disconnect(pg);
	free(pg->prepared);
	free(pg->conninfo);
	free(pg->application_name);
	free(pg);
}

bool pg_connected(const struct pg *pg)
{
	return pg->conn && PQstatus(pg->conn) == CONNECTION_OK;
}

bool pg_lost(struct pg *pg)
{
	if (!pg->conn || (PQconsumeInput(pg->conn) && PQstatus(pg->conn) == CONNECTION_OK))
		return false;
	disconnect(pg);
	return true;
}

/* libpq ends its texts with a line feed and may put several lines into one. */
static const char *one_line(const char *text, char line[256])
{
	size_t n = strcspn(text, "\n");
	snprintf(line, 256, "%.*s", (int)(n < 255 ? n : 255), text);
	return line;
}

/* Results are checked; notices ("word is too long to be indexed") are nobody's business here. */
static void ignore_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

static enum status fail_connection(struct pg *pg, struct error *err)
{
	char line[256];
	one_line(PQerrorMessage(pg->conn), line);
	disconnect(pg);
	return error_set(err, STATUS_UNAVAILABLE, "postgres: %s", line);
}

static enum status prepare_session(struct pg *pg, struct error *err)
{
	PGresult *result = PQexec(pg->conn, "set timezone = 'UTC'; set datestyle = 'ISO'; "
	                                    "set client_min_messages = warning");
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	return good ? STATUS_OK : fail_connection(pg, err);
}

static enum status try_to_connect(struct pg *pg, struct error *err)
{
	const char *keys[] = {"dbname", "fallback_application_name", "connect_timeout",
	                      "client_encoding", NULL};
	const char *values[] = {pg->conninfo, pg->application_name, CONNECT_TIMEOUT_S, "UTF8",
	                        NULL};
	pg->conn = PQconnectdbParams(keys, values, 1);
	if (PQstatus(pg->conn) != CONNECTION_OK)
		return fail_connection(pg, err);
	PQsetNoticeReceiver(pg->conn, ignore_notice, NULL);
	return prepare_session(pg, err);
}

static enum status need_connection(struct pg *pg, struct error *err)
{
	if (pg_connected(pg))
		return STATUS_OK;
	if (pg->in_transaction) /* a new session would carry on outside of it */
		return error_set(err, STATUS_UNAVAILABLE, "postgres: lost in a transaction");
	if (pg->conn)
		disconnect(pg);
	int64_t now = clock_monotonic_ms();
	if (now < pg->retry_at_ms)
		return error_set(err, STATUS_UNAVAILABLE, "postgres: away, tried again in %lld ms",
		                 (long long)(pg->retry_at_ms - now));
	enum status status = try_to_connect(pg, err);
	if (!status) {
		pg->backoff_ms = 0;
		return STATUS_OK;
	}
	pg->backoff_ms = pg->backoff_ms ? pg->backoff_ms * 2 : BACKOFF_MIN_MS;
	if (pg->backoff_ms > BACKOFF_MAX_MS)
		pg->backoff_ms = BACKOFF_MAX_MS;
	pg->retry_at_ms = clock_monotonic_ms() + pg->backoff_ms;
	return status;
}

/* SQLSTATE classes: 08 connection, 40 rolled back by the server, 53 resources, 57 operator, 58
 * system; 22 data, 23 integrity: the values are what is wrong. */
static enum status status_of_state(const char *state)
{
	static const char *const passing[] = {"08", "40", "53", "57", "58", "55P03", NULL};
	if (!state)
		return STATUS_INVALID;
	if (strcmp(state, "57014") == 0)
		return STATUS_TIMEOUT;
	if (strcmp(state, "23505") == 0)
		return STATUS_CONFLICT;
	if (strcmp(state, "42P01") == 0 || strcmp(state, "3F000") == 0)
		return STATUS_NOT_FOUND;
	if (strcmp(state, "42501") == 0)
		return STATUS_DENIED;
	if (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0)
		return STATUS_MALFORMED;
	for (uint32_t i = 0; passing[i]; i++)
		if (strncmp(state, passing[i], strlen(passing[i])) == 0)
			return STATUS_UNAVAILABLE;
	return STATUS_INVALID;
}

/* What @result says; clears it unless it is good and @keep is not NULL. */
static enum status judge(struct pg *pg, PGresult *result, PGresult **keep, struct error *err)
{
	ExecStatusType kind = PQresultStatus(result);
	if (kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK || kind == PGRES_COPY_IN) {
		if (keep)
			*keep = result;
		else
			PQclear(result);
		return STATUS_OK;
	}
	if (PQstatus(pg->conn) != CONNECTION_OK) {
		PQclear(result);
		return fail_connection(pg, err);
	}
	char line[256];
	one_line(PQresultErrorMessage(result), line);
	enum status status = status_of_state(PQresultErrorField(result, PG_DIAG_SQLSTATE));
	PQclear(result);
	return error_set(err, status, "postgres: %s", line);
}

static bool is_prepared(const struct pg *pg, const char *name)
{
	for (uint32_t i = 0; i < pg->prepared_n; i++)
		if (strcmp(pg->prepared[i], name) == 0)
			return true;
	return false;
}

static enum status prepare(struct pg *pg, const char *name, const char *sql, int params_n,
                           struct error *err)
{
	if (is_prepared(pg, name))
		return STATUS_OK;
	enum status status = judge(pg, PQprepare(pg->conn, name, sql, params_n, NULL), NULL, err);
	if (status)
		return error_wrap(err, "prepare %s", name);
	pg->prepared = mem_grow(pg->prepared, (pg->prepared_n + 1) * sizeof *pg->prepared);
	pg->prepared[pg->prepared_n++] = mem_string(slice_str(name));
	return STATUS_OK;
}

/* libpq wants text parameters as C strings: copies, one behind the other. */
static void copy_params(const struct slice *params, int n, struct buf *text,
                        const char *values[PARAMS_MAX])
{
	size_t bytes = 0;
	for (int i = 0; i < n; i++)
		bytes += params[i].n + 1;
	buf_reserve(text, bytes + 1);
	for (int i = 0; i < n; i++) {
		values[i] = params[i].data ? text->data + text->n : NULL;
		buf_append_slice(text, params[i]);
		buf_append_char(text, 0);
	}
}

struct params {
	const char *values[PARAMS_MAX];
	int n;
	int bytes, binary; /* of the first, when it is not text */
};

static enum status execute(struct pg *pg, const char *name, const char *sql,
                           const struct params *params, struct pg_result **result,
                           struct error *err)
{
	const int *bytes = params->binary ? &params->bytes : NULL;
	const int *binary = params->binary ? &params->binary : NULL;
	PGresult *answer =
	        name ? PQexecPrepared(pg->conn, name, params->n, params->values, bytes, binary, 0)
	             : PQexecParams(pg->conn, sql, params->n, NULL, params->values, bytes, binary,
	                            0);
	enum status status = judge(pg, answer, result ? &answer : NULL, err);
	if (status || !result)
		return status;
	*result = mem_new(sizeof **result);
	(*result)->result = answer;
	return STATUS_OK;
}

static enum status be_ready(struct pg *pg, const char *name, const char *sql, int params_n,
                            struct error *err)
{
	enum status status = need_connection(pg, err);
	return status || !name ? status : prepare(pg, name, sql, params_n, err);
}

enum status pg_exec(struct pg *pg, const char *name, const char *sql, const struct slice *params,
                    int params_n, struct pg_result **result, struct error *err)
{
	assert(params_n <= PARAMS_MAX);
	enum status status = be_ready(pg, name, sql, params_n, err);
	if (status)
		return status;
	struct params copies = {.n = params_n};
	struct buf text = {0};
	copy_params(params, params_n, &text, copies.values);
	status = execute(pg, name, sql, &copies, result, err);
	buf_release(&text);
	return status;
}

enum status pg_exec_binary(struct pg *pg, const char *name, const char *sql, struct slice param,
                           struct pg_result **result, struct error *err)
{
	assert(param.n <= INT_MAX);
	struct params params = {.values = {param.data}, .n = 1, .bytes = (int)param.n, .binary = 1};
	enum status status = be_ready(pg, name, sql, 1, err);
	return status ? status : execute(pg, name, sql, &params, result, err);
}

enum status pg_script(struct pg *pg, const char *sql, struct error *err)
{
	enum status status = need_connection(pg, err);
	return status ? status : judge(pg, PQexec(pg->conn, sql), NULL, err);
}

static enum status begin(struct pg *pg, const char *sql, struct error *err)
{
	assert(!pg->in_transaction);
	bool old = pg_connected(pg);
	enum status status = pg_script(pg, sql, err);
	/* A connection that broke while nobody used it is noticed here, and nothing was done yet.
	 */
	if (status == STATUS_UNAVAILABLE && old && !pg->conn)
		status = pg_script(pg, sql, err);
	pg->in_transaction = !status;
	return status;
}

enum status pg_begin(struct pg *pg, struct error *err)
{
	return begin(pg, "begin", err);
}

enum status pg_begin_read(struct pg *pg, struct error *err)
{
	return begin(pg, "begin isolation level repeatable read read only", err);
}

enum status pg_commit(struct pg *pg, struct error *err)
{
	pg->in_transaction = false;
	if (!pg_connected(pg)) /* nothing was sent: certainly not committed */
		return error_set(err, STATUS_UNAVAILABLE, "postgres: lost before COMMIT");
	PGresult *result = PQexec(pg->conn, "commit");
	if (PQstatus(pg->conn) != CONNECTION_OK) {
		PQclear(result);
		fail_connection(pg, err);
		return error_set(err, STATUS_UNKNOWN, "postgres: the connection broke in COMMIT");
	}
	if (PQresultStatus(result) == PGRES_COMMAND_OK &&
	    strcmp(PQcmdStatus(result), "COMMIT") != 0) {
		PQclear(result);
		return error_set(err, STATUS_INVALID,
		                 "postgres: the transaction had failed and was rolled back");
	}
	return judge(pg, result, NULL, err);
}

void pg_rollback(struct pg *pg)
{
	pg->in_transaction = false;
	if (!pg_connected(pg))
		return;
	PGresult *result = PQexec(pg->conn, "rollback");
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	if (!good) /* the server rolls back what belongs to a lost connection */
		disconnect(pg);
}

enum status pg_copy_begin(struct pg *pg, const char *sql, struct error *err)
{
	enum status status = need_connection(pg, err);
	return status ? status : judge(pg, PQexec(pg->conn, sql), NULL, err);
}

enum status pg_copy_data(struct pg *pg, struct slice data, struct error *err)
{
	for (size_t at = 0; at < data.n;) {
		size_t n = data.n - at < COPY_CHUNK ? data.n - at : COPY_CHUNK;
		if (!pg->conn || PQputCopyData(pg->conn, data.data + at, (int)n) != 1)
			return pg->conn ? fail_connection(pg, err)
			                : error_set(err, STATUS_UNAVAILABLE, "postgres: away");
		at += n;
	}
	return STATUS_OK;
}

enum status pg_copy_end(struct pg *pg, struct error *err)
{
	if (!pg->conn)
		return error_set(err, STATUS_UNAVAILABLE, "postgres: away");
	if (PQputCopyEnd(pg->conn, NULL) != 1)
		return fail_connection(pg, err);
	enum status status = judge(pg, PQgetResult(pg->conn), NULL, err);
	while (pg->conn) {
		PGresult *rest = PQgetResult(pg->conn);
		if (!rest)
			break;
		PQclear(rest);
	}
	return status;
}

int pg_rows(const struct pg_result *result)
{
	return PQntuples(result->result);
}

struct slice pg_value(const struct pg_result *result, int row, int column)
{
	return slice_of(PQgetvalue(result->result, row, column),
	                (size_t)PQgetlength(result->result, row, column));
}

bool pg_is_null(const struct pg_result *result, int row, int column)
{
	return PQgetisnull(result->result, row, column) == 1;
}

int64_t pg_int(const struct pg_result *result, int row, int column)
{
	return strtoll(PQgetvalue(result->result, row, column), NULL, 10);
}

int64_t pg_affected(const struct pg_result *result)
{
	return strtoll(PQcmdTuples(result->result), NULL, 10);
}

void pg_result_free(struct pg_result *result)
{
	if (!result)
		return;
	PQclear(result->result);
	free(result);
}
