/* What every journal driver promises (core/journal/journal.h), as one list of tests.
 *
 * A driver's test file fills a struct journal_place and calls journal_contract_run. Every test gets
 * a place of its own; a journal is always opened through place->config, as a role would do it. */
#ifndef TESTS_CONTRACT_JOURNAL_CONTRACT_H
#define TESTS_CONTRACT_JOURNAL_CONTRACT_H

#include "core/journal/journal.h"

struct journal_place {
	const char *driver;
	/* A fresh place without a journal (a directory, a topic name): fill config. Called before
	 * each test; destroy after it. @partitions is to be the value of that key. */
	void (*create)(struct journal_place *place, uint32_t partitions);
	void (*destroy)(struct journal_place *place);
	struct config config;
	unsigned kill_rounds; /* of the kill -9 test */
	void *own;            /* the driver's test's */
};

/* The number of failed tests. */
int journal_contract_run(struct journal_place *place);

/* --- for the tests themselves --- */

#define CONTRACT_PARTITIONS 4

/* What a test remembers of a record it has read. */
struct read_record {
	int64_t offset;
	bool control; /* empty key */
	char *value;  /* NUL-terminated copy */
	size_t value_n;
};
struct read_log {
	struct read_record *records;
	size_t n;
	size_t cap;
};
void read_log_release(struct read_log *log);

#define assert_status(expected, got, err)                                                          \
	do {                                                                                       \
		enum status got_ = (got);                                                          \
		if (got_ != STATUS_##expected)                                                     \
			fail_msg("expected %s, got %s: %s", #expected, status_name(got_),          \
			         (err).text);                                                      \
	} while (0)

extern const struct journal_owner contract_owner;

/* All of these but contract_try_append fail the running test when something fails. */
struct journal *contract_open_as(struct journal_place *place, bool create, bool read_only);
struct journal *contract_open(struct journal_place *place); /* create, to write */
int64_t contract_claim(struct journal *journal, uint32_t partition);
/* With the key "tenant"; borrows @value. */
struct journal_record contract_record(const char *value);
/* One such record. */
enum status contract_try_append(struct journal *journal, uint32_t partition, const char *value,
                                int64_t *offset);
int64_t contract_append(struct journal *journal, uint32_t partition, const char *value);
int64_t contract_end(struct journal *journal, uint32_t partition);
struct journal_reader *contract_reader(struct journal *journal, uint32_t partition, int64_t offset);
uint32_t contract_poll(struct journal_reader *reader, int timeout_ms, struct journal_entry *entries,
                       uint32_t max);
/* At least one: polls again when a poll only moved over holes. */
uint32_t contract_poll_some(struct journal_reader *reader, struct journal_entry *entries,
                            uint32_t max);
/* Everything from @from to the end that the journal has now. */
void contract_read(struct journal *journal, uint32_t partition, int64_t from, struct read_log *log);
/* The values of all records but control records, joined by spaces, are @expected. */
void contract_assert_has(struct journal *journal, uint32_t partition, const char *expected);
void contract_sleep(int64_t ms);

/* --- the laws: journal_contract_{log,threads,crash}.c --- */

void every_partition_of_a_new_journal_begins_with_its_identity(void **state);
void a_claim_is_recorded_with_its_owner(void **state);
void the_identity_is_the_same_after_reopening(void **state);
void a_journal_remembers_the_keys_that_it_was_made_with(void **state);
void a_journal_that_was_not_created_is_not_found(void **state);
void records_are_read_back_as_they_were_appended(void **state);
void records_keep_their_order_and_offsets_grow(void **state);
void a_reader_starts_at_any_offset_and_jumps(void **state);
void a_poll_gives_what_is_there_whatever_ends_were_passed(void **state);
void a_position_behind_the_end_is_lost_data(void **state);
void a_reader_that_has_seen_everything_stands_at_the_end(void **state);
void one_reader_reads_every_partition(void **state);
void a_poll_with_nothing_to_read_waits_and_returns_none(void **state);
void a_waiting_poll_returns_when_a_record_arrives(void **state);
void a_wake_ends_a_poll_that_waits_or_the_next_one(void **state);
void a_reader_may_start_before_the_first_record(void **state);
void a_claim_fences_the_earlier_owner(void **state);
void a_claim_comes_behind_every_record_of_the_earlier_owner(void **state);
void only_the_owner_appends(void **state);
void only_the_owner_is_confirmed(void **state);
void a_batch_of_20000_records_is_one_append(void **state);
void a_record_of_512_kib_fits_and_a_larger_one_is_refused(void **state);
void a_batch_outside_the_limits_is_refused_whole(void **state);
void everything_is_there_after_a_restart(void **state);
void threads_append_to_their_partitions_while_another_reads(void **state);
void a_killed_writer_leaves_every_acknowledged_batch_and_no_torn_one(void **state);

#endif
