/* Group commit as the command API does it: a batch is what arrived during the last commit.
 *
 *   bench_group_commit [--journal=kafka ...] [SECONDS]
 *
 * Open loop: records arrive on a fixed schedule, whatever the journal does; the latency of a record
 * counts from the moment it was due. Closed loop: 256 clients, each sends its next record when the
 * last one was answered. One partition, records of 300 bytes with 9 headers; SECONDS (default 10) a
 * row. Then: how long a claim takes, and reading everything back. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/journal/journal.h"

enum { BATCH_MAX = 5000, RECORD_BYTES = 300, HEADERS = 9, CLIENTS = 256, SAMPLES_MAX = 1 << 22 };

static int64_t samples[SAMPLES_MAX];
static int64_t commits[SAMPLES_MAX];
static size_t samples_n, commits_n;
static struct journal_record records[BATCH_MAX];

static void die_of(enum status status, const struct error *err)
{
	if (status == STATUS_OK)
		return;
	fprintf(stderr, "bench_group_commit: %s: %s\n", status_name(status), err->text);
	exit(1);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The payload looks like an event: some of it repeats, some of it does not. */
static void fill_records(void)
{
	static char values[BATCH_MAX][RECORD_BYTES];
	static struct journal_header headers[HEADERS];
	static const char *const names[HEADERS] = {"ce_specversion", "ce_id",        "ce_source",
	                                           "ce_type",        "ce_subject",   "ce_time",
	                                           "ce_sequence",    "content-type", "traceparent"};

	for (int i = 0; i < HEADERS; i++)
		headers[i] = (struct journal_header){names[i], SLICE("nexusflow.events.Something")};
	for (int i = 0; i < BATCH_MAX; i++) {
		memset(values[i], 'e', RECORD_BYTES);
		random_bytes(values[i], 100);
		records[i] = (struct journal_record){
		        SLICE("tenant"), {values[i], RECORD_BYTES}, headers, HEADERS};
	}
}

static void report(const char *name, double seconds)
{
	qsort(samples, samples_n, sizeof(*samples), compare);
	qsort(commits, commits_n, sizeof(*commits), compare);
	printf("%-16s %10.0f %9.0f %9.2f %9.2f %12.2f %9.2f\n", name, (double)samples_n / seconds,
	       (double)commits_n / seconds, (double)commits[commits_n / 2] / 1000,
	       (double)commits[commits_n * 99 / 100] / 1000, (double)samples[samples_n / 2] / 1000,
	       (double)samples[samples_n * 99 / 100] / 1000);
	fflush(stdout);
	samples_n = commits_n = 0;
}

static int64_t commit(struct journal *journal, uint32_t n)
{
	struct error err = {0};
	int64_t start = clock_monotonic_us();

	die_of(journal_append(journal, 0, records, n, NULL, &err), &err);
	int64_t end = clock_monotonic_us();
	if (commits_n < SAMPLES_MAX)
		commits[commits_n++] = end - start;
	return end;
}

static void wait_until(int64_t at_us)
{
	int64_t left = at_us - clock_monotonic_us();

	if (left > 0)
		nanosleep(&(struct timespec){left / 1000000, left % 1000000 * 1000}, NULL);
}

static void open_loop(struct journal *journal, int rate, double seconds)
{
	int64_t start = clock_monotonic_us(), total = (int64_t)(rate * seconds), sent = 0;
	char name[32];

	while (sent < total) {
		wait_until(start + sent * 1000000 / rate);
		int64_t due = (clock_monotonic_us() - start) * rate / 1000000 + 1;
		if (due > total)
			due = total;
		uint32_t n = due - sent > BATCH_MAX ? BATCH_MAX : (uint32_t)(due - sent);
		int64_t end = commit(journal, n);
		for (uint32_t i = 0; i < n && samples_n < SAMPLES_MAX; i++)
			samples[samples_n++] = end - (start + (sent + i) * 1000000 / rate);
		sent += n;
	}
	snprintf(name, sizeof(name), "open %d/s", rate);
	report(name, (double)(clock_monotonic_us() - start) / 1e6);
}

/* All clients wait for one commit and send again at once, so every batch is of CLIENTS records. */
static void closed_loop(struct journal *journal, double seconds)
{
	int64_t start = clock_monotonic_us(), end = start;

	while ((double)(end - start) < seconds * 1e6) {
		int64_t before = end;
		end = commit(journal, CLIENTS);
		for (int i = 0; i < CLIENTS && samples_n < SAMPLES_MAX; i++)
			samples[samples_n++] = end - before;
	}
	report("closed 256", (double)(end - start) / 1e6);
}

static void read_back(struct journal *journal)
{
	static struct journal_entry entries[512];
	struct journal_reader *reader;
	struct error err = {0};
	struct rusage usage;
	int64_t end, total = 0, start = clock_monotonic_us();
	uint32_t n;

	die_of(journal_end(journal, 0, &end, &err), &err);
	die_of(journal_reader_open(journal, &reader, &err), &err);
	die_of(journal_reader_assign(reader, 0, 0, &err), &err);
	while (journal_reader_position(reader, 0) < end) {
		die_of(journal_reader_poll(reader, 1000, entries, 512, &n, &err), &err);
		total += n;
	}
	double seconds = (double)(clock_monotonic_us() - start) / 1e6;
	getrusage(RUSAGE_SELF, &usage);
	printf("read %lld records, %lld offsets in %.2f s: %.0f records/s; peak RSS %ld MB\n",
	       (long long)total, (long long)end, seconds, (double)total / seconds,
	       usage.ru_maxrss / 1024);
	journal_reader_close(reader);
}

static void claim(struct journal *journal)
{
	struct journal_owner owner = {.address = ""};
	struct error err = {0};
	int64_t end, start = clock_monotonic_us();

	die_of(journal_claim(journal, 0, &owner, &end, &err), &err);
	printf("claim: %.1f ms\n", (double)(clock_monotonic_us() - start) / 1000);
}

int main(int argc, char **argv)
{
	struct config config;
	struct error err = {0};
	struct journal *journal;

	die_of(config_load(&config, &argc, argv, &err), &err);
	double seconds = argc > 1 ? atof(argv[1]) : 10;
	struct journal_options options = {.config = &config, .create = true};
	die_of(journal_open(&options, &journal, &err), &err);
	fill_records();
	for (int i = 0; i < 3; i++)
		claim(journal);
	printf("driver %s, records of %d bytes and %d headers\n", journal_driver(journal),
	       RECORD_BYTES, HEADERS);
	printf("%-16s %10s %9s %9s %9s %12s %9s\n", "load", "records/s", "commits/s", "p50 ms",
	       "p99 ms", "record p50", "p99 ms");
	open_loop(journal, 500, seconds);
	open_loop(journal, 5000, seconds);
	open_loop(journal, 20000, seconds);
	closed_loop(journal, seconds);
	read_back(journal);
	journal_close(journal);
	config_release(&config);
	return 0;
}
