/* The work of an operator on one view: build it again beside the live one, compare, swap; go back
 * to the one before. Runs to its end in the calling thread; one at a time for each view.
 *
 * Built by the version that made the live rows, a view must equal them: any difference forbids the
 * swap. Another version may differ, if the operator accepts it. Side effects do not exist here: a
 * view is a fold and nothing else. */
#ifndef REPLAY_REBUILD_H
#define REPLAY_REBUILD_H

#include <stdatomic.h>

#include "replay/compare.h"
#include "replay/site.h"

enum replay_phase {
	REPLAY_BUILDING,    /* folding, up to where the live view stands */
	REPLAY_FINISHING,   /* indexes */
	REPLAY_COMPARING,   /* at one position */
	REPLAY_CATCHING_UP, /* to the end of the log */
	REPLAY_SWAPPING,
	REPLAY_DROPPING,
};

struct replay_progress {
	enum replay_phase phase;
	char instance[INSTANCE_MAX]; /* that is worked on */
	bool resumed;                /* a build that was interrupted goes on */
	uint64_t events;             /* applied by this run */
	int64_t fold_ms;             /* spent with that */
	int64_t offset, end;         /* sums over the partitions */
};

struct replay_work {
	const struct site *site;
	const struct view_type *type;
	bool accept_changes;
	const atomic_bool *stop; /* ends the work with STATUS_INTERRUPTED; may be NULL */
	/* At every step and commit. May be NULL. */
	void (*progress)(void *context, const struct replay_progress *progress);
	void *context;
};

struct replay_outcome {
	struct replay_progress progress; /* as it ended */
	bool compared; /* false: the live view held nothing, or could not be read */
	struct comparison comparison;
	char note[256]; /* what the operator should know besides; "" if nothing */
};
void replay_outcome_release(struct replay_outcome *outcome);

/* STATUS_CONFLICT: they differ, nothing was swapped; @outcome has the comparison. A build that was
 * interrupted, or that waits for accept_changes, is kept and goes on with the next call. */
enum status replay_rebuild(const struct replay_work *work, struct replay_outcome *outcome,
                           struct error *err);
/* As replay_rebuild, but the new instance is dropped after the comparison. */
enum status replay_verify(const struct replay_work *work, struct replay_outcome *outcome,
                          struct error *err);
/* The previous instance catches up and is live again. STATUS_NOT_FOUND: there is none. */
enum status replay_rollback(const struct replay_work *work, struct replay_outcome *outcome,
                            struct error *err);

const char *replay_phase_name(enum replay_phase phase);

#endif
