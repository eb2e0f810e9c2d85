/* What all Postgres views share: the schema, position, seqs of the tenants, row-level security,
 * digests. A view file adds its tables and its apply.
 *
 * The store of an instance is the schema <view>_<instance> (lower case, everything that is no
 * letter or digit as _), in the database of the key `postgres`. Its owner makes and fills it;
 * queries run as the role `nexusflow`, under row-level security: the policy of every table with a
 * tenant asks for the setting nexusflow.tenant and fails when there is none.
 *
 * Rows and position are committed together with synchronous_commit off: a server that crashes may
 * lose the last moments, position included, and the view folds them again from the journal.
 *
 * One projector folds an instance: an advisory lock (STATUS_BUSY) while a transaction is open, the
 * compare-and-set of the position (STATUS_CONFLICT) between them.
 *
 * A bulk instance is filled by COPY into tables without keys; finish makes the rest. Until then the
 * role nexusflow sees nothing of it. An unfinished one that is opened without `bulk` is finished
 * first.
 *
 * Threads: as view.h; position, tenant_seq, stopped and digest use connections of their own. */
#ifndef PROJECTIONS_PG_VIEW_H
#define PROJECTIONS_PG_VIEW_H

#include <pthread.h>

#include "projections/pg_batch.h"
#include "projections/pg_view_type.h"
#include "projections/tenant_table.h"
#include "projections/view.h"

#define PG_VIEW_SCHEMA_MAX 64 /* with NUL */

struct view {
	const struct pg_view_type *kind;
	char schema[PG_VIEW_SCHEMA_MAX];
	uint32_t version; /* that made it */
	char *conninfo;
	struct pg *pg; /* of the folding thread */
	bool bulk;
	bool open;   /* a transaction is */
	bool loaded; /* seqs holds what is stored */
	bool skip;   /* the event that was announced by advance has been applied before */
	struct tenant_table seqs;
	struct pg_batch moved; /* seqs that are stored */
	struct pg_batch *batches;
	struct buf scratch;
	pthread_mutex_t lock; /* of reader */
	struct pg *reader;
};

/* The slots of a struct view_type. */
enum status pg_view_open(const struct view_type *type, const struct view_options *options,
                         struct view **out, struct error *err);
void pg_view_close(struct view *view);
enum status pg_view_position(struct view *view, struct view_position *out, struct error *err);
enum status pg_view_tenant_seq(struct view *view, struct slice tenant, uint64_t *seq,
                               struct error *err);
enum status pg_view_begin(struct view *view, struct error *err);
enum status pg_view_advance(struct view *view, const struct event_meta *meta,
                            const struct view_place *place, struct error *err);
enum status pg_view_stop(struct view *view, const struct view_stop *stop, struct error *err);
enum status pg_view_resume(struct view *view, struct slice tenant, struct error *err);
enum status pg_view_stopped(struct view *view,
                            void (*each)(void *context, const struct view_stop *stop),
                            void *context, struct error *err);
enum status pg_view_commit(struct view *view, const struct view_position *expected,
                           const struct view_position *position, struct error *err);
void pg_view_rollback(struct view *view);
enum status pg_view_finish(struct view *view, struct error *err);
enum status pg_view_digest(struct view *view, struct slice tenant,
                           uint8_t digest[VIEW_DIGEST_BYTES], struct view_position *at,
                           void (*each)(void *context, struct slice key, const uint8_t row[8]),
                           void *context, struct error *err);
enum status pg_view_drop(const struct view_type *type, const struct view_options *options,
                         struct error *err);

/* All of the above as initializers. */
bool pg_view_lost(struct view *view);
#define PG_VIEW_SLOTS                                                                              \
	.postgres = true, .pace_ms = 50, .open = pg_view_open, .close = pg_view_close,             \
	.position = pg_view_position, .tenant_seq = pg_view_tenant_seq, .begin = pg_view_begin,    \
	.advance = pg_view_advance, .flush = pg_view_flush, .stop = pg_view_stop,                  \
	.resume = pg_view_resume, .stopped = pg_view_stopped, .commit = pg_view_commit,            \
	.rollback = pg_view_rollback, .finish = pg_view_finish, .digest = pg_view_digest,          \
	.lost = pg_view_lost, .drop = pg_view_drop

/* The slot of view_type. For apply: send all batches now, before a statement that reads what they
 * hold. */
enum status pg_view_flush(struct view *view, struct error *err);
/* For apply, after a row was added: send the batches when they have grown large. */
enum status pg_view_added(struct view *view, struct error *err);

/* The schema of an instance. STATUS_INVALID: the name is too long. */
enum status pg_view_schema(const struct view_type *type, const char *instance,
                           char schema[PG_VIEW_SCHEMA_MAX], struct error *err);

/* @result: journal_id and next_offset of the table position. */
enum status pg_view_parse_position(const struct pg_result *result, struct view_position *out,
                                   struct error *err);

/* Open or make @view->schema in a transaction of its own; sets view->bulk. pg_schema.c */
enum status pg_schema_open(struct view *view, bool bulk, struct error *err);
/* Fill, index and secure a bulk schema. */
enum status pg_schema_finish(struct view *view, struct error *err);

/* A server's refusal in the middle of a fold belongs to no tenant: STATUS_IO, so that nobody's
 * events are set aside for it. */
enum status pg_view_failure(enum status status, struct error *err);

/* For queries: a read-only transaction of @pg on one committed state, as the role nexusflow, for
 * @tenant only, each statement at most @timeout_ms. *@position: last seq of the tenant. */
enum status pg_view_read_begin(struct pg *pg, const struct view_type *type, const char *instance,
                               struct slice tenant, uint32_t timeout_ms, uint64_t *position,
                               struct error *err);
/* Ends it. Returns @status as a query should see it: what is missing or not finished is
 * UNAVAILABLE; that the server refuses our own statement is IO. */
enum status pg_view_read_end(struct pg *pg, enum status status, struct error *err);

#endif
