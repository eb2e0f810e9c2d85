/* What an append and a read of the journal cost, for the driver that the configuration names.
 *
 *   bench_journal [--data_dir=DIR] [--journal=kafka ...] [SECONDS]
 *
 * Writes records of 700 bytes from 1 and 4 threads (a partition each) in batches of 1 to 1000 for
 * SECONDS (default 1) a row, then reads all of it. An append is timed from call to answer, that is
 * until it is durable. Use an empty data_dir on the disk in question: the figures are the disk's.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/journal/journal.h"

enum {
	THREADS_MAX = 4,
	BATCH_MAX = 1000,
	RECORD_BYTES = 700,
	SAMPLES_MAX = 1 << 20,
	READ_MAX = 512
};

struct writer {
	pthread_t thread;
	struct journal *journal;
	uint32_t partition;
	uint32_t batch;
	int64_t until_us;
	int64_t *samples_us;
	size_t samples_n;
};

static void die_of(enum status status, const struct error *err)
{
	if (status == STATUS_OK)
		return;
	fprintf(stderr, "bench_journal: %s: %s\n", status_name(status), err->text);
	exit(1);
}

static void *write_until(void *arg)
{
	static const char bytes[RECORD_BYTES];
	struct writer *w = arg;
	struct journal_record records[BATCH_MAX];
	struct error err = {0};

	for (uint32_t i = 0; i < w->batch; i++)
		records[i] = (struct journal_record){.key = SLICE("tenant"),
		                                     .value = {bytes, sizeof(bytes)}};
	for (int64_t start = clock_monotonic_us();
	     start < w->until_us && w->samples_n < SAMPLES_MAX;) {
		die_of(journal_append(w->journal, w->partition, records, w->batch, NULL, &err),
		       &err);
		int64_t end = clock_monotonic_us();
		w->samples_us[w->samples_n++] = end - start;
		start = end;
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void report(const struct writer *writers, uint32_t threads, uint32_t batch, double seconds)
{
	static int64_t all[THREADS_MAX * SAMPLES_MAX];
	size_t n = 0;

	for (uint32_t i = 0; i < threads; i++) {
		memcpy(all + n, writers[i].samples_us, writers[i].samples_n * sizeof(*all));
		n += writers[i].samples_n;
	}
	qsort(all, n, sizeof(*all), compare);
	printf("%7u  %5u  %9.3f  %9.3f  %10.0f  %10.0f\n", threads, batch,
	       (double)all[n / 2] / 1000, (double)all[n * 99 / 100] / 1000, (double)n / seconds,
	       (double)n * batch / seconds);
	fflush(stdout);
}

static void measure_appends(struct journal *journal, struct writer *writers, uint32_t threads,
                            uint32_t batch, double seconds)
{
	int64_t start = clock_monotonic_us();

	for (uint32_t i = 0; i < threads; i++) {
		struct writer *w = &writers[i];
		w->journal = journal;
		w->partition = i;
		w->batch = batch;
		w->until_us = start + (int64_t)(seconds * 1e6);
		w->samples_n = 0;
		pthread_create(&w->thread, NULL, write_until, w);
	}
	for (uint32_t i = 0; i < threads; i++)
		pthread_join(writers[i].thread, NULL);
	report(writers, threads, batch, (double)(clock_monotonic_us() - start) / 1e6);
}

static void measure_reading(struct journal *journal, uint32_t threads)
{
	struct journal_entry entries[READ_MAX];
	struct journal_reader *reader;
	struct error err = {0};
	int64_t total = 0, end, start = clock_monotonic_us();
	uint32_t n;

	die_of(journal_reader_open(journal, &reader, &err), &err);
	for (uint32_t p = 0; p < threads; p++)
		die_of(journal_reader_assign(reader, p, 0, &err), &err);
	for (uint32_t p = 0; p < threads; p++) {
		die_of(journal_end(journal, p, &end, &err), &err);
		while (journal_reader_position(reader, p) < end) {
			die_of(journal_reader_poll(reader, 1000, entries, READ_MAX, &n, &err),
			       &err);
			total += n;
		}
	}
	double seconds = (double)(clock_monotonic_us() - start) / 1e6;
	printf("read %lld records in %.2f s: %.0f records/s\n", (long long)total, seconds,
	       (double)total / seconds);
	journal_reader_close(reader);
}

int main(int argc, char **argv)
{
	static const uint32_t batches[] = {1, 10, 100, 1000};
	struct writer writers[THREADS_MAX] = {0};
	struct journal_owner owner = {.address = ""};
	struct config config;
	struct error err = {0};
	struct journal *journal;
	int64_t end;

	die_of(config_load(&config, &argc, argv, &err), &err);
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	struct journal_options options = {.config = &config, .create = true};
	die_of(journal_open(&options, &journal, &err), &err);
	if (journal_identity(journal)->partitions < THREADS_MAX) {
		fprintf(stderr, "bench_journal: the journal needs %d partitions\n", THREADS_MAX);
		return 1;
	}
	for (uint32_t i = 0; i < THREADS_MAX; i++) {
		writers[i].samples_us = mem_new(SAMPLES_MAX * sizeof(int64_t));
		die_of(journal_claim(journal, i, &owner, &end, &err), &err);
	}
	printf("driver %s, records of %d bytes\n", journal_driver(journal), RECORD_BYTES);
	printf("threads  batch     p50 ms     p99 ms   appends/s   records/s\n");
	for (uint32_t threads = 1; threads <= THREADS_MAX; threads += THREADS_MAX - 1)
		for (size_t i = 0; i < sizeof(batches) / sizeof(batches[0]); i++)
			measure_appends(journal, writers, threads, batches[i], seconds);
	measure_reading(journal, THREADS_MAX);
	for (uint32_t i = 0; i < THREADS_MAX; i++)
		free(writers[i].samples_us);
	journal_close(journal);
	config_release(&config);
	return 0;
}
