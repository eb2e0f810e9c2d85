/* How fast a log is read, and what that costs.
 *
 *   bench_replay read SECONDS READERS [flags of nexusflow]
 *   bench_replay tiny SECONDS TOPIC [flags of nexusflow]
 *
 * read: READERS threads with a reader each read the whole log and decode every event, pass after
 * pass, until SECONDS are over. Prints JSON: per_second is the sum over the threads; thread_us the
 * CPU time per record of the reading threads, process_us of the whole process, since librdkafka
 * receives and unpacks in threads of its own; rss_mb the resident set at the end.
 * tiny: for SECONDS write the log's records into every partition of TOPIC, one to three in a
 * transaction: the log of a tracker that few people use for years. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/codec/event_codec.h"
#include "core/codec/schema_table.h"
#include "core/journal/journal.h"

enum { ENTRIES = 1024, READERS_MAX = 16, ARENA_BYTES = 1 << 20, TINY_MAX = 3 };

struct log {
	struct journal *journal;
	uint32_t partitions;
	int64_t ends[JOURNAL_PARTITIONS_MAX];
	int64_t until_us;
};

struct worker {
	pthread_t thread;
	const struct log *log;
	uint64_t records, events;
	double seconds; /* of each pass from its first records to its last: behind them the reader
	                 * waits for the end, and at the next start for that answer */
	double cpu_seconds;

	struct journal *target; /* tiny */
	uint32_t target_partition;
	uint64_t transactions;
};

static void die_of(enum status status, const struct error *err)
{
	if (status == STATUS_OK)
		return;
	fprintf(stderr, "bench_replay: %s: %s\n", status_name(status), err->text);
	exit(1);
}

static double cpu_seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void find_ends(struct log *log)
{
	struct error err;
	log->partitions = journal_identity(log->journal)->partitions;
	for (uint32_t p = 0; p < log->partitions; p++)
		die_of(journal_end(log->journal, p, &log->ends[p], &err), &err);
}

static void rewind_reader(const struct log *log, struct journal_reader *reader)
{
	struct error err;
	for (uint32_t p = 0; p < log->partitions; p++)
		die_of(journal_reader_assign(reader, p, 0, &err), &err);
}

static bool is_at_end(const struct log *log, const struct journal_reader *reader)
{
	for (uint32_t p = 0; p < log->partitions; p++)
		if (journal_reader_position(reader, p) < log->ends[p])
			return false;
	return true;
}

/* --- read --- */

static void read_once(struct worker *worker, struct journal_reader *reader,
                      struct journal_entry *entries, struct arena *arena)
{
	const struct log *log = worker->log;
	int64_t first_us = 0, last_us = 0;
	struct error err;
	uint32_t n;

	rewind_reader(log, reader);
	while (!is_at_end(log, reader)) {
		die_of(journal_reader_poll(reader, 1000, entries, ENTRIES, &n, &err), &err);
		for (uint32_t i = 0; i < n; i++) {
			struct event event;
			arena_clear(arena);
			worker->events +=
			        event_decode(entries[i].value, arena, &event, NULL) == STATUS_OK;
		}
		worker->records += n;
		if (n > 0)
			last_us = clock_monotonic_us();
		if (first_us == 0)
			first_us = last_us;
	}
	worker->seconds += (double)(last_us - first_us) / 1e6;
}

static void *read_until(void *context)
{
	struct worker *worker = context;
	struct journal_entry *entries = mem_new(ENTRIES * sizeof *entries);
	struct journal_reader *reader;
	struct arena arena;
	struct error err;

	arena_init(&arena, mem_new(ARENA_BYTES), ARENA_BYTES);
	die_of(journal_reader_open(worker->log->journal, &reader, &err), &err);
	journal_reader_omit_headers(reader);
	do
		read_once(worker, reader, entries, &arena);
	while (clock_monotonic_us() < worker->log->until_us);
	journal_reader_close(reader);
	free(arena.block);
	free(entries);
	worker->cpu_seconds = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

static double rss_mb(void)
{
	long all = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (!file || fscanf(file, "%ld %ld", &all, &resident) != 2)
		resident = 0;
	if (file)
		fclose(file);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static void run_readers(struct log *log, uint32_t readers, double seconds)
{
	static struct worker workers[READERS_MAX];
	uint64_t records = 0, events = 0;
	double per_second = 0, thread_seconds = 0;
	double before = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);

	log->until_us = clock_monotonic_us() + (int64_t)(seconds * 1e6);
	for (uint32_t i = 0; i < readers; i++) {
		workers[i].log = log;
		pthread_create(&workers[i].thread, NULL, read_until, &workers[i]);
	}
	for (uint32_t i = 0; i < readers; i++) {
		pthread_join(workers[i].thread, NULL);
		records += workers[i].records;
		events += workers[i].events;
		per_second += (double)workers[i].records / workers[i].seconds;
		thread_seconds += workers[i].cpu_seconds;
	}
	double each = 1e6 / (double)records;
	printf("{\"records\": %llu, \"events\": %llu, \"per_second\": %.0f, \"thread_us\": %.3f, "
	       "\"process_us\": %.3f, \"rss_mb\": %.1f}\n",
	       (unsigned long long)records, (unsigned long long)events, per_second,
	       thread_seconds * each, (cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - before) * each,
	       rss_mb());
}

/* --- tiny --- */

static void append_one_by_one(struct worker *worker, const struct journal_entry *entries,
                              uint32_t n)
{
	struct journal_record records[TINY_MAX];
	struct error err;

	for (uint32_t at = 0; at < n && clock_monotonic_us() < worker->log->until_us;) {
		uint32_t wanted = 1 + (uint32_t)(worker->transactions % TINY_MAX), size = 0;
		for (; at < n && size < wanted; at++)
			if (entries[at].key.n > 0) /* no control record */
				records[size++] = (struct journal_record){
				        .key = entries[at].key, .value = entries[at].value};
		if (size == 0)
			return;
		die_of(journal_append(worker->target, worker->target_partition, records, size, NULL,
		                      &err),
		       &err);
		worker->transactions++;
		worker->records += size;
	}
}

static void *write_until(void *context)
{
	struct worker *worker = context;
	const struct log *log = worker->log;
	struct journal_entry *entries = mem_new(ENTRIES * sizeof *entries);
	struct journal_owner owner = {.address = ""};
	struct journal_reader *reader;
	struct error err;
	int64_t end;
	uint32_t n;

	die_of(journal_claim(worker->target, worker->target_partition, &owner, &end, &err), &err);
	die_of(journal_reader_open(log->journal, &reader, &err), &err);
	journal_reader_omit_headers(reader);
	rewind_reader(log, reader);
	while (clock_monotonic_us() < log->until_us && !is_at_end(log, reader)) {
		die_of(journal_reader_poll(reader, 1000, entries, ENTRIES, &n, &err), &err);
		append_one_by_one(worker, entries, n);
	}
	journal_reader_close(reader);
	free(entries);
	return NULL;
}

static void write_tiny(struct log *log, const struct config *config, const char *topic,
                       double seconds)
{
	struct config other = *config;
	struct journal_options options = {.config = &other, .create = true};
	struct worker workers[READERS_MAX] = {0};
	uint64_t records = 0, transactions = 0;
	struct journal *target;
	struct error err;

	other.kafka_topic = topic;
	die_of(journal_open(&options, &target, &err), &err);
	uint32_t n = journal_identity(target)->partitions;
	n = n < READERS_MAX ? n : READERS_MAX;
	log->until_us = clock_monotonic_us() + (int64_t)(seconds * 1e6);
	for (uint32_t i = 0; i < n; i++) {
		workers[i] = (struct worker){.log = log, .target = target, .target_partition = i};
		pthread_create(&workers[i].thread, NULL, write_until, &workers[i]);
	}
	for (uint32_t i = 0; i < n; i++) {
		pthread_join(workers[i].thread, NULL);
		records += workers[i].records;
		transactions += workers[i].transactions;
	}
	journal_close(target);
	printf("{\"records\": %llu, \"transactions\": %llu}\n", (unsigned long long)records,
	       (unsigned long long)transactions);
}

int main(int argc, char **argv)
{
	static const char usage[] = "usage: bench_replay read SECONDS READERS | tiny SECONDS TOPIC "
	                            "[flags of nexusflow]\n";
	struct log log = {0};
	struct config config;
	struct error err;

	die_of(config_load(&config, &argc, argv, &err), &err);
	die_of(schemas_check(&err), &err);
	bool reads = argc == 4 && strcmp(argv[1], "read") == 0;
	uint32_t readers = reads ? (uint32_t)atoi(argv[3]) : 0;
	if (argc != 4 || (!reads && strcmp(argv[1], "tiny") != 0) ||
	    (reads && (readers == 0 || readers > READERS_MAX))) {
		fputs(usage, stderr);
		return 2;
	}
	struct journal_options options = {.config = &config, .read_only = true};
	die_of(journal_open(&options, &log.journal, &err), &err);
	find_ends(&log);
	if (reads)
		run_readers(&log, readers, atof(argv[2]));
	else
		write_tiny(&log, &config, argv[3], atof(argv[2]));
	journal_close(log.journal);
	config_release(&config);
	return 0;
}
