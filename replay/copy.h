/* Copy a journal into another one, perhaps with another driver and number of partitions: every
 * event with its headers, per tenant in order, a command never split. Seqs, event ids and times are
 * those of the source; control and foreign records stay behind.
 *
 * What is in the target decides where it goes on: ended at any instruction, it is run again. The
 * target cannot be opened as a journal before copy_run has read all of it back, found it equal to
 * the source and marked it finished.
 *
 * One thread. The source is only read. Nobody may write to it: copy_run does not finish before it
 * stands still, but cannot keep anybody from writing afterwards. */
#ifndef REPLAY_COPY_H
#define REPLAY_COPY_H

#include <stdatomic.h>

#include "replay/tally.h"

#define COPY_BATCH_EVENTS 16384

enum copy_phase { COPY_RESUMING, COPY_COPYING, COPY_VERIFYING, COPY_FINISHING };

struct copy_progress {
	enum copy_phase phase;
	uint64_t events;  /* appended to the target by this run */
	int64_t at, end;  /* records read and to be read in this phase, holes included */
	int64_t copy_ms;  /* spent with copying */
	int64_t began_ms; /* this phase, monotonic */
};

struct copy_work {
	struct journal *source; /* borrowed, like the rest */
	struct journal *target; /* opened with copy_of, unfinished */
	uint32_t batch_events;  /* in one append, unless a command has more; 0: COPY_BATCH_EVENTS */
	const atomic_bool *stop; /* ends the work with STATUS_INTERRUPTED; may be NULL */
	/* After each batch that was read or appended. May be NULL. */
	void (*progress)(void *context, const struct copy_progress *progress);
	void *context;
};

/* STATUS_CONFLICT: the target holds what the source does not have; STATUS_BUSY: the source is being
 * written to; else what the journals answered. After any failure it can be run again. @tally is
 * initialized by the caller and tells what was found; valid after a failure, too. */
enum status copy_run(const struct copy_work *work, struct tally *tally,
                     struct copy_progress *progress, struct error *err);

const char *copy_phase_name(enum copy_phase phase);

#endif
