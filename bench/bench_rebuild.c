/* How fast views are rebuilt from an embedded journal, as `nexusflow replay rebuild` does it with
 * nothing else running: bench_rebuild [--events=N] [--issues=N] [--postgres=CONNINFO] [VIEW ...].
 * The journal: one tenant on one partition, events in the proportions of tests/unit/history.c.
 * "fold" is reading, decoding and applying; "all" adds indexes, syncs and the swap; "cpu" is of
 * this process; "compared" are rows. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/clock.h"
#include "replay/rebuild.h"
#include "tests/unit/history.h"

struct bench {
	struct history history;
	struct site site;
	uint64_t events;
	uint32_t issues;
};

/* Of this process: what others take from the machine does not count. */
static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(const struct bench *bench, const struct view_type *type, const char *what,
                const struct replay_outcome *outcome, int64_t us, double cpu)
{
	const struct replay_progress *progress = &outcome->progress;
	double all = (double)us / 1e6, fold = (double)progress->fold_ms / 1e3;
	printf("| %-7s | %-22s | %9llu | %8.2f | %9.0f | %8.2f | %9.0f | %6.2f | %8llu |\n",
	       type->name, what, (unsigned long long)progress->events, fold,
	       fold > 0 ? (double)progress->events / fold : 0, all,
	       (double)bench->history.events / all, cpu,
	       (unsigned long long)outcome->comparison.rows[1]);
	fflush(stdout);
}

static bool rebuild(struct bench *bench, const struct view_type *type, const char *what)
{
	struct replay_outcome outcome;
	struct error err;
	struct replay_work work = {.site = &bench->site, .type = type};
	int64_t started = clock_monotonic_us();
	double cpu = cpu_seconds();
	enum status status = replay_rebuild(&work, &outcome, &err);
	if (status)
		fprintf(stderr, "%s: %s\n", type->name, err.text);
	else
		say(bench, type, what, &outcome, clock_monotonic_us() - started,
		    cpu_seconds() - cpu);
	replay_outcome_release(&outcome);
	return status == STATUS_OK;
}

/* The second time there is a live view to compare with. */
static bool measure(struct bench *bench, const char *name)
{
	const struct view_type *type = view_type_find(slice_str(name));
	if (!type) {
		fprintf(stderr, "no view %s\n", name);
		return false;
	}
	if (type->postgres && !bench->history.config.postgres[0])
		return true;
	return rebuild(bench, type, "build") && rebuild(bench, type, "build, compare");
}

static void generate(struct bench *bench)
{
	struct history *history = &bench->history;
	history->seed.state = 1;
	history_tenant(history, "acme", bench->issues);
	int64_t started = clock_monotonic_us();
	while (history->events < bench->events)
		history_random(history, 2000);
	fprintf(stderr, "journal of %llu events made in %.1f s\n",
	        (unsigned long long)history->events,
	        (double)(clock_monotonic_us() - started) / 1e6);
}

int main(int argc, char **argv)
{
	static const char *const all[] = {"board", "issue", "access", "feed", "search", "audit"};
	struct bench *bench = mem_new(sizeof *bench);
	const char *postgres = "", *views[8];
	int n = 0;
	bool ok = true;
	bench->events = 1000000;
	bench->issues = 20000;
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--events=", 9) == 0)
			bench->events = strtoull(argv[i] + 9, NULL, 10);
		else if (strncmp(argv[i], "--issues=", 9) == 0)
			bench->issues = (uint32_t)strtoul(argv[i] + 9, NULL, 10);
		else if (strncmp(argv[i], "--postgres=", 11) == 0)
			postgres = argv[i] + 11;
		else if (argv[i][0] != '-' && n < 8)
			views[n++] = argv[i];
		else
			return 2;
	}
	for (size_t i = 0; n < 6 && i < 6 && (n == 0 || (size_t)n == i); i++)
		views[n++] = all[i];
	history_open(&bench->history, 1);
	bench->history.config.postgres = postgres;
	bench->history.config.map_size_gib = 16;
	struct registry *registry;
	if (registry_open(&bench->history.config, &registry, NULL))
		abort();
	bench->site = (struct site){
	        .config = &bench->history.config,
	        .journal = bench->history.journal,
	        .profile_keys = bench->history.keys,
	        .registry = registry,
	};
	generate(bench);
	printf("| view    | what                   |    events |   fold s |  events/s |    all s | "
	       " "
	       "events/s |  cpu s | compared |\n|---|---|---:|---:|---:|---:|---:|---:|---:|\n");
	for (int i = 0; i < n; i++)
		ok = measure(bench, views[i]) && ok;
	registry_close(registry);
	history_close(&bench->history);
	free(bench);
	return ok ? 0 : 1;
}
