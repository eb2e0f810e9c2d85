/* The journal: the only source of truth. Ordered partitions of immutable records.
 *
 * This is the seam that lets the same program run on one machine (driver "embedded", LMDB) or on a
 * Kafka cluster (driver "kafka"). A driver promises:
 *  - partitions: a fixed number of ordered logs; offsets grow, holes are allowed;
 *  - append: a batch is atomic, durable when success is reported, visible in whole or not at all;
 *  - outcome: a failed append is STATUS_REJECTED (certainly not there), STATUS_UNKNOWN (may be
 *    there) or STATUS_FENCED (another owner; this batch may or may not be there, treat as unknown);
 *  - ownership: journal_claim returns only when no earlier owner can append any more and every
 *    earlier record is readable; a fenced owner gets STATUS_FENCED and nothing else;
 *  - read: from any offset, committed records only, in order; the end of the log is known;
 *  - identity: a journal has a UUID and a lineage.
 * One contract test-suite (tests/contract/journal) runs against every driver.
 *
 * Threads: a struct journal is shared by all threads. A partition is appended to by the one thread
 * that claimed it. A struct journal_reader belongs to one thread, except journal_reader_wake. */
#ifndef CORE_JOURNAL_JOURNAL_H
#define CORE_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/config.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#define JOURNAL_PARTITIONS_MAX   256
#define JOURNAL_RECORD_BYTES_MAX (512 * 1024 + 4096)
#define JOURNAL_BATCH_BYTES_MAX  (64 * 1024 * 1024)
#define JOURNAL_HEADERS_MAX      16

struct journal_header {
	const char *name; /* static or borrowed as long as the record */
	struct slice value;
};

struct journal_record {
	struct slice key;
	struct slice value;
	const struct journal_header *headers;
	uint32_t headers_n;
};

/* A record as it was read. Borrows from the reader until its next call. */
struct journal_entry {
	uint32_t partition;
	int64_t offset;
	int64_t timestamp_ms; /* when the driver stored it */
	struct slice key;
	struct slice value;
	struct slice headers; /* packed; see journal_entry_header, journal_reader_omit_headers */
};

struct journal_identity {
	struct uuid id;
	uint32_t partitions;
	uint32_t ancestors_n; /* journals that this one was copied from, newest first */
	struct uuid ancestors[16];
	struct uuid
	        keys_id; /* of the keys it was made with (core/store/keys_dir.h); nil: not known */
	bool unfinished; /* a copy in the making: opened by journal_options.copy_of only */
};

struct journal;
struct journal_reader;

struct journal_owner {
	struct uuid id;      /* of this process */
	const char *address; /* where it takes commands; "" if it does not serve others; borrowed */
};

/* Open the journal that @config names (journal = embedded | kafka), create it if it does not exist
 * and @create is set. @read_only opens without the right to claim (embedded: still under the
 * process lock unless another process of this data directory holds it: then STATUS_BUSY).
 * Errors: STATUS_BUSY (another process), STATUS_VERSION (written by a newer version),
 * STATUS_NOT_FOUND, STATUS_CORRUPT, STATUS_UNAVAILABLE (broker), STATUS_INVALID (topic settings),
 * STATUS_CONFLICT (an unfinished copy; with @copy_of: not a copy of that journal).
 */
struct journal_options {
	const struct config *config; /* borrowed while open */
	bool create;
	bool read_only;
	/* With @create: make the journal as a copy of this one, unfinished until
	 * journal_finish_copy, or open the copy that is there. NULL: not a copy. Borrowed for the
	 * call. */
	const struct journal_identity *copy_of;
	/* With @create: the keys that seal what will be in it (core/store/keys_dir.h); a copy has
	 * those of its source. Nil: not known. */
	struct uuid keys_id;
};
enum status journal_open(const struct journal_options *options, struct journal **out,
                         struct error *err);
void journal_close(struct journal *journal); /* NULL is fine; readers must be closed before */

const struct journal_identity *journal_identity(const struct journal *journal);
/* Was the journal made with the keys @keys_id of @config's keys_dir? OK also if one of them is not
 * known; CONFLICT. */
enum status journal_check_keys(const struct journal *journal, const struct config *config,
                               const struct uuid *keys_id, struct error *err);
/* Was the journal copied from the one of @id? What that one held is in it under the same seqs. */
bool journal_descends(const struct journal_identity *identity, const struct uuid *id);
const char *journal_driver(const struct journal *journal); /* "embedded", "kafka" */

/* The partition of a tenant: murmur2 as Kafka's Java client and Streams have it. Pure. */
uint32_t journal_partition_of(struct slice tenant, uint32_t partitions);

/* Become the owner of @partition. Writes an OwnerClaimed control record and returns when it can be
 * read back. *@end is the offset behind it: a fold that has applied everything below is complete.
 * Blocks; STATUS_TIMEOUT / STATUS_UNAVAILABLE may be tried again. */
enum status journal_claim(struct journal *journal, uint32_t partition,
                          const struct journal_owner *owner, int64_t *end, struct error *err);
/* Make a later claim of @partition faster by what needs no rights (connections). For a standby;
 * costs memory until the claim, the release or the end. May do nothing; errors show in the claim.
 */
void journal_prepare(struct journal *journal, uint32_t partition);
/* Give @partition back (clean shutdown). */
void journal_release(struct journal *journal, uint32_t partition);

/* Append @n records (1 <= n, at most JOURNAL_BATCH_BYTES_MAX in all) as one atomic batch.
 * On success offsets[i] is the offset of record i (@offsets may be NULL).
 * Errors: STATUS_REJECTED, STATUS_UNKNOWN, STATUS_FENCED (see above); STATUS_INVALID (an empty key
 * or a limit; nothing was appended and never will be). After UNKNOWN and FENCED the partition must
 * be claimed again before the next append. Blocks until the outcome is known. */
enum status journal_append(struct journal *journal, uint32_t partition,
                           const struct journal_record *records, uint32_t n, int64_t *offsets,
                           struct error *err);

/* Is the partition that was claimed still ours? STATUS_OK: at some time during the call no later
 * claim was complete, so a fold of everything up to our last append was the whole truth. For
 * answers that need no append, which would have told. Kafka: one question to the broker, which has
 * to be the leader of the partition; embedded: nothing is asked. STATUS_FENCED: the log goes on
 * behind what we appended, with a claim or not; STATUS_UNAVAILABLE: the brokers did not answer.
 * After both claim again before the next append. */
enum status journal_confirm(struct journal *journal, uint32_t partition, struct error *err);

/* A reader over any partitions. Starts with none. */
enum status journal_reader_open(struct journal *journal, struct journal_reader **out,
                                struct error *err);
void journal_reader_close(struct journal_reader *reader);
/* The entries of @reader may come without headers from now on. For who folds events: on Kafka
 * unpacking headers costs more than all else of reading together. */
void journal_reader_omit_headers(struct journal_reader *reader);
/* Read @partition from @offset on (0 = the beginning); again = jump. Reading resumes there even if
 * the offset is a hole. STATUS_CORRUPT if the log ends before @offset (acknowledged data lost). */
enum status journal_reader_assign(struct journal_reader *reader, uint32_t partition, int64_t offset,
                                  struct error *err);
/* Up to @max entries into @entries, in order within each partition; waits up to @timeout_ms for the
 * first one; 0 entries and STATUS_OK when there are none. Also returns, with 0 entries, when the
 * position moved over holes: who reads up to journal_end() learns of it at once. Entries borrow
 * until the next call. */
enum status journal_reader_poll(struct journal_reader *reader, int timeout_ms,
                                struct journal_entry *entries, uint32_t max, uint32_t *n,
                                struct error *err);
/* The copy is complete: anybody may open it from now on. Appends to every partition, all of them
 * claimed, a JournalCreated record with the time of the copy: what follows it was never in the
 * journal that was copied. After a failure it can be called again. */
enum status journal_finish_copy(struct journal *journal, struct error *err);
/* Is @entry such a record, of the journal @id? */
bool journal_is_copy_mark(const struct journal_entry *entry, const struct uuid *id);
/* The offset behind the last committed record of @partition, as of now (control records count). */
enum status journal_end(struct journal *journal, uint32_t partition, int64_t *end,
                        struct error *err);
/* The offset that the next poll of @partition would read at (holes skipped): equal to
 * journal_end() when the reader has seen everything. */
int64_t journal_reader_position(const struct journal_reader *reader, uint32_t partition);
/* Tell the tools around the journal how far @reader (its name in operators' eyes: a view, the
 * processor) has stored what it read; next_offset: one a partition. Kafka: committed offsets of the
 * consumer group "nexusflow.<reader>", within seconds and when the journal is closed. Informative:
 * never read back, never waits, its failures are logged. Any thread. */
void journal_progress(struct journal *journal, const char *reader, const int64_t *next_offset);
/* Append what was found wrong, since it was opened, with the place that holds the journal (Kafka:
 * the settings of the topic, looked at again while partitions are claimed). False: nothing. Any
 * thread, never waits. */
bool journal_trouble(struct journal *journal, struct buf *out);
/* Make a poll that waits in another thread return at once. Any thread. */
void journal_reader_wake(struct journal_reader *reader);

/* Iterate packed headers: *@at starts at 0; false at the end. */
bool journal_entry_header(const struct journal_entry *entry, size_t *at, struct slice *name,
                          struct slice *value);

#endif
