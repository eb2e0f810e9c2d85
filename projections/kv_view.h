/* What all LMDB views share: the store, its position, the seqs of the tenants, digests. A view file
 * adds its tables and its apply.
 *
 * The store of an instance is <data_dir>/views/<view>-<instance>. Tables 0 to KV_VIEW_OWN-1 belong
 * to this module, those of the view follow. Rows of a transaction that live in memory until commit
 * (write-back caches) are the view's: flush writes them, discard forgets them.
 *
 * Threads: as view.h; kv_view_read is for any thread. */
#ifndef PROJECTIONS_KV_VIEW_H
#define PROJECTIONS_KV_VIEW_H

#include "core/store/kv.h"
#include "projections/tenant_table.h"
#include "projections/view.h"

#define KV_VIEW_OWN 3 /* position, seqs, stopped */

struct kv_view_type {
	struct view_type type;     /* first: a view_type is cast to this */
	const char *const *tables; /* names: those of KV_VIEW_TABLES, then the view's own; NULL */
	uint32_t rows;             /* bit i: table i is part of the digest */
	enum status (*apply)(struct view *view, const struct event *event, struct error *err);
	enum status (*attach)(struct view *view, struct error *err); /* may be NULL */
	void (*detach)(struct view *view);                           /* may be NULL */
	enum status (*flush)(struct view *view, struct error *err); /* before commit; may be NULL */
	void (*discard)(struct view *view); /* rows of the transaction are gone; may be NULL */
};
#define KV_VIEW_TABLES "position", "seqs", "stopped"

struct view {
	const struct kv_view_type *kind;
	struct kv *kv;
	struct kv_txn *txn; /* between begin and commit or rollback, else NULL */
	struct tenant_table seqs;
	struct profile_keys *profile_keys; /* borrowed */
	bool bulk;
	struct buf key, value; /* scratch of the folding thread */
	void *own;             /* of the view */
};

/* The slots of a struct view_type. */
enum status kv_view_open(const struct view_type *type, const struct view_options *options,
                         struct view **out, struct error *err);
void kv_view_close(struct view *view);
enum status kv_view_position(struct view *view, struct view_position *out, struct error *err);
enum status kv_view_tenant_seq(struct view *view, struct slice tenant, uint64_t *seq,
                               struct error *err);
enum status kv_view_begin(struct view *view, struct error *err);
/* A store that failed (map full, disk) makes rows look absent: that is a failure of the store, and
 * no reason to stop a tenant. */
enum status kv_view_apply(struct view *view, const struct event *event, struct error *err);
enum status kv_view_advance(struct view *view, const struct event_meta *meta,
                            const struct view_place *place, struct error *err);
enum status kv_view_stop(struct view *view, const struct view_stop *stop, struct error *err);
enum status kv_view_resume(struct view *view, struct slice tenant, struct error *err);
enum status kv_view_stopped(struct view *view,
                            void (*each)(void *context, const struct view_stop *stop),
                            void *context, struct error *err);
enum status kv_view_reset(struct view *view, struct error *err);
enum status kv_view_commit(struct view *view, const struct view_position *expected,
                           const struct view_position *position, struct error *err);
void kv_view_rollback(struct view *view);
enum status kv_view_finish(struct view *view, struct error *err);
enum status kv_view_digest(struct view *view, struct slice tenant,
                           uint8_t digest[VIEW_DIGEST_BYTES], struct view_position *at,
                           void (*each)(void *context, struct slice key, const uint8_t row[8]),
                           void *context, struct error *err);
enum status kv_view_drop(const struct view_type *type, const struct view_options *options,
                         struct error *err);

/* All of the above as initializers. */
#define KV_VIEW_SLOTS                                                                              \
	.open = kv_view_open, .close = kv_view_close, .position = kv_view_position,                \
	.tenant_seq = kv_view_tenant_seq, .begin = kv_view_begin, .apply = kv_view_apply,          \
	.stop = kv_view_stop, .resume = kv_view_resume, .stopped = kv_view_stopped,                \
	.reset = kv_view_reset, .commit = kv_view_commit, .rollback = kv_view_rollback,            \
	.finish = kv_view_finish, .digest = kv_view_digest, .drop = kv_view_drop

/* One committed state to read from; kv_abort ends it. */
enum status kv_view_read(struct view *view, struct kv_txn **out, struct error *err);
/* Last seq of @tenant in that state; 0 if none. */
uint64_t kv_view_seq(struct kv_txn *txn, struct slice tenant);

#endif
