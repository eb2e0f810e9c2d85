/* Load for a running `nexusflow serve`, and what it makes of it.
 *
 *   closed loop (default): each of --connections sends its next request when it has its answer;
 *   open loop (--rate=R):  requests are due at fixed times, whatever the server does. A latency
 *   counts from the time a request was due, not from when a connection was free for it: a server
 *   that stands still for a second shows a second, once for each request that it kept waiting.
 *
 * --spin: a server that wakes the sleeping generator for every answer pays for that (in a virtual
 * machine several microseconds); one that does not sleep shows the server alone.
 *
 * One thread. The first --warmup seconds are not counted. bench/run calls it for every row. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/histogram.h"
#include "bench/seed.h"
#include "bench/workload.h"
#include "core/base/clock.h"
#include "core/base/json_out.h"

#define DRAIN_US   10000000 /* for the answers that are still due at the end */
#define FOREVER_US 100000

struct settings {
	struct workload_options workload;
	const char *subject;
	uint32_t connections, depth;
	double rate; /* 0: closed loop */
	double seconds, warmup_seconds;
	bool spins;
	bool json;
};

struct run {
	const struct settings *settings;
	struct workload *workload;
	struct wire *wire;
	struct buf request;
	int64_t start_us, counted_from_us, end_us, last_us;
	uint64_t sent;
	uint64_t late; /* open loop: due, and no connection was free */
	struct workload_counts counts;
	struct histogram latencies;
};

/* In the closed loop what is answered within the time counts, in the open one what was due. */
static bool is_counted(const struct run *run, int64_t due_us, int64_t now_us)
{
	int64_t at_us = run->settings->rate > 0 ? due_us : now_us;
	return at_us >= run->counted_from_us && at_us < run->end_us &&
	       due_us >= run->counted_from_us;
}

static void send_next(struct run *run, int64_t due_us)
{
	struct shot *shot = workload_next(run->workload, &run->request);
	shot_set_due(shot, due_us);
	wire_send(run->wire, buf_slice(&run->request), shot);
	run->sent++;
}

static void replied(void *context, void *sent, const struct reply *reply)
{
	struct run *run = context;
	struct shot *shot = sent;
	int64_t due_us = shot_due(shot), now_us = clock_monotonic_us();
	bool counted = is_counted(run, due_us, now_us);
	workload_done(run->workload, shot, reply, counted ? &run->counts : NULL);
	if (counted) {
		histogram_add(&run->latencies, now_us - due_us);
		run->last_us = now_us;
	}
	if (run->settings->rate <= 0 && now_us < run->end_us)
		send_next(run, now_us);
}

/* Send what is due; returns when the next one is. */
static int64_t send_due(struct run *run, int64_t now_us)
{
	for (;;) {
		int64_t due_us =
		        run->start_us + (int64_t)((double)run->sent * 1e6 / run->settings->rate);
		if (due_us > now_us || due_us >= run->end_us)
			return due_us;
		if (!wire_has_room(run->wire)) {
			run->late++;
			return now_us + FOREVER_US; /* an answer will make room */
		}
		send_next(run, due_us);
	}
}

static enum status run_open(struct run *run, struct error *err)
{
	while (clock_monotonic_us() < run->end_us) {
		int64_t next_us = send_due(run, clock_monotonic_us());
		if (wire_poll(run->wire, next_us < run->end_us ? next_us : run->end_us, err))
			return err->status;
	}
	/* what was due in time and found no connection is still owed */
	int64_t until_us = run->end_us + DRAIN_US;
	while (clock_monotonic_us() < until_us && send_due(run, run->end_us) < run->end_us)
		if (wire_poll(run->wire, clock_monotonic_us() + FOREVER_US, err))
			return err->status;
	return STATUS_OK;
}

static enum status run_closed(struct run *run, struct error *err)
{
	while (wire_has_room(run->wire))
		send_next(run, clock_monotonic_us());
	while (clock_monotonic_us() < run->end_us)
		if (wire_poll(run->wire, run->settings->spins ? 0 : run->end_us, err))
			return err->status;
	return STATUS_OK;
}

static enum status drain(struct run *run, struct error *err)
{
	int64_t until_us = run->end_us + DRAIN_US;
	while (wire_in_flight(run->wire) > 0 && clock_monotonic_us() < until_us)
		if (wire_poll(run->wire, until_us, err))
			return err->status;
	if (wire_in_flight(run->wire) == 0)
		return STATUS_OK;
	return error_set(err, STATUS_TIMEOUT, "%u requests have no answer after %d s",
	                 wire_in_flight(run->wire), DRAIN_US / 1000000);
}

static enum status run_load(struct run *run, struct error *err)
{
	const struct settings *settings = run->settings;
	struct wire_options wire = {.address = settings->workload.address,
	                            .connections = settings->connections,
	                            .depth = settings->depth,
	                            .replied = replied,
	                            .context = run};
	if (wire_open(&wire, &run->wire, err))
		return err->status;
	run->workload = workload_new(&settings->workload);
	run->start_us = clock_monotonic_us();
	run->counted_from_us = run->start_us + (int64_t)(settings->warmup_seconds * 1e6);
	run->end_us = run->counted_from_us + (int64_t)(settings->seconds * 1e6);
	enum status status = settings->rate > 0 ? run_open(run, err) : run_closed(run, err);
	if (!status)
		status = drain(run, err);
	wire_close(run->wire);
	buf_release(&run->request);
	if (!workload_free(run->workload) && !status)
		status =
		        error_set(err, STATUS_IO, "cannot write %s", settings->workload.state_file);
	return status;
}

/* --- output --- */

static const struct share {
	const char *name;
	double share;
} shares[] = {{"p50_ms", 0.5}, {"p90_ms", 0.9}, {"p99_ms", 0.99}, {"p999_ms", 0.999}};
#define SHARES (sizeof shares / sizeof *shares)

static double percentile_ms(const struct run *run, double share)
{
	return (double)histogram_percentile(&run->latencies, share) / 1000;
}

/* In the open loop the counted requests may have been answered behind the end. */
static double counted_seconds(const struct run *run)
{
	int64_t end_us = run->last_us > run->end_us ? run->last_us : run->end_us;
	return (double)(end_us - run->counted_from_us) / 1e6;
}

static bool counts_commands(const struct run *run)
{
	return run->settings->workload.mode == WORKLOAD_COMMANDS ||
	       run->settings->workload.mode == WORKLOAD_NDJSON;
}

static double per_second(const struct run *run)
{
	uint64_t n = counts_commands(run) ? run->counts.commands : run->counts.requests;
	return (double)n / counted_seconds(run);
}

static uint64_t failures(const struct run *run)
{
	uint64_t n = 0;
	for (int i = 0; i < 600; i++)
		n += run->counts.statuses[i];
	return n;
}

static void member_ms(struct json_out *json, const char *name, double ms)
{
	char text[32];
	json_out_key(json, name);
	json_out_raw(json, slice_of(text, (size_t)snprintf(text, sizeof text, "%.3f", ms)));
}

static void print_json(const struct run *run)
{
	const struct settings *settings = run->settings;
	const struct workload_counts *counts = &run->counts;
	char name[8];
	struct buf text = {0};
	struct json_out json;
	json_out_init(&json, &text);
	json_out_object(&json);
	json_out_member_str(&json, "mode", workload_modes[settings->workload.mode]);
	json_out_member_int(&json, "connections", settings->connections);
	json_out_member_int(&json, "offered", (int64_t)settings->rate);
	json_out_member_int(&json, "requests", (int64_t)counts->requests);
	json_out_member_int(&json, "commands", (int64_t)counts->commands);
	json_out_member_int(&json, "unchanged", (int64_t)counts->unchanged);
	json_out_member_int(&json, "per_second", (int64_t)per_second(run));
	json_out_member_int(&json, "body_bytes",
	                    counts->requests ? (int64_t)(counts->bytes / counts->requests) : 0);
	for (size_t i = 0; i < SHARES; i++) {
		member_ms(&json, shares[i].name, percentile_ms(run, shares[i].share));
	}
	member_ms(&json, "max_ms", (double)run->latencies.max_us / 1000);
	json_out_key(&json, "failures");
	json_out_object(&json);
	for (int i = 0; i < 600; i++)
		if (counts->statuses[i]) {
			snprintf(name, sizeof name, "%d", i);
			json_out_member_int(&json, name, (int64_t)counts->statuses[i]);
		}
	json_out_object_end(&json);
	json_out_member_str(&json, "sample", counts->sample);
	json_out_object_end(&json);
	puts(buf_cstr(&text));
	buf_release(&text);
}

static void print_line(const struct run *run)
{
	printf("%-9s %10.0f/s %9llu requests, %s ", workload_modes[run->settings->workload.mode],
	       per_second(run), (unsigned long long)run->counts.requests,
	       run->settings->rate > 0 ? "open" : "closed");
	for (size_t i = 0; i < SHARES; i++)
		printf(" %s %.3f", shares[i].name, percentile_ms(run, shares[i].share));
	printf(" max_ms %.3f\n", (double)run->latencies.max_us / 1000);
	if (run->counts.unchanged)
		printf("  %llu commands changed nothing\n",
		       (unsigned long long)run->counts.unchanged);
	for (int i = 0; i < 600; i++)
		if (run->counts.statuses[i])
			printf("  status %d: %llu\n", i,
			       (unsigned long long)run->counts.statuses[i]);
	if (failures(run))
		printf("  such as: %s\n", run->counts.sample);
}

/* --- arguments --- */

static const char usage[] =
        "usage: bench_load MODE --address=127.0.0.1:8080 --token=TOKEN [options]\n"
        "  MODE             commands, ndjson, board, board304, issue, search, get; seed fills the "
        "tenant\n"
        "                   first, seedlanes adds the board of swimlanes\n"
        "  --path=PATH      of the tenant, for get: /projects\n"
        "  --tenant=ID      bench\n"
        "  --subject=ID     whom the token names (seed): bench\n"
        "  --issues=N       20000\n"
        "  --connections=N  64\n"
        "  --rate=R         requests a second, open loop; closed loop without it\n"
        "  --seconds=S      10, after --warmup=S (2)\n"
        "  --lines=N        of an ndjson request: 1000\n"
        "  --depth=N        requests a connection sends before its first answer: 1\n"
        "  --state=FILE     state of the issues between runs over the same data\n"
        "  --seed=N         of everything drawn: 1 for seed, the time for load\n"
        "  --spin           closed loop: do not sleep while waiting for answers\n"
        "  --json           the result as JSON\n";

static bool parse_mode(const char *text, enum workload_mode *mode)
{
	for (int i = 0; i < WORKLOAD_MODES; i++)
		if (strcmp(text, workload_modes[i]) == 0) {
			*mode = (enum workload_mode)i;
			return true;
		}
	return strcmp(text, "seed") == 0 || strcmp(text, "seedlanes") == 0;
}

static bool parse(int argc, char **argv, struct settings *settings)
{
	static const struct option options[] = {
	        {"address", required_argument, NULL, 'a'},
	        {"token", required_argument, NULL, 't'},
	        {"tenant", required_argument, NULL, 'n'},
	        {"subject", required_argument, NULL, 'u'},
	        {"issues", required_argument, NULL, 'i'},
	        {"connections", required_argument, NULL, 'c'},
	        {"rate", required_argument, NULL, 'r'},
	        {"seconds", required_argument, NULL, 's'},
	        {"warmup", required_argument, NULL, 'w'},
	        {"lines", required_argument, NULL, 'l'},
	        {"depth", required_argument, NULL, 'd'},
	        {"state", required_argument, NULL, 'f'},
	        {"path", required_argument, NULL, 'g'},
	        {"seed", required_argument, NULL, 'x'},
	        {"spin", no_argument, NULL, 'p'},
	        {"json", no_argument, NULL, 'j'},
	        {0},
	};
	struct workload_options *workload = &settings->workload;
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'a':
			workload->address = optarg;
			break;
		case 't':
			workload->token = optarg;
			break;
		case 'n':
			workload->tenant = optarg;
			break;
		case 'u':
			settings->subject = optarg;
			break;
		case 'i':
			workload->issues = (uint32_t)atoi(optarg);
			break;
		case 'c':
			settings->connections = (uint32_t)atoi(optarg);
			break;
		case 'r':
			settings->rate = atof(optarg);
			break;
		case 's':
			settings->seconds = atof(optarg);
			break;
		case 'w':
			settings->warmup_seconds = atof(optarg);
			break;
		case 'l':
			workload->lines = (uint32_t)atoi(optarg);
			break;
		case 'd':
			settings->depth = (uint32_t)atoi(optarg);
			break;
		case 'f':
			workload->state_file = optarg;
			break;
		case 'g':
			workload->path = optarg;
			break;
		case 'x':
			workload->seed = strtoull(optarg, NULL, 10);
			break;
		case 'p':
			settings->spins = true;
			break;
		case 'j':
			settings->json = true;
			break;
		default:
			return false;
		}
	}
	/* a command in flight keeps its issue: there must be more issues than those */
	uint64_t in_flight = (uint64_t)settings->connections * settings->depth * workload->lines;
	if (workload->mode != WORKLOAD_NDJSON)
		in_flight /= workload->lines ? workload->lines : 1;
	if (workload->issues <= 2 * in_flight)
		fprintf(stderr, "bench_load: %u issues are too few for %llu commands in flight\n",
		        workload->issues, (unsigned long long)in_flight);
	return workload->address && workload->token && settings->connections > 0 &&
	       settings->depth > 0 && settings->depth <= WIRE_DEPTH_MAX && workload->lines > 0 &&
	       workload->issues > 2 * in_flight && settings->seconds > 0;
}

int main(int argc, char **argv)
{
	struct settings settings = {
	        .workload = {.tenant = "bench",
	                     .path = "/projects",
	                     .issues = 20000,
	                     .lines = 1000},
	        .subject = "bench",
	        .connections = 64,
	        .depth = 1,
	        .seconds = 10,
	        .warmup_seconds = 2,
	};
	struct error err;
	if (argc < 2 || !parse_mode(argv[1], &settings.workload.mode) ||
	    !parse(argc - 1, argv + 1, &settings)) {
		fputs(usage, stderr);
		return 2;
	}
	static struct run run;
	run.settings = &settings;
	bool lanes = strcmp(argv[1], "seedlanes") == 0;
	bool seeds = lanes || strcmp(argv[1], "seed") == 0;
	if (settings.workload.seed == 0) /* the same data, and never the same load twice */
		settings.workload.seed = seeds ? 1 : (uint64_t)clock_now_ms();
	if (seeds ? seed_run(&settings.workload, settings.subject, lanes, &err)
	          : run_load(&run, &err)) {
		fprintf(stderr, "bench_load: %s\n", err.text);
		return 1;
	}
	if (!seeds && settings.json)
		print_json(&run);
	else if (!seeds)
		print_line(&run);
	return !seeds && failures(&run) ? 1 : 0;
}
