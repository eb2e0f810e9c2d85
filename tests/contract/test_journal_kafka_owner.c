/* Owners of a Kafka partition in trouble: deposed in the middle of appends, frozen, and their
 * broker killed under them. A batch holds BATCH records "<writer> <batch> <index>". */
#include "tests/contract/journal_contract.h"
#include "tests/contract/kafka_place.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"

enum { BATCH = 3, VALUE_MAX = 48 };

static int setup(void **state)
{
	kafka_place_create(*state, 1);
	return 0;
}

static int teardown(void **state)
{
	kafka_place_destroy(*state);
	return 0;
}

static enum status append_batch(struct journal *journal, unsigned writer, unsigned batch,
                                int64_t *last, struct error *err)
{
	struct journal_record records[BATCH];
	char values[BATCH][VALUE_MAX];
	int64_t offsets[BATCH];

	for (unsigned i = 0; i < BATCH; i++) {
		snprintf(values[i], VALUE_MAX, "%u %u %u", writer, batch, i);
		records[i] = contract_record(values[i]);
	}
	enum status status = journal_append(journal, 0, records, BATCH, offsets, err);
	if (status == STATUS_OK)
		*last = offsets[BATCH - 1];
	return status;
}

/* How many batches of @writer are there; whole, in order, without a gap, all below @end. */
static unsigned count_batches(const struct read_log *log, unsigned writer, int64_t end)
{
	unsigned n = 0;

	for (size_t i = 0; i < log->n; i++) {
		unsigned w, batch, index;
		if (log->records[i].control)
			continue;
		assert_int_equal(sscanf(log->records[i].value, "%u %u %u", &w, &batch, &index), 3);
		if (w != writer)
			continue;
		assert_true(log->records[i].offset < end);
		assert_int_equal(batch, n / BATCH);
		assert_int_equal(index, n % BATCH);
		n++;
	}
	assert_int_equal(n % BATCH, 0);
	return n / BATCH;
}

/* --- deposed in the middle of appends --- */

struct writer {
	pthread_t thread;
	struct journal *journal;
	unsigned id;
	atomic_uint acked;
	int64_t last;
	enum status status;
};

static void *write_until_deposed(void *arg)
{
	struct writer *w = arg;

	for (unsigned i = 0; w->status == STATUS_OK; i++) {
		w->status = append_batch(w->journal, w->id, i, &w->last, NULL);
		if (w->status == STATUS_OK)
			atomic_store(&w->acked, i + 1);
	}
	return NULL;
}

static void nothing_of_a_deposed_owner_follows_the_new_claim(void **state)
{
	enum { ROUNDS = 12 };
	struct journal *journals[2] = {contract_open(*state), contract_open(*state)};
	struct writer writers[ROUNDS] = {0};
	int64_t ends[ROUNDS], last;

	contract_claim(journals[0], 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct journal *old = journals[i % 2], *new = journals[(i + 1) % 2];
		writers[i].journal = old;
		writers[i].id = i;
		pthread_create(&writers[i].thread, NULL, write_until_deposed, &writers[i]);
		contract_sleep(20 + 7 * i);
		ends[i] = contract_claim(new, 0);
		pthread_join(writers[i].thread, NULL);
		assert_true(writers[i].status == STATUS_FENCED ||
		            writers[i].status == STATUS_UNKNOWN);
		assert_int_equal(append_batch(old, ROUNDS, 0, &last, NULL), STATUS_FENCED);
	}
	struct read_log log = {0};
	contract_read(journals[0], 0, 0, &log);
	for (unsigned i = 0; i < ROUNDS; i++)
		assert_in_range(count_batches(&log, i, ends[i]), writers[i].acked,
		                writers[i].acked + 1);
	assert_int_equal(count_batches(&log, ROUNDS, 0), 0);
	read_log_release(&log);
	journal_close(journals[0]);
	journal_close(journals[1]);
}

/* --- frozen --- */

/* The child reports the number of its acknowledged batches, and at last how the first that failed
 * was answered, as a negative number. */
static int write_and_report(struct journal_place *place, int reports)
{
	struct journal_options options = {.config = &place->config, .create = true};
	struct journal *journal;
	enum status status;
	int64_t end;

	if (journal_open(&options, &journal, NULL) != STATUS_OK ||
	    journal_claim(journal, 0, &contract_owner, &end, NULL) != STATUS_OK)
		return 2;
	for (int batch = 0;; batch++) {
		int report = batch + 1;
		status = append_batch(journal, 0, (unsigned)batch, &end, NULL);
		if (status != STATUS_OK)
			break;
		if (write(reports, &report, sizeof(report)) != sizeof(report))
			return 3;
	}
	int last = -(int)status;
	if (write(reports, &last, sizeof(last)) != sizeof(last))
		return 3;
	/* once fenced, always fenced */
	return append_batch(journal, 0, 0, &end, NULL) == STATUS_FENCED ? 0 : 4;
}

static void an_owner_that_was_frozen_cannot_append_when_it_wakes(void **state)
{
	struct journal_place *place = *state;
	int fds[2], report = 0, acked = 0, status;
	struct read_log log = {0};
	int64_t last;

	assert_int_equal(pipe(fds), 0);
	pid_t child = fork(); /* before this process has threads of librdkafka */
	assert_true(child >= 0);
	if (child == 0) {
		close(fds[0]);
		_exit(write_and_report(place, fds[1]));
	}
	close(fds[1]);
	while (acked < 20 && read(fds[0], &acked, sizeof(acked)) == sizeof(acked))
		;
	assert_int_equal(acked, 20);
	kill(child, SIGSTOP);
	struct journal *journal = contract_open(place);
	int64_t end = contract_claim(journal, 0);
	assert_int_equal(append_batch(journal, 1, 0, &last, NULL), STATUS_OK);
	kill(child, SIGCONT);
	while (read(fds[0], &report, sizeof(report)) == sizeof(report) && report > 0)
		acked = report;
	assert_true(report == -(int)STATUS_FENCED || report == -(int)STATUS_UNKNOWN);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(fds[0]);

	assert_int_equal(append_batch(journal, 1, 1, &last, NULL), STATUS_OK);
	contract_read(journal, 0, 0, &log);
	assert_in_range(count_batches(&log, 0, end), acked, acked + 1);
	assert_int_equal(count_batches(&log, 1, INT64_MAX), 2);
	read_log_release(&log);
	journal_close(journal);
}

/* --- the broker is killed --- */

static void broker(const char *verb, const char *dir, const char *options)
{
	char command[200];

	snprintf(command, sizeof(command), "deploy/kafka %s %s %s >/dev/null", verb, dir, options);
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

struct survivor {
	pthread_t thread;
	struct journal *journal;
	atomic_uint acked;
	atomic_bool stop;
	unsigned unknown, rejected;
	struct error err;
	bool failed;
};

/* After an unknown outcome: take the partition again and look. */
static bool resolve(struct survivor *s)
{
	struct read_log log = {0};
	int64_t end;

	for (int i = 0; journal_claim(s->journal, 0, &contract_owner, &end, &s->err) != STATUS_OK;
	     i++)
		if (i == 10)
			return false;
	contract_read(s->journal, 0, 0, &log);
	unsigned there = count_batches(&log, 0, end);
	read_log_release(&log);
	s->failed = there < s->acked || there > s->acked + 1;
	s->acked = there;
	return !s->failed;
}

static void *write_through_it(void *arg)
{
	struct survivor *s = arg;
	int64_t last;

	while (!s->stop && !s->failed) {
		switch ((int)append_batch(s->journal, 0, s->acked, &last, &s->err)) {
		case STATUS_OK:
			s->acked++;
			break;
		case STATUS_REJECTED:
			s->rejected++;
			break;
		case STATUS_UNKNOWN:
		case STATUS_FENCED:
			s->unknown++;
			s->failed = !resolve(s);
			break;
		default:
			s->failed = true;
		}
	}
	return NULL;
}

static void wait_for(struct survivor *s, unsigned acked)
{
	int64_t deadline = clock_monotonic_ms() + 90000;

	while (s->acked < acked && !s->failed && clock_monotonic_ms() < deadline)
		contract_sleep(10);
	if (s->failed || s->acked < acked)
		fail_msg("%u of %u batches: %s", s->acked, acked, s->err.text);
}

/* Called in a place whose broker is its own: @dir. */
static void kill_and_read(struct journal_place *place, const char *dir)
{
	enum { KILLS = 2, MORE = 30 };
	struct survivor s = {.journal = contract_open(place)};
	struct read_log log = {0};

	contract_claim(s.journal, 0);
	pthread_create(&s.thread, NULL, write_through_it, &s);
	wait_for(&s, MORE);
	for (int i = 0; i < KILLS; i++) {
		broker("kill", dir, "");
		broker("start", dir, "");
		wait_for(&s, s.acked + MORE);
	}
	s.stop = true;
	pthread_join(s.thread, NULL);
	assert_false(s.failed);
	print_message("%u batches, %u unknown, %u rejected\n", s.acked, s.unknown, s.rejected);
	contract_read(s.journal, 0, 0, &log);
	assert_int_equal(count_batches(&log, 0, INT64_MAX), s.acked);
	read_log_release(&log);
	journal_close(s.journal);
}

static void a_killed_broker_loses_and_tears_no_batch(void **state)
{
	struct journal_place place = *(struct journal_place *)*state;
	char dir[] = "/tmp/nexusflow-kafka-killed.XXXXXX", file[64], bootstrap[64] = "";
	FILE *in;

	assert_non_null(mkdtemp(dir));
	broker("start", dir, "--port 0");
	snprintf(file, sizeof(file), "%s/bootstrap", dir);
	in = fopen(file, "r");
	assert_non_null(in);
	assert_int_equal(fscanf(in, "%63s", bootstrap), 1);
	fclose(in);
	place.config.kafka_bootstrap = bootstrap;
	kill_and_read(&place, dir);
	broker("stop", dir, "");
	snprintf(file, sizeof(file), "rm -r %s", dir);
	assert_int_equal(system(file), 0);
}

int main(void)
{
	static struct journal_place place = {.driver = "kafka"};
#define LAW(function)                                                                              \
	{                                                                                          \
#function, function, setup, teardown, &place                                       \
	}
	const struct CMUnitTest tests[] = {
	        LAW(an_owner_that_was_frozen_cannot_append_when_it_wakes),
	        LAW(nothing_of_a_deposed_owner_follows_the_new_claim),
	        LAW(a_killed_broker_loses_and_tears_no_batch),
	};
#undef LAW
	return cmocka_run_group_tests(tests, NULL, NULL);
}
