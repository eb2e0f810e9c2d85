#include "tests/contract/journal_contract.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "core/base/clock.h"

enum { LONG_MS = 30000, POLL_MAX = 512 };

#define assert_status(expected, got, err)                                                          \
	do {                                                                                       \
		enum status got_ = (got);                                                          \
		if (got_ != STATUS_##expected)                                                     \
			fail_msg("expected %s, got %s: %s", #expected, status_name(got_),          \
				 (err).text);                                                      \
	} while (0)

/* --- helpers --- */

static void sleep_ms(int64_t ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static const struct journal_owner owner = { .address = "http://127.0.0.1:1" };

static struct journal *open_as(struct journal_place *place, bool create, bool read_only)
{
	struct journal_options options = { &place->config, create, read_only };
	struct error err = { 0 };
	struct journal *journal = NULL;

	assert_status(OK, journal_open(&options, &journal, &err), err);
	return journal;
}

struct journal *contract_open(struct journal_place *place)
{
	return open_as(place, true, false);
}

int64_t contract_claim(struct journal *journal, uint32_t partition)
{
	struct error err = { 0 };
	int64_t end = -1;

	assert_status(OK, journal_claim(journal, partition, &owner, &end, &err), err);
	return end;
}

static struct journal_record record_of(const char *value)
{
	return (struct journal_record){ .key = SLICE("tenant"), .value = slice_str(value) };
}

static enum status try_append(struct journal *journal, uint32_t partition, const char *value,
			      int64_t *offset)
{
	struct journal_record record = record_of(value);

	return journal_append(journal, partition, &record, 1, offset, NULL);
}

int64_t contract_append(struct journal *journal, uint32_t partition, const char *value)
{
	struct journal_record record = record_of(value);
	struct error err = { 0 };
	int64_t offset = -1;

	assert_status(OK, journal_append(journal, partition, &record, 1, &offset, &err), err);
	return offset;
}

static struct journal_reader *reader_at(struct journal *journal, uint32_t partition, int64_t offset)
{
	struct journal_reader *reader = NULL;
	struct error err = { 0 };

	assert_status(OK, journal_reader_open(journal, &reader, &err), err);
	assert_status(OK, journal_reader_assign(reader, partition, offset, &err), err);
	return reader;
}

static uint32_t poll_entries(struct journal_reader *reader, int timeout_ms,
			     struct journal_entry *entries, uint32_t max)
{
	struct error err = { 0 };
	uint32_t n = 0;

	assert_status(OK, journal_reader_poll(reader, timeout_ms, entries, max, &n, &err), err);
	return n;
}

static int64_t end_of(struct journal *journal, uint32_t partition)
{
	struct error err = { 0 };
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
	*log = (struct read_log){ 0 };
}

void contract_read(struct journal *journal, uint32_t partition, int64_t from, struct read_log *log)
{
	struct journal_reader *reader = reader_at(journal, partition, from);
	struct journal_entry entries[POLL_MAX];
	int64_t end = end_of(journal, partition);

	while (journal_reader_position(reader, partition) < end) {
		uint32_t n = poll_entries(reader, LONG_MS, entries, POLL_MAX);
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
	struct buf joined = { 0 };

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

static void assert_journal_has(struct journal *journal, uint32_t partition, const char *expected)
{
	struct read_log log = { 0 };

	contract_read(journal, partition, 0, &log);
	assert_values(&log, expected);
	read_log_release(&log);
}

/* --- identity --- */

static void every_partition_of_a_new_journal_begins_with_a_control_record(void **state)
{
	struct journal *journal = contract_open(*state);

	assert_int_equal(journal_identity(journal)->partitions, CONTRACT_PARTITIONS);
	for (uint32_t i = 0; i < CONTRACT_PARTITIONS; i++) {
		struct read_log log = { 0 };
		contract_read(journal, i, 0, &log);
		assert_int_equal(log.n, 1);
		assert_true(log.records[0].control);
		read_log_release(&log);
	}
	journal_close(journal);
}

static void the_identity_is_the_same_after_reopening(void **state)
{
	struct journal_place *place = *state;
	struct journal *journal = contract_open(place);
	struct journal_identity before = *journal_identity(journal);

	assert_false(uuid_is_nil(&before.id));
	assert_string_equal(journal_driver(journal), place->driver);
	journal_close(journal);
	place->config.partitions = 2; /* of journals created now: without effect on this one */
	journal = contract_open(place);
	assert_true(uuid_equal(&before.id, &journal_identity(journal)->id));
	assert_int_equal(journal_identity(journal)->partitions, CONTRACT_PARTITIONS);
	assert_int_equal(journal_identity(journal)->ancestors_n, before.ancestors_n);
	journal_close(journal);
}

static void a_journal_that_was_not_created_is_not_found(void **state)
{
	struct journal_place *place = *state;
	struct journal_options options = { &place->config, false, false };
	struct journal *journal = NULL;
	struct error err = { 0 };

	assert_status(NOT_FOUND, journal_open(&options, &journal, &err), err);
}

/* --- append and read --- */

static void records_are_read_back_as_they_were_appended(void **state)
{
	const struct journal_header headers[] = { { "ce_type", SLICE("IssueCreated") },
						  { "empty", { NULL, 0 } } };
	const struct journal_record records[] = {
		{ SLICE("acme"), slice_of("a\0b", 3), headers, 2 },
		{ SLICE("globex"), { NULL, 0 }, NULL, 0 },
	};
	struct journal *journal = contract_open(*state);
	int64_t before_ms = clock_now_ms(), offsets[2];
	struct journal_entry entries[8];
	struct slice name, value;
	struct error err = { 0 };
	uint32_t got = 0;
	size_t at = 0;

	contract_claim(journal, 1);
	assert_status(OK, journal_append(journal, 1, records, 2, offsets, &err), err);
	assert_true(offsets[1] > offsets[0]);

	struct journal_reader *reader = reader_at(journal, 1, offsets[0]);
	got = poll_entries(reader, LONG_MS, entries, 8);
	assert_true(got >= 1);
	assert_int_equal(entries[0].offset, offsets[0]);
	assert_true(entries[0].timestamp_ms >= before_ms - 1000);
	assert_true(slice_is(entries[0].key, "acme"));
	assert_true(slice_equal(entries[0].value, records[0].value));
	assert_true(journal_entry_header(&entries[0], &at, &name, &value));
	assert_true(slice_is(name, "ce_type") && slice_is(value, "IssueCreated"));
	assert_true(journal_entry_header(&entries[0], &at, &name, &value));
	assert_true(slice_is(name, "empty") && value.n == 0);
	assert_false(journal_entry_header(&entries[0], &at, &name, &value));
	if (got == 1)
		assert_int_equal(poll_entries(reader, LONG_MS, &entries[1], 1), 1);
	at = 0;
	assert_int_equal(entries[1].offset, offsets[1]);
	assert_true(slice_is(entries[1].key, "globex"));
	assert_int_equal(entries[1].value.n, 0);
	assert_false(journal_entry_header(&entries[1], &at, &name, &value));
	journal_reader_close(reader);
	journal_close(journal);
}

static void records_keep_their_order_and_offsets_grow(void **state)
{
	struct journal *journal = contract_open(*state);
	int64_t last = -1;

	contract_claim(journal, 0);
	for (int i = 0; i < 3; i++) {
		const struct journal_record records[] = { record_of("x"), record_of("y") };
		struct error err = { 0 };
		int64_t offsets[2];
		assert_status(OK, journal_append(journal, 0, records, 2, offsets, &err), err);
		assert_true(offsets[0] > last && offsets[1] > offsets[0]);
		last = offsets[1];
	}
	assert_journal_has(journal, 0, "x y x y x y");
	assert_journal_has(journal, 1, "");
	journal_close(journal);
}

static void a_reader_starts_at_any_offset_and_jumps(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_entry entry;
	struct error err = { 0 };
	struct read_log log = { 0 };

	contract_claim(journal, 0);
	contract_append(journal, 0, "a");
	contract_append(journal, 0, "b");
	contract_append(journal, 0, "c");
	contract_read(journal, 0, 0, &log);

	struct journal_reader *reader = reader_at(journal, 0, 0);
	int64_t wanted = end_of(journal, 0) - 1;
	for (size_t i = log.n; wanted >= 0; wanted--) { /* backwards, through the holes too */
		while (i > 0 && log.records[i - 1].offset >= wanted)
			i--;
		if (i == log.n)
			continue; /* a hole at the end: nothing to read behind it */
		assert_status(OK, journal_reader_assign(reader, 0, wanted, &err), err);
		assert_int_equal(poll_entries(reader, LONG_MS, &entry, 1), 1);
		assert_int_equal(entry.offset, log.records[i].offset);
	}
	read_log_release(&log);
	journal_reader_close(reader);
	journal_close(journal);
}

static void a_position_behind_the_end_is_lost_data(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = reader_at(journal, 0, end_of(journal, 0));
	struct error err = { 0 };

	assert_status(CORRUPT,
		      journal_reader_assign(reader, 0, end_of(journal, 0) + 100, &err), err);
	assert_status(INVALID, journal_reader_assign(reader, 0, -1, &err), err);
	assert_status(INVALID, journal_reader_assign(reader, CONTRACT_PARTITIONS, 0, &err), err);
	journal_reader_close(reader);
	journal_close(journal);
}

static void a_reader_that_has_seen_everything_stands_at_the_end(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = reader_at(journal, 2, 0);
	struct journal_entry entries[8];
	int64_t end;

	contract_claim(journal, 2);
	end = contract_append(journal, 2, "a") + 1;
	assert_true(end_of(journal, 2) >= end);
	for (int64_t deadline = clock_monotonic_ms() + LONG_MS;
	     journal_reader_position(reader, 2) != end_of(journal, 2);) {
		poll_entries(reader, 100, entries, 8);
		assert_true(clock_monotonic_ms() < deadline);
	}
	assert_int_equal(poll_entries(reader, 0, entries, 8), 0);
	assert_int_equal(journal_reader_position(reader, 2), end_of(journal, 2));
	journal_reader_close(reader);
	journal_close(journal);
}

static void one_reader_reads_every_partition(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = reader_at(journal, 0, 0);
	struct journal_entry entries[3];
	unsigned seen[CONTRACT_PARTITIONS] = { 0 };
	struct error err = { 0 };
	unsigned left = CONTRACT_PARTITIONS * 10;

	for (uint32_t p = 0; p < CONTRACT_PARTITIONS; p++) {
		assert_status(OK, journal_reader_assign(reader, p, end_of(journal, p), &err), err);
		contract_claim(journal, p);
		for (int i = 0; i < 10; i++)
			contract_append(journal, p, "v");
	}
	while (left > 0) {
		uint32_t n = poll_entries(reader, LONG_MS, entries, 3);
		assert_true(n > 0);
		for (uint32_t i = 0; i < n; i++)
			if (entries[i].key.n > 0) {
				seen[entries[i].partition]++;
				left--;
			}
	}
	for (uint32_t p = 0; p < CONTRACT_PARTITIONS; p++)
		assert_int_equal(seen[p], 10);
	journal_reader_close(reader);
	journal_close(journal);
}

/* --- waiting --- */

struct background {
	pthread_t thread;
	struct journal *journal;
	struct journal_reader *reader;
	int64_t delay_ms;
};

static void *append_later(void *arg)
{
	struct background *b = arg;

	sleep_ms(b->delay_ms);
	/* judged by the reader, which waits for this record */
	try_append(b->journal, 0, "late", NULL);
	return NULL;
}

static void *wake_later(void *arg)
{
	struct background *b = arg;

	sleep_ms(b->delay_ms);
	journal_reader_wake(b->reader);
	return NULL;
}

static void a_poll_with_nothing_to_read_waits_and_returns_none(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = reader_at(journal, 0, end_of(journal, 0));
	struct journal_entry entry;
	int64_t start = clock_monotonic_ms();

	assert_int_equal(poll_entries(reader, 50, &entry, 1), 0);
	assert_true(clock_monotonic_ms() - start >= 49);
	assert_int_equal(poll_entries(reader, 0, &entry, 1), 0);
	journal_reader_close(reader);
	journal_close(journal);
}

static void a_waiting_poll_returns_when_a_record_arrives(void **state)
{
	struct journal *journal = contract_open(*state);
	struct background b = { .journal = journal, .delay_ms = 30 };
	struct journal_entry entry = { 0 };

	contract_claim(journal, 0);
	struct journal_reader *reader = reader_at(journal, 0, end_of(journal, 0));
	pthread_create(&b.thread, NULL, append_later, &b);
	assert_int_equal(poll_entries(reader, LONG_MS, &entry, 1), 1);
	assert_true(slice_is(entry.value, "late"));
	pthread_join(b.thread, NULL);
	journal_reader_close(reader);
	journal_close(journal);
}

static void a_wake_ends_a_poll_that_waits_or_the_next_one(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = reader_at(journal, 0, end_of(journal, 0));
	struct background b = { .reader = reader, .delay_ms = 30 };
	int64_t start = clock_monotonic_ms();
	struct journal_entry entry;

	pthread_create(&b.thread, NULL, wake_later, &b);
	assert_int_equal(poll_entries(reader, LONG_MS, &entry, 1), 0);
	pthread_join(b.thread, NULL);
	journal_reader_wake(reader);
	assert_int_equal(poll_entries(reader, LONG_MS, &entry, 1), 0);
	assert_true(clock_monotonic_ms() - start < LONG_MS); /* else both have slept it out */
	journal_reader_close(reader);
	journal_close(journal);
}

static void a_reader_may_start_before_the_first_record(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = reader_at(journal, 3, 0);
	struct journal_entry entries[8];
	bool found = false;

	poll_entries(reader, LONG_MS, entries, 8);
	contract_claim(journal, 3);
	contract_append(journal, 3, "first");
	while (!found) {
		uint32_t n = poll_entries(reader, LONG_MS, entries, 8);
		assert_true(n > 0);
		found = slice_is(entries[n - 1].value, "first");
	}
	journal_reader_close(reader);
	journal_close(journal);
}

/* --- ownership --- */

static void a_claim_fences_the_earlier_owner(void **state)
{
	struct journal *a = contract_open(*state), *b = contract_open(*state);

	contract_claim(a, 0);
	contract_append(a, 0, "a1");
	int64_t end = contract_claim(b, 0);
	assert_true(end_of(b, 0) >= end);
	assert_int_equal(try_append(a, 0, "a2", NULL), STATUS_FENCED);
	assert_int_equal(try_append(a, 0, "a3", NULL), STATUS_FENCED);
	contract_append(b, 0, "b1");
	assert_journal_has(b, 0, "a1 b1");
	assert_true(contract_claim(a, 0) > end); /* and back */
	assert_int_equal(try_append(b, 0, "b2", NULL), STATUS_FENCED);
	contract_append(a, 0, "a4");
	assert_journal_has(b, 0, "a1 b1 a4");
	journal_close(a);
	journal_close(b);
}

struct writer {
	pthread_t thread;
	struct journal *journal;
	uint32_t partition;
	unsigned batches;
	unsigned acked;
	int64_t last; /* offset of the last acknowledged record */
	enum status status;
};

/* Appends "0", "1", ... until it is done or an append fails. */
static void *write_numbers(void *arg)
{
	struct writer *w = arg;
	char value[16];

	for (unsigned i = 0; i < w->batches && w->status == STATUS_OK; i++) {
		snprintf(value, sizeof(value), "%u", i);
		w->status = try_append(w->journal, w->partition, value, &w->last);
		if (w->status == STATUS_OK)
			w->acked = i + 1;
	}
	return NULL;
}

static void a_claim_comes_behind_every_record_of_the_earlier_owner(void **state)
{
	struct journal *a = contract_open(*state), *b = contract_open(*state);
	struct writer w = { .journal = a, .batches = 1000000 };
	struct read_log log = { 0 };
	unsigned found = 0;

	contract_claim(a, 0);
	pthread_create(&w.thread, NULL, write_numbers, &w);
	sleep_ms(50);
	int64_t end = contract_claim(b, 0);
	pthread_join(w.thread, NULL);
	assert_true(w.status == STATUS_FENCED || w.status == STATUS_UNKNOWN);
	assert_true(w.acked == 0 || w.last < end);

	contract_append(b, 0, "behind");
	contract_read(a, 0, 0, &log);
	for (size_t i = 0; i < log.n; i++) {
		if (log.records[i].control || strcmp(log.records[i].value, "behind") == 0)
			continue;
		assert_true(log.records[i].offset < end);
		assert_int_equal(atoi(log.records[i].value), found);
		found++;
	}
	/* the append that was answered FENCED may be there */
	assert_in_range(found, w.acked, w.acked + 1);
	read_log_release(&log);
	journal_close(a);
	journal_close(b);
}

static void only_the_owner_appends(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal *reading = open_as(*state, false, true);
	struct error err = { 0 };
	int64_t end;

	assert_int_equal(try_append(journal, 0, "x", NULL), STATUS_FENCED);
	contract_claim(journal, 0);
	assert_int_equal(try_append(journal, 1, "x", NULL), STATUS_FENCED);
	contract_append(journal, 0, "mine");
	journal_release(journal, 0);
	assert_int_equal(try_append(journal, 0, "x", NULL), STATUS_FENCED);
	assert_status(DENIED, journal_claim(reading, 0, &owner, &end, &err), err);
	assert_journal_has(reading, 0, "mine");
	assert_journal_has(reading, 1, "");
	journal_close(reading);
	journal_close(journal);
}

/* --- limits --- */

static void a_batch_of_20000_records_is_one_append(void **state)
{
	enum { N = 20000 };
	struct journal *journal = contract_open(*state);
	struct journal_record *records = mem_new(N * sizeof(*records));
	int64_t *offsets = mem_new(N * sizeof(*offsets));
	char(*values)[8] = mem_new(N * sizeof(*values));
	struct error err = { 0 };
	struct read_log log = { 0 };

	for (unsigned i = 0; i < N; i++) {
		snprintf(values[i], sizeof(values[i]), "%u", i);
		records[i] = record_of(values[i]);
	}
	contract_claim(journal, 0);
	assert_status(OK, journal_append(journal, 0, records, N, offsets, &err), err);
	contract_read(journal, 0, offsets[0], &log);
	assert_int_equal(log.n, N);
	for (unsigned i = 0; i < N; i++) {
		assert_int_equal(log.records[i].offset, offsets[i]);
		assert_string_equal(log.records[i].value, values[i]);
	}
	read_log_release(&log);
	free(values);
	free(offsets);
	free(records);
	journal_close(journal);
}

static void a_record_of_512_kib_fits_and_a_larger_one_is_refused(void **state)
{
	struct journal *journal = contract_open(*state);
	char *bytes = mem_new(JOURNAL_RECORD_BYTES_MAX);
	struct journal_record record = { .key = SLICE("k"), .value = { bytes, 512 * 1024 } };
	struct error err = { 0 };
	struct read_log log = { 0 };
	int64_t offset = -1, end;

	memset(bytes, 'x', JOURNAL_RECORD_BYTES_MAX);
	contract_claim(journal, 0);
	assert_status(OK, journal_append(journal, 0, &record, 1, &offset, &err), err);
	end = end_of(journal, 0);
	record.value.n = JOURNAL_RECORD_BYTES_MAX; /* and one for the key */
	assert_status(INVALID, journal_append(journal, 0, &record, 1, NULL, &err), err);
	assert_int_equal(end_of(journal, 0), end);
	contract_read(journal, 0, offset, &log);
	assert_int_equal(log.n, 1);
	assert_int_equal(log.records[0].value_n, 512 * 1024);
	assert_memory_equal(log.records[0].value, bytes, 512 * 1024);
	read_log_release(&log);
	free(bytes);
	journal_close(journal);
}

static void a_batch_outside_the_limits_is_refused_whole(void **state)
{
	enum { N = JOURNAL_BATCH_BYTES_MAX / (512 * 1024) + 1 };
	struct journal *journal = contract_open(*state);
	struct journal_record *records = mem_new(N * sizeof(*records));
	char *bytes = mem_new(512 * 1024);
	struct error err = { 0 };

	contract_claim(journal, 0);
	for (unsigned i = 0; i < N; i++)
		records[i] = (struct journal_record){ .key = SLICE("k"),
						      .value = { bytes, 512 * 1024 } };
	assert_status(INVALID, journal_append(journal, 0, records, N, NULL, &err), err);
	records[1].key.n = 0;
	assert_status(INVALID, journal_append(journal, 0, records, 2, NULL, &err), err);
	assert_status(INVALID, journal_append(journal, 0, records, 0, NULL, &err), err);
	records[0].headers_n = JOURNAL_HEADERS_MAX + 1;
	assert_status(INVALID, journal_append(journal, 0, records, 1, NULL, &err), err);
	assert_journal_has(journal, 0, "");
	contract_append(journal, 0, "still here");
	free(bytes);
	free(records);
	journal_close(journal);
}

/* --- restart, threads --- */

static void everything_is_there_after_a_restart(void **state)
{
	struct journal *journal = contract_open(*state);
	int64_t last;

	contract_claim(journal, 0);
	last = contract_append(journal, 0, "a");
	journal_close(journal);
	journal = contract_open(*state);
	assert_true(end_of(journal, 0) > last);
	assert_int_equal(try_append(journal, 0, "x", NULL), STATUS_FENCED);
	contract_claim(journal, 0);
	assert_true(contract_append(journal, 0, "b") > last);
	assert_journal_has(journal, 0, "a b");
	journal_close(journal);
}

static void threads_append_to_their_partitions_while_another_reads(void **state)
{
	enum { BATCHES = 200 };
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = reader_at(journal, 0, 0);
	struct writer writers[CONTRACT_PARTITIONS] = { 0 };
	int next[CONTRACT_PARTITIONS] = { 0 };
	struct journal_entry entries[64];
	unsigned left = CONTRACT_PARTITIONS * BATCHES;
	struct error err = { 0 };

	for (uint32_t p = 0; p < CONTRACT_PARTITIONS; p++) {
		contract_claim(journal, p);
		assert_status(OK, journal_reader_assign(reader, p, 0, &err), err);
	}
	for (uint32_t p = 0; p < CONTRACT_PARTITIONS; p++) {
		writers[p] = (struct writer){ .journal = journal,
					      .partition = p,
					      .batches = BATCHES };
		pthread_create(&writers[p].thread, NULL, write_numbers, &writers[p]);
	}
	while (left > 0) {
		uint32_t n = poll_entries(reader, LONG_MS, entries, 64);
		assert_true(n > 0);
		for (uint32_t i = 0; i < n; i++) {
			char text[16] = { 0 };
			if (entries[i].key.n == 0)
				continue;
			memcpy(text, entries[i].value.data, entries[i].value.n);
			assert_int_equal(atoi(text), next[entries[i].partition]++);
			left--;
		}
	}
	for (uint32_t p = 0; p < CONTRACT_PARTITIONS; p++) {
		pthread_join(writers[p].thread, NULL);
		assert_int_equal(writers[p].status, STATUS_OK);
		assert_int_equal(writers[p].acked, BATCHES);
	}
	journal_reader_close(reader);
	journal_close(journal);
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
		LAW(every_partition_of_a_new_journal_begins_with_a_control_record),
		LAW(the_identity_is_the_same_after_reopening),
		LAW(a_journal_that_was_not_created_is_not_found),
		LAW(records_are_read_back_as_they_were_appended),
		LAW(records_keep_their_order_and_offsets_grow),
		LAW(a_reader_starts_at_any_offset_and_jumps),
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
