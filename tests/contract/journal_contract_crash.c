/* kill -9 in the middle of appends. A child process appends batches of varying size to two
 * partitions in turn and reports each acknowledged one through a pipe; it is killed at a random
 * moment, again and again. After each kill: every acknowledged batch is there, at most the one that
 * was under way is there besides, and no batch is there in part. */
#include "tests/contract/journal_contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"

enum { PARTITIONS = 2, BATCH_MAX = 40, VALUE_MAX = 900 };

/* --- the child: no cmocka here, its assertions would jump into the parent's test --- */

static uint32_t batch_size(uint32_t batch)
{
	return 1 + batch * 7 % BATCH_MAX;
}

static enum status append_batch(struct journal *journal, uint32_t round, uint32_t batch)
{
	static char values[BATCH_MAX][VALUE_MAX];
	struct journal_record records[BATCH_MAX];
	uint32_t n = batch_size(batch);

	for (uint32_t i = 0; i < n; i++) {
		memset(values[i], '.', VALUE_MAX);
		int used = snprintf(values[i], VALUE_MAX, "%u %u %u %u", round, batch, i, n);
		values[i][used] = ' ';
		records[i] = (struct journal_record){
		        .key = SLICE("tenant"),
		        .value = slice_of(values[i], (size_t)used + (batch * 31 + i * 7) % 800),
		};
	}
	return journal_append(journal, batch % PARTITIONS, records, n, NULL, NULL);
}

static int write_until_killed(struct journal_place *place, uint32_t round, int acks)
{
	struct journal_options options = {.config = &place->config, .create = true};
	struct journal_owner owner = {.address = ""};
	struct journal *journal;
	int64_t end;

	if (journal_open(&options, &journal, NULL) != STATUS_OK)
		return 2;
	for (uint32_t p = 0; p < PARTITIONS; p++)
		if (journal_claim(journal, p, &owner, &end, NULL) != STATUS_OK)
			return 3;
	for (uint32_t batch = 0;; batch++) {
		if (append_batch(journal, round, batch) != STATUS_OK)
			return 4;
		if (write(acks, &batch, sizeof(batch)) != sizeof(batch))
			return 5;
	}
}

/* --- the parent --- */

/* Read what the child has reported, until @until_ms or the end of the pipe. */
static void read_acks(int acks, int64_t until_ms, uint32_t *acked)
{
	struct pollfd fd = {.fd = acks, .events = POLLIN};
	uint32_t batch;

	for (;;) {
		int64_t left = until_ms - clock_monotonic_ms();
		if (left <= 0 || poll(&fd, 1, (int)left) <= 0)
			return;
		if (read(acks, &batch, sizeof(batch)) != sizeof(batch))
			return;
		*acked = batch + 1;
	}
}

/* The number of batches that the child reported, killed @delay_ms after its first. */
static uint32_t run_round(struct journal_place *place, uint32_t round, int delay_ms)
{
	uint32_t acked = 0;
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		_exit(write_until_killed(place, round, ends[1]));
	}
	close(ends[1]);
	if (round % 4 != 0) { /* every fourth is killed while it opens and claims */
		assert_int_equal(read(ends[0], &acked, sizeof(acked)), sizeof(acked));
		acked = 1;
	}
	read_acks(ends[0], clock_monotonic_ms() + delay_ms, &acked);
	kill(child, SIGKILL);
	read_acks(ends[0], clock_monotonic_ms() + 10000, &acked);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFSIGNALED(status))
		fail_msg("the writer ended by itself: %d", WEXITSTATUS(status));
	return acked;
}

/* Batches of @round in @partition; complete, in order, without a gap. */
static uint32_t count_batches(struct journal *journal, uint32_t partition, uint32_t round)
{
	struct read_log log = {0};
	uint32_t batch = partition, index = 0, n = 0;

	contract_read(journal, partition, 0, &log);
	for (size_t i = 0; i < log.n; i++) {
		unsigned r, b, at, size;
		if (log.records[i].control)
			continue;
		assert_int_equal(sscanf(log.records[i].value, "%u %u %u %u", &r, &b, &at, &size),
		                 4);
		if (r != round)
			continue;
		assert_int_equal(b, batch);
		assert_int_equal(at, index);
		assert_int_equal(size, batch_size(batch));
		if (++index == size) {
			index = 0;
			batch += PARTITIONS;
			n++;
		}
	}
	assert_int_equal(index, 0); /* torn */
	read_log_release(&log);
	return n;
}

static uint32_t count_all_batches(struct journal *journal, uint32_t round)
{
	uint32_t n = 0;

	for (uint32_t p = 0; p < PARTITIONS; p++)
		n += count_batches(journal, p, round);
	return n;
}

void a_killed_writer_leaves_every_acknowledged_batch_and_no_torn_one(void **state)
{
	struct journal_place *place = *state;
	const char *given = getenv("NEXUSFLOW_TEST_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)clock_now_ms();
	uint32_t *there = mem_new(place->kill_rounds * sizeof(*there));

	print_message("seed %u\n", seed);
	journal_close(contract_open(place)); /* one that exists, so that each round writes to it */
	for (uint32_t round = 0; round < place->kill_rounds; round++) {
		uint32_t acked = run_round(place, round, rand_r(&seed) % 60);
		struct journal *journal = contract_open(place);
		there[round] = count_all_batches(journal, round);
		assert_in_range(there[round], acked, acked + 1);
		if (round > 0) /* and the rounds before are as they were */
			assert_int_equal(count_all_batches(journal, round - 1), there[round - 1]);
		journal_close(journal);
	}
	free(there);
}
