/* The projector: reads the journal and keeps views at its end; one thread a view, so that one that
 * is stuck (Postgres away) holds no other up.
 *
 * Commits at command boundaries only. A record that is not ours (framing, key != meta.tenant, seq
 * != last + 1) is foreign: ignored, counted, reported. A tenant whose event a view cannot apply is
 * stopped at seq n-1 for this view, with the reason; the others go on. Health is measured
 * movement: stalled = lag > 0 and no progress for PROJECTOR_STALL_MS. */
#ifndef PROJECTIONS_PROJECTOR_H
#define PROJECTIONS_PROJECTOR_H

#include "core/journal/journal.h"
#include "core/service/trouble.h"
#include "projections/view.h"

#define PROJECTOR_STALL_MS 5000
#define PROJECTOR_GAUGE_MS 250
#define PROJECTOR_HOLD_MS  10000

struct projector;

struct projector_options {
	const struct config *config;
	struct journal *journal;           /* borrowed */
	struct profile_keys *profile_keys; /* borrowed */
	bool lmdb;                         /* keep the views in LMDB */
	bool postgres;                     /* keep those in Postgres, if config->postgres is set */
};

struct view_state { /* a snapshot of one view's progress */
	const char *view;
	uint32_t version;
	bool postgres;
	char instance[64];
	bool open; /* its store could be opened */
	uint64_t lag_records;
	int64_t lag_ms; /* no event older than this waits to be applied; 0 if none */
	int64_t moved_ms_ago;
	bool stalled;
	uint64_t events_applied;
	uint32_t tenants_stopped;
	uint64_t foreign;
	struct trouble *trouble; /* borrowed until projector_stop */
	char reason[256];        /* of the last failure; "" if it goes well */
};

/* Opens the live instance of every view asked for and starts the threads. A view whose store
 * cannot be opened (Postgres away) is tried again for ever; that is not an error here. */
enum status projector_start(const struct projector_options *options, struct projector **out,
                            struct error *err);
/* Waits for the threads; every instance has been returned before. Who still waits is called with
 * false. NULL is fine. */
void projector_stop(struct projector *projector);

uint32_t projector_views(const struct projector *projector);
/* Lags are measured, and told to the journal's tools (journal_progress), every PROJECTOR_GAUGE_MS.
 * Any thread. */
void projector_state(struct projector *projector, uint32_t view, struct view_state *out);

/* Read your writes. Calls @call (any thread) with true when @view has applied @seq of @tenant,
 * with false at the deadline. May call at once. At most one call. */
void projector_wait(struct projector *projector, struct slice view, struct slice tenant,
                    uint64_t seq, int64_t deadline_monotonic_ms,
                    void (*call)(void *context, bool reached), void *context);

/* For queries: the live instance of a view, counted; NULL while it cannot be opened. Any thread.
 * A swap waits for nobody: the old instance is closed when its last user is gone. */
struct view *projector_acquire(struct projector *projector, struct slice view);
void projector_return(struct projector *projector, struct slice view, struct view *instance);

/* Does this projector keep @view, or does another process? */
bool projector_keeps(struct projector *projector, struct slice view);
/* The name of the live instance of @view, for queries that read its store by themselves (Postgres);
 * false while it cannot be opened. Of a view that another process keeps: what the registry of the
 * shared data directory says. Any thread. */
bool projector_instance(struct projector *projector, struct slice view, char *name,
                        size_t name_max);

/* --- for replay --- */

struct registry;
/* The registry of this data directory, borrowed until projector_stop. Any thread. */
struct registry *projector_registry(struct projector *projector);

/* Make @instance the live one of @view, durably. Whoever built it has closed it before. If it
 * cannot be opened nothing changes. Any thread. */
enum status projector_swap(struct projector *projector, struct slice view, const char *instance,
                           struct error *err);

/* Let the fold of @view rest: when this returns STATUS_OK its live instance stands still at a
 * command boundary, and queries go on, until projector_release. For a moment only: the view lags
 * meanwhile. STATUS_TIMEOUT after PROJECTOR_HOLD_MS, STATUS_NOT_FOUND. Any thread. */
enum status projector_hold(struct projector *projector, struct slice view, struct error *err);
void projector_release(struct projector *projector, struct slice view);

/* Whether queries still run on @instance of @view, or it is live: then nobody may open it. */
bool projector_uses(struct projector *projector, struct slice view, const char *instance);

#endif
