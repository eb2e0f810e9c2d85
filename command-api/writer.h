/* The writer of one partition: its single thread judges commands, appends their events in group
 * commits and answers.
 *
 *   dedup -> decide -> stamp -> evolve (staged) -> append -> commit the state -> answer
 *
 * A batch is what arrived during the last commit (batch_commands_max, JOURNAL_BATCH_BYTES_MAX; a
 * command is never split). Refusals are answered with their batch, since they were judged on its
 * staged state; a batch that appends nothing asks the journal whether the partition is still ours.
 * After an append that was certainly not made the batch is judged afresh. After an
 * unknown outcome or a fence the log is read to its end. If the last claim in it is ours, the
 * partition is claimed again, the state is folded up to the claim, and the batch is judged afresh:
 * what had been appended is found by its command id. If it is another's, this writer stands down:
 * what waits and what comes is answered as unavailable until the partition is assigned anew. */
#ifndef COMMAND_API_WRITER_H
#define COMMAND_API_WRITER_H

#include "command-api/job.h"
#include "core/base/config.h"
#include "core/journal/journal.h"
#include "core/service/trouble.h"
#include "core/store/profile_keys.h"

#define WRITER_QUEUE_MAX 65536 /* commands that wait; more are answered 503 */

struct writers;

struct writers_options {
	const struct config *config;
	struct journal *journal;           /* borrowed */
	struct profile_keys *profile_keys; /* borrowed */
	const char *address;               /* where this process takes commands */
	/* Around the answers of a batch, on the writer's thread; or NULL. */
	void (*answers_begin)(void), (*answers_end)(void);
};

/* One thread per partition. Where the journal is shared by several processes, each first catches up
 * as a standby, then this process asks for its share of the partitions, and those it gets are
 * claimed; else all are claimed at once. */
enum status writers_start(const struct writers_options *options, struct writers **out,
                          struct error *err);
/* From now on nothing is taken; what is queued is finished, or answered as unavailable. Returns at
 * once. */
void writers_finish(struct writers *writers);
/* writers_finish, wait for it, give the partitions back. NULL is fine. */
void writers_stop(struct writers *writers);

/* Hand @n jobs of one tenant over, in order (linked by next). The writer takes a reference of each.
 * Any thread. */
void writers_submit(struct writers *writers, struct job *first, uint32_t n);

#define WRITER_ADDRESS_MAX 128
/* May other instances take commands, too? */
bool writers_are_shared(const struct writers *writers);
/* Where commands of @tenant are to go when they are not for us: the address of the last claim in
 * the log. False: we are to take them, or nobody is known. Any thread. */
bool writers_owner(struct writers *writers, struct slice tenant, char address[WRITER_ADDRESS_MAX]);

enum writer_mode {
	WRITER_CATCHING_UP, /* as a standby, since the start */
	WRITER_STANDBY,     /* not assigned; follows the log */
	WRITER_CLAIMING,    /* assigned, does not own it yet or is in doubt */
	WRITER_OWNS,        /* and has caught up */
	WRITER_STOOD_DOWN,  /* another owner claimed it; until a new assignment */
	WRITER_STOPPED
};
const char *writer_mode_name(enum writer_mode mode);

struct writer_state {
	uint32_t partition;
	enum writer_mode mode;
	bool ready;   /* owns it, or is a standby that has caught up with another's log */
	uint64_t lag; /* of a standby: records to the end of the log */
	uint32_t queued;
	char reason[512]; /* why it is not ready; of a standby, who owns it */
};
void writers_state(struct writers *writers, uint32_t partition, struct writer_state *out);
/* What is wrong in the log as the writers see it; borrowed until writers_stop. */
struct trouble *writers_trouble(struct writers *writers);
uint32_t writers_partitions(const struct writers *writers);

#endif
