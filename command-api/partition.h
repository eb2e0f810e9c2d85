/* The inside of a writer, shared by writer.c (queue, commits, lifecycle) and judge.c (what becomes
 * of each command of a batch). */
#ifndef COMMAND_API_PARTITION_H
#define COMMAND_API_PARTITION_H

#include <pthread.h>
#include <stdatomic.h>

#include "command-api/write_state.h"
#include "command-api/writer.h"
#include "core/base/metrics.h"
#include "core/codec/cloudevent.h"
#include "core/journal/membership.h"

#define RANDOM_POOL_BYTES 4096

struct partition {
	struct writers *all;
	uint32_t number;
	pthread_t thread;
	bool has_thread;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t arrived;
	struct job *first, **last;
	uint32_t queued;
	bool stopping;
	bool assigned;           /* to this process: it may claim, and commands are queued */
	uint32_t term, own_term; /* count of assignments, and which of them the thread serves */
	bool holds;              /* the thread may append */
	bool deposed;            /* another claimed it during our last assignment */
	bool caught_up;          /* once, as a standby */
	bool standby_ready;      /* and another instance owns it */
	enum writer_mode mode;
	struct write_claim owner; /* the last claim in the log */
	uint64_t lag;
	char reason[512];
	pthread_cond_t left; /* holds became false */

	atomic_bool interrupt; /* waiting and reading are to end: assigned, revoked, stopping */

	/* The thread's own. */
	bool joined; /* has told that it has caught up */
	struct write_state *state;
	struct journal_reader *reader;
	struct arena arena;
	struct job **batch;
	uint32_t batch_n, batch_cap;
	struct journal_record *records;
	struct record_room **rooms; /* blocks of ROOMS_IN_BLOCK: record_room_at */
	uint32_t records_n, records_cap;
	struct buf values;
	struct buf sealed;
	int64_t next_offset;
	uint8_t pool[RANDOM_POOL_BYTES];
	size_t pool_used;
	struct metric_series *append_seconds, *append_batch, *owned, *claims, *stand_downs,
	        *standby_lag;
	struct metric_series *appended[EVENT_TYPES];
	struct metric_series *outcomes[COMMAND_TYPES][JOB_UNAVAILABLE + 1];
};

/* What a record borrows until it is appended. */
struct record_room {
	size_t value_at, value_n; /* in values, which may move while it grows */
	struct slice tenant;
	struct journal_header headers[EVENT_HEADERS_MAX]; /* point into text: a room never moves */
	struct header_text text;
};

enum { ROOMS_IN_BLOCK = 256 };

static inline struct record_room *record_room_at(const struct partition *partition, uint32_t i)
{
	return &partition->rooms[i / ROOMS_IN_BLOCK][i % ROOMS_IN_BLOCK];
}

struct writers {
	struct writers_options options;
	struct trouble *trouble; /* of all partitions */
	struct uuid owner_id;
	uint32_t n;
	struct partition *partitions;

	pthread_mutex_t lock; /* of what follows */
	uint32_t caught_up;   /* partitions */
	bool stopping;
	struct journal_membership *membership; /* NULL until this process has caught up */
};

/* writer.c: answer a job as unavailable, before or after it was taken out of the queue. */
void job_refuse(struct job *job, const char *why);

void *partition_run(void *context); /* writer.c: the thread */
/* writers.c: one more partition has caught up; with the last one this process asks for its share.
 * False when that failed and is to be tried again. */
bool writers_caught_up(struct writers *writers);
/* writers.c: the assignment of this partition did not keep another owner from claiming it. */
void writers_dispute(struct writers *writers, uint32_t partition);

/* ownership.c, on the partition's thread. */

/* Follow the log until the partition is assigned; false: stopping. */
bool partition_await(struct partition *partition);
/* Claim the partition and fold its log up to the claim, until that works. @was_owner: an append
 * failed; another owner's claim is looked for first. False: it is not ours (any more). */
bool partition_own(struct partition *partition, bool was_owner);
/* Give up what partition_own took; from now on nothing is appended. */
void partition_leave(struct partition *partition);
/* Any thread. Assigned, by the assignment that is being served, and not stopping. */
bool partition_is_wanted(struct partition *partition);
void partition_set_mode(struct partition *partition, enum writer_mode mode, const char *reason);

/* Judge the batch on a new transaction of the state, and make its records. *@judged: how many jobs
 * are in; the rest is for the next batch. On failure the transaction is open and is to be aborted.
 */
enum status judge_batch(struct partition *partition, uint32_t *judged, struct error *err);

#endif
