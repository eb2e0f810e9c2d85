/* One view and the journal: reads records, keeps the rules that all readers share, applies events,
 * commits at command boundaries. The projector runs one per view for ever, a rebuild runs one to a
 * given end: the same code, so live and replayed views cannot differ by their reader.
 *
 * One thread, except fold_wake. */
#ifndef PROJECTIONS_FOLD_H
#define PROJECTIONS_FOLD_H

#include <stdatomic.h>

#include "core/journal/journal.h"
#include "core/service/trouble.h"
#include "projections/tenant_table.h"
#include "projections/view.h"

#define FOLD_POLL_MAX    4096 /* records in one poll */
#define FOLD_BULK_EVENTS 131072

struct fold;

struct fold_options {
	const struct view_type *type;
	struct view *view;       /* borrowed */
	struct journal *journal; /* borrowed */
	/* Events in one transaction, at least; it is committed earlier when the end of the log is
	 * reached. 0: commit what each poll brought. */
	uint32_t batch_events;
	uint32_t poll_max; /* records in one poll; 0: FOLD_POLL_MAX */
	/* After each commit: the tenants that moved (name, seq). May be NULL. */
	void (*committed)(void *context, struct tenant_entry *const *moved, uint32_t n);
	void *context;
	struct trouble *trouble; /* told of what cannot be taken; may be NULL */
	/* Try tenants that stand still once more before anything else: for the first fold of a
	 * process, which may be a newer program. */
	bool retry_stopped;
};

struct fold_counts { /* since fold_open, committed only */
	uint64_t events;
	uint64_t foreign;
	uint32_t tenants_stopped; /* earlier ones included */
};

/* Begin where the view stands; in a copy of the journal where it stands, go on by seq.
 * STATUS_CONFLICT: it stands in a journal that is no ancestor of this one; STATUS_CORRUPT: the
 * journal ends before the position of the view. Neither goes away by itself, and neither is read
 * past. */
enum status fold_open(const struct fold_options *options, struct fold **out, struct error *err);
/* It goes on by seq and has not passed what was copied yet. Until then fold_step may find that the
 * view is ahead of the copy: STATUS_CORRUPT. */
bool fold_is_resuming(const struct fold *fold);
void fold_close(struct fold *fold); /* rolls back what is not committed; NULL is fine */

/* Read once, waiting up to @timeout_ms for the first record, apply, commit when due. After a
 * failure nothing is open and the fold can only be closed. STATUS_UNKNOWN_SCHEMA: a control record
 * of a newer version, which belongs to no tenant. */
enum status fold_step(struct fold *fold, int timeout_ms, struct error *err);

/* Step until every record below ends[partition] is applied and none at or above it is; @ends NULL:
 * the ends of the log as they are now. The ends must lie at command boundaries. @progress (may be
 * NULL) is called after each commit. *@stop (may be NULL) set from elsewhere: STATUS_INTERRUPTED,
 * what is committed stays. The fold may go on afterwards. */
enum status fold_run(struct fold *fold, const int64_t *ends, const atomic_bool *stop,
                     void (*progress)(void *context, const struct fold *fold), void *context,
                     struct error *err);

/* As committed. Holes at the end of the log count as applied. */
const struct view_position *fold_position(const struct fold *fold);
struct fold_counts fold_counts(const struct fold *fold);
/* When the driver stored the last record applied of @partition; 0: none yet. */
int64_t fold_applied_at_ms(const struct fold *fold, uint32_t partition);
/* Last committed seq of @tenant; asks the view if this fold has not met it. */
enum status fold_tenant_seq(struct fold *fold, struct slice tenant, uint64_t *seq,
                            struct error *err);
/* Make a step that waits return. Any thread, while the fold is open. */
void fold_wake(struct fold *fold);

#endif
