/* The write-side state of one partition: what decisions need, in LMDB. A fold of the partition
 * with its position, rebuilt from the journal when missing or old.
 *
 * Tables: rows (tenant_state rows), tenants (seq, recorded_at), commands (dedup, for ever),
 * identities (person -> member), fold (position). All keys begin with the tenant's slug and a 0
 * byte. One write transaction is one batch of commands: the staged changes of the batch are the
 * uncommitted transaction, so that later commands of the batch see earlier ones, and a failed
 * append is an abort.
 *
 * Thread: the writer's only. */
#ifndef COMMAND_API_WRITE_STATE_H
#define COMMAND_API_WRITE_STATE_H

#include <stdatomic.h>

#include "command-api/job.h"
#include "core/base/config.h"
#include "core/domain/decide.h"
#include "core/journal/journal.h"
#include "core/service/trouble.h"
#include "core/store/profile_keys.h"

struct write_state;

struct write_tenant {
	uint64_t seq;           /* of its last event */
	int64_t recorded_at_ms; /* of its last event */
	bool stopped;           /* has an event that this program cannot read */
};

/* A command that was appended, as the dedup table has it. */
struct write_command {
	uint8_t hash[32];
	uint64_t first_seq;
	struct aggregate_ref aggregate; /* of its last event */
	struct uuid created;            /* nil: nothing */
	struct uuid actor;              /* who sent it, as the log has it */
	const struct job_event *events; /* borrows from the transaction, may be unaligned */
	uint32_t events_n;
};

/* Who claimed the partition last, as far as it was read. */
struct write_claim {
	struct uuid owner_id;
	int64_t claimed_at_ms;
	int64_t offset;    /* of the OwnerClaimed record */
	char address[128]; /* where the owner takes commands; "" if it does not serve others */
};

enum status write_state_open(const struct config *config, uint32_t partition,
                             const struct journal_identity *identity, struct profile_keys *keys,
                             struct write_state **out, struct error *err);
void write_state_close(struct write_state *state);
/* Does the journal still reach up to where the state stands? Lets @reader stand there. CORRUPT: it
 * has lost acknowledged events. */
enum status write_state_check(struct write_state *state, struct journal_reader *reader,
                              struct error *err);

/* Apply the journal up to @end (of journal_claim or journal_end). @trouble is told of records that
 * are not ours and of tenants that are stopped. STATUS_TIMEOUT when *@interrupt became true;
 * STATUS_UNKNOWN_SCHEMA: a control record of a newer version. */
enum status write_state_catch_up(struct write_state *state, struct journal_reader *reader,
                                 int64_t end, struct trouble *trouble, const atomic_bool *interrupt,
                                 struct error *err);
/* Apply what comes next; waits up to @timeout_ms for it. *@position: the next offset to be read. */
enum status write_state_follow(struct write_state *state, struct journal_reader *reader,
                               int timeout_ms, struct trouble *trouble,
                               const atomic_bool *interrupt, int64_t *position, struct error *err);
/* The newest claim that was read; false if there is none. */
bool write_state_claim(const struct write_state *state, struct write_claim *out);

enum status write_state_begin(struct write_state *state, struct error *err);
enum status write_state_commit(struct write_state *state, int64_t next_offset, struct error *err);
void write_state_abort(struct write_state *state);
/* Whether everything in the transaction could be read and written so far. */
enum status write_state_failure(const struct write_state *state, struct error *err);

/* Within a transaction. */
struct tenant_state *write_state_rows(struct write_state *state, struct slice tenant);
bool write_state_tenant(struct write_state *state, struct slice tenant, struct write_tenant *out);
bool write_state_identity(struct write_state *state, const uint8_t hash[32], struct uuid *member);
/* What the member's profile says; false: there is none, or its key is gone. *@out borrows from
 * @state until the next event or profile. */
bool write_state_profile(struct write_state *state, struct slice tenant, const struct uuid *member,
                         struct profile *out);
bool write_state_command(struct write_state *state, struct slice tenant,
                         const struct uuid *command_id, struct write_command *out);
/* What a command worked on, for its answer: what it created, else the aggregate of its last event,
 * but not a sub-task that moved along. @before: of its events so far. */
struct aggregate_ref command_aggregate(const struct uuid *created,
                                       const struct aggregate_ref *before,
                                       const struct event *event);
/* One event that is about to be in the log; the last event of its command stores the dedup row. */
void write_state_apply(struct write_state *state, const struct event *event);

#endif
