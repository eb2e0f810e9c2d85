/* One view in the projector: its instances, its thread, its progress. Internal to projector*.c.
 *
 * Locks, in this order: opening (held while a store is opened or closed, so that no store is ever
 * opened twice in this process), lock (the rest; never held across a call into a view). */
#ifndef PROJECTIONS_SLOT_H
#define PROJECTIONS_SLOT_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/base/metrics.h"
#include "projections/fold.h"
#include "projections/projector.h"
#include "projections/registry.h"
#include "projections/waits.h"

struct instance {
	struct instance *next; /* in the list of the retired */
	struct view *view;
	char name[INSTANCE_MAX];
	unsigned users;
};

struct slot {
	const struct view_type *type;
	struct projector_options options;
	struct registry *registry; /* borrowed */
	struct waits *waits;
	pthread_t thread;
	atomic_bool stopping;

	pthread_mutex_t opening;
	pthread_mutex_t lock;
	pthread_cond_t changed;   /* something to look at: stopping, a swap */
	struct instance *live;    /* NULL: none could be opened */
	struct instance *retired; /* with users left */
	struct fold *fold;        /* for waking; of the thread */
	bool refused;             /* it stands in another journal: not for queries */
	unsigned held;            /* by this many the fold is asked to rest */
	bool pacing;              /* resting after a commit; a wait ends that */
	bool resting;             /* it does: nothing is committed until held is 0 */

	/* progress, under lock */
	struct view_position position;
	int64_t applied_at_ms[JOURNAL_PARTITIONS_MAX];
	int64_t caught_up_ms[JOURNAL_PARTITIONS_MAX]; /* when it was last seen at the end */
	int64_t moved_monotonic_ms;
	uint64_t lag_records;
	int64_t lag_ms;
	struct fold_counts seen; /* of the current fold, already in the sums below */
	uint64_t events;
	char reason[256];
	struct trouble *trouble;
	bool retried; /* the stopped tenants, once; of the thread */

	struct metric_series *lag_series[JOURNAL_PARTITIONS_MAX];
	struct metric_series *position_series[JOURNAL_PARTITIONS_MAX];
	struct metric_series *lag_seconds, *still_seconds, *events_total, *failures;
};

void slot_init(struct slot *slot, const struct view_type *type,
               const struct projector_options *options, struct registry *registry);
void slot_release(struct slot *slot); /* the thread has ended, nobody uses an instance */
void *slot_thread(void *slot);        /* until stopping */
void slot_wake(struct slot *slot);
void slot_hurry(struct slot *slot); /* somebody waits for the view: end its pause, if it paces */

/* The name of the live instance; false when there is none. */
bool slot_instance(struct slot *slot, char *name, size_t name_max);
struct view *slot_acquire(struct slot *slot);
void slot_return(struct slot *slot, struct view *view);
enum status slot_swap(struct slot *slot, const char *instance, struct error *err);
enum status slot_hold(struct slot *slot, struct error *err);
void slot_release_hold(struct slot *slot);
bool slot_uses(struct slot *slot, const char *name);

void slot_measure(struct slot *slot); /* lag and metrics, as of now */
/* Tell the journal how far the live instance is; nothing when there is none. */
void slot_tell_progress(struct slot *slot);
void slot_state(struct slot *slot, struct view_state *out);

#endif
