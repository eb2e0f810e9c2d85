/* Waiting readers, owners that take over from each other, threads, restart. */
#include "tests/contract/journal_contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <pthread.h>

#include <cmocka.h>

#include "core/base/clock.h"

enum { LONG_MS = 30000 };

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

	contract_sleep(b->delay_ms);
	/* judged by the reader, which waits for this record */
	contract_try_append(b->journal, 0, "late", NULL);
	return NULL;
}

static void *wake_later(void *arg)
{
	struct background *b = arg;

	contract_sleep(b->delay_ms);
	journal_reader_wake(b->reader);
	return NULL;
}

void a_poll_with_nothing_to_read_waits_and_returns_none(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = contract_reader(journal, 0, contract_end(journal, 0));
	struct journal_entry entry;
	int64_t start = clock_monotonic_ms();

	assert_int_equal(contract_poll(reader, 50, &entry, 1), 0);
	assert_true(clock_monotonic_ms() - start >= 49);
	assert_int_equal(contract_poll(reader, 0, &entry, 1), 0);
	journal_reader_close(reader);
	journal_close(journal);
}

void a_waiting_poll_returns_when_a_record_arrives(void **state)
{
	struct journal *journal = contract_open(*state);
	struct background b = {.journal = journal, .delay_ms = 30};
	struct journal_entry entry = {0};

	contract_claim(journal, 0);
	struct journal_reader *reader = contract_reader(journal, 0, contract_end(journal, 0));
	pthread_create(&b.thread, NULL, append_later, &b);
	assert_int_equal(contract_poll_some(reader, &entry, 1), 1);
	assert_true(slice_is(entry.value, "late"));
	pthread_join(b.thread, NULL);
	journal_reader_close(reader);
	journal_close(journal);
}

void a_wake_ends_a_poll_that_waits_or_the_next_one(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = contract_reader(journal, 0, contract_end(journal, 0));
	struct background b = {.reader = reader, .delay_ms = 30};
	int64_t start = clock_monotonic_ms();
	struct journal_entry entry;

	pthread_create(&b.thread, NULL, wake_later, &b);
	assert_int_equal(contract_poll(reader, LONG_MS, &entry, 1), 0);
	pthread_join(b.thread, NULL);
	journal_reader_wake(reader);
	assert_int_equal(contract_poll(reader, LONG_MS, &entry, 1), 0);
	assert_true(clock_monotonic_ms() - start < LONG_MS); /* else both have slept it out */
	journal_reader_close(reader);
	journal_close(journal);
}

void a_reader_may_start_before_the_first_record(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = contract_reader(journal, 3, 0);
	struct journal_entry entries[8];
	bool found = false;

	contract_poll(reader, LONG_MS, entries, 8);
	contract_claim(journal, 3);
	contract_append(journal, 3, "first");
	while (!found) {
		uint32_t n = contract_poll_some(reader, entries, 8);
		found = slice_is(entries[n - 1].value, "first");
	}
	journal_reader_close(reader);
	journal_close(journal);
}

/* --- ownership --- */

void a_claim_fences_the_earlier_owner(void **state)
{
	struct journal *a = contract_open(*state), *b = contract_open(*state);

	contract_claim(a, 0);
	contract_append(a, 0, "a1");
	int64_t end = contract_claim(b, 0);
	assert_true(contract_end(b, 0) >= end);
	assert_int_equal(contract_try_append(a, 0, "a2", NULL), STATUS_FENCED);
	assert_int_equal(contract_try_append(a, 0, "a3", NULL), STATUS_FENCED);
	contract_append(b, 0, "b1");
	contract_assert_has(b, 0, "a1 b1");
	assert_true(contract_claim(a, 0) > end); /* and back */
	assert_int_equal(contract_try_append(b, 0, "b2", NULL), STATUS_FENCED);
	contract_append(a, 0, "a4");
	contract_assert_has(b, 0, "a1 b1 a4");
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
		w->status = contract_try_append(w->journal, w->partition, value, &w->last);
		if (w->status == STATUS_OK)
			w->acked = i + 1;
	}
	return NULL;
}

void a_claim_comes_behind_every_record_of_the_earlier_owner(void **state)
{
	struct journal *a = contract_open(*state), *b = contract_open(*state);
	struct writer w = {.journal = a, .batches = 1000000};
	struct read_log log = {0};
	unsigned found = 0;

	contract_claim(a, 0);
	pthread_create(&w.thread, NULL, write_numbers, &w);
	contract_sleep(50);
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

void only_the_owner_is_confirmed(void **state)
{
	struct journal *a = contract_open(*state), *b = contract_open(*state);
	struct error err;

	assert_int_equal(journal_confirm(a, 0, &err), STATUS_FENCED);
	contract_claim(a, 0);
	for (int i = 0; i < 20; i++) { /* its own appends do not depose it */
		assert_status(OK, journal_confirm(a, 0, &err), err);
		contract_append(a, 0, "a");
	}
	contract_claim(b, 0);
	assert_int_equal(journal_confirm(a, 0, &err), STATUS_FENCED);
	assert_status(OK, journal_confirm(b, 0, &err), err);
	journal_release(b, 0);
	assert_int_equal(journal_confirm(b, 0, &err), STATUS_FENCED);
	journal_close(a);
	journal_close(b);
}

void only_the_owner_appends(void **state)
{
	struct journal *journal = contract_open(*state);
	struct journal *reading = contract_open_as(*state, false, true);
	struct error err = {0};
	int64_t end;

	assert_int_equal(contract_try_append(journal, 0, "x", NULL), STATUS_FENCED);
	contract_claim(journal, 0);
	assert_int_equal(contract_try_append(journal, 1, "x", NULL), STATUS_FENCED);
	contract_append(journal, 0, "mine");
	journal_release(journal, 0);
	assert_int_equal(contract_try_append(journal, 0, "x", NULL), STATUS_FENCED);
	assert_status(DENIED, journal_claim(reading, 0, &contract_owner, &end, &err), err);
	contract_assert_has(reading, 0, "mine");
	contract_assert_has(reading, 1, "");
	journal_close(reading);
	journal_close(journal);
}

/* --- restart, threads --- */

void everything_is_there_after_a_restart(void **state)
{
	struct journal *journal = contract_open(*state);
	int64_t last;

	contract_claim(journal, 0);
	last = contract_append(journal, 0, "a");
	journal_close(journal);
	journal = contract_open(*state);
	assert_true(contract_end(journal, 0) > last);
	assert_int_equal(contract_try_append(journal, 0, "x", NULL), STATUS_FENCED);
	contract_claim(journal, 0);
	assert_true(contract_append(journal, 0, "b") > last);
	contract_assert_has(journal, 0, "a b");
	journal_close(journal);
}

void threads_append_to_their_partitions_while_another_reads(void **state)
{
	enum { BATCHES = 200 };
	struct journal *journal = contract_open(*state);
	struct journal_reader *reader = contract_reader(journal, 0, 0);
	struct writer writers[CONTRACT_PARTITIONS] = {0};
	int next[CONTRACT_PARTITIONS] = {0};
	struct journal_entry entries[64];
	unsigned left = CONTRACT_PARTITIONS * BATCHES;
	struct error err = {0};

	for (uint32_t p = 0; p < CONTRACT_PARTITIONS; p++) {
		contract_claim(journal, p);
		assert_status(OK, journal_reader_assign(reader, p, 0, &err), err);
	}
	for (uint32_t p = 0; p < CONTRACT_PARTITIONS; p++) {
		writers[p] =
		        (struct writer){.journal = journal, .partition = p, .batches = BATCHES};
		pthread_create(&writers[p].thread, NULL, write_numbers, &writers[p]);
	}
	while (left > 0) {
		uint32_t n = contract_poll_some(reader, entries, 64);
		for (uint32_t i = 0; i < n; i++) {
			char text[16] = {0};
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
