/* The list of the laws, and what they share. */
#include "tests/contract/journal_contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "core/base/clock.h"

enum { LONG_MS = 30000, POLL_MAX = 512 };

/* --- what the laws share --- */

const struct journal_owner contract_owner = {.address = "http://127.0.0.1:1"};

void contract_sleep(int64_t ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

struct journal *contract_open_as(struct journal_place *place, bool create, bool read_only)
{
	struct journal_options options = {
	        .config = &place->config, .create = create, .read_only = read_only};
	struct error err = {0};
	struct journal *journal = NULL;

	assert_status(OK, journal_open(&options, &journal, &err), err);
	return journal;
}

struct journal *contract_open(struct journal_place *place)
{
	return contract_open_as(place, true, false);
}

int64_t contract_claim(struct journal *journal, uint32_t partition)
{
	struct error err = {0};
	int64_t end = -1;

	assert_status(OK, journal_claim(journal, partition, &contract_owner, &end, &err), err);
	return end;
}

struct journal_record contract_record(const char *value)
{
	return (struct journal_record){.key = SLICE("tenant"), .value = slice_str(value)};
}

enum status contract_try_append(struct journal *journal, uint32_t partition, const char *value,
                                int64_t *offset)
{
	struct journal_record record = contract_record(value);

	return journal_append(journal, partition, &record, 1, offset, NULL);
}

int64_t contract_append(struct journal *journal, uint32_t partition, const char *value)
{
	struct journal_record record = contract_record(value);
	struct error err = {0};
	int64_t offset = -1;

	assert_status(OK, journal_append(journal, partition, &record, 1, &offset, &err), err);
	return offset;
}

struct journal_reader *contract_reader(struct journal *journal, uint32_t partition, int64_t offset)
{
	struct journal_reader *reader = NULL;
	struct error err = {0};

	assert_status(OK, journal_reader_open(journal, &reader, &err), err);
	assert_status(OK, journal_reader_assign(reader, partition, offset, &err), err);
	return reader;
}

uint32_t contract_poll(struct journal_reader *reader, int timeout_ms, struct journal_entry *entries,
                       uint32_t max)
{
	struct error err = {0};
	uint32_t n = 0;

	assert_status(OK, journal_reader_poll(reader, timeout_ms, entries, max, &n, &err), err);
	return n;
}

uint32_t contract_poll_some(struct journal_reader *reader, struct journal_entry *entries,
                            uint32_t max)
{
	int64_t deadline = clock_monotonic_ms() + LONG_MS;
	uint32_t n = 0;

	while (n == 0 && clock_monotonic_ms() < deadline)
		n = contract_poll(reader, LONG_MS, entries, max);
	assert_true(n > 0);
	return n;
}

int64_t contract_end(struct journal *journal, uint32_t partition)
{
	struct error err = {0};
	int64_t end = -1;

	assert_status(OK, journal_end(journal, partition, &end, &err), err);
	return end;
}

static void read_log_add(struct read_log *log, const struct journal_entry *entry)
{
	if (log->n == log->cap) {
		log->cap = log->cap ? 2 * log->cap : 256;
		log->records = mem_grow(log->records, log->cap * sizeof(*log->records));
	}
	log->records[log->n++] = (struct read_record){
	        .offset = entry->offset,
	        .control = entry->key.n == 0,
	        .value = mem_string(entry->value),
	        .value_n = entry->value.n,
	};
}

void read_log_release(struct read_log *log)
{
	for (size_t i = 0; i < log->n; i++)
		free(log->records[i].value);
	free(log->records);
	*log = (struct read_log){0};
}

void contract_read(struct journal *journal, uint32_t partition, int64_t from, struct read_log *log)
{
	struct journal_reader *reader = contract_reader(journal, partition, from);
	struct journal_entry entries[POLL_MAX];
	int64_t end = contract_end(journal, partition);

	while (journal_reader_position(reader, partition) < end) {
		uint32_t n = contract_poll(reader, LONG_MS, entries, POLL_MAX);
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(entries[i].partition, partition);
			read_log_add(log, &entries[i]);
		}
	}
	journal_reader_close(reader);
}

/* The records of @log that are not control records, joined by spaces. */
static void assert_values(const struct read_log *log, const char *expected)
{
	struct buf joined = {0};

	for (size_t i = 0; i < log->n; i++) {
		if (log->records[i].control)
			continue;
		if (joined.n)
			buf_append_char(&joined, ' ');
		buf_append_str(&joined, log->records[i].value);
	}
	assert_string_equal(buf_cstr(&joined), expected);
	buf_release(&joined);
}

void contract_assert_has(struct journal *journal, uint32_t partition, const char *expected)
{
	struct read_log log = {0};

	contract_read(journal, partition, 0, &log);
	assert_values(&log, expected);
	read_log_release(&log);
}

/* --- the list --- */

static int create_place(void **state)
{
	struct journal_place *place = *state;

	place->create(place, CONTRACT_PARTITIONS);
	return 0;
}

static int destroy_place(void **state)
{
	struct journal_place *place = *state;

	place->destroy(place);
	return 0;
}

int journal_contract_run(struct journal_place *place)
{
#define LAW(function)                                                                              \
	{                                                                                          \
#function, function, create_place, destroy_place, place                            \
	}
	const struct CMUnitTest tests[] = {
	        LAW(every_partition_of_a_new_journal_begins_with_its_identity),
	        LAW(a_claim_is_recorded_with_its_owner),
	        LAW(the_identity_is_the_same_after_reopening),
	        LAW(a_journal_remembers_the_keys_that_it_was_made_with),
	        LAW(a_journal_that_was_not_created_is_not_found),
	        LAW(records_are_read_back_as_they_were_appended),
	        LAW(records_keep_their_order_and_offsets_grow),
	        LAW(a_reader_starts_at_any_offset_and_jumps),
	        LAW(a_poll_gives_what_is_there_whatever_ends_were_passed),
	        LAW(a_position_behind_the_end_is_lost_data),
	        LAW(a_reader_that_has_seen_everything_stands_at_the_end),
	        LAW(one_reader_reads_every_partition),
	        LAW(a_poll_with_nothing_to_read_waits_and_returns_none),
	        LAW(a_waiting_poll_returns_when_a_record_arrives),
	        LAW(a_wake_ends_a_poll_that_waits_or_the_next_one),
	        LAW(a_reader_may_start_before_the_first_record),
	        LAW(a_claim_fences_the_earlier_owner),
	        LAW(a_claim_comes_behind_every_record_of_the_earlier_owner),
	        LAW(only_the_owner_appends),
	        LAW(only_the_owner_is_confirmed),
	        LAW(a_batch_of_20000_records_is_one_append),
	        LAW(a_record_of_512_kib_fits_and_a_larger_one_is_refused),
	        LAW(a_batch_outside_the_limits_is_refused_whole),
	        LAW(everything_is_there_after_a_restart),
	        LAW(threads_append_to_their_partitions_while_another_reads),
	        LAW(a_killed_writer_leaves_every_acknowledged_batch_and_no_torn_one),
	};
#undef LAW
	return cmocka_run_group_tests_name(place->driver, tests, NULL, NULL);
}
