/* What the Postgres views cost: events a second folded live and in bulk, and the memory of this
 * process.
 *
 *   bench_pg_views --postgres=CONNINFO [EVENTS [BATCH]]
 *
 * Folds EVENTS (default 100000), one transaction for each BATCH (default 2000), into instances that
 * are dropped afterwards. Audit gets one created issue to three transitions, search created issues
 * of 20 words only; 50 tenants in turn. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "core/base/clock.h"
#include "projections/audit.h"
#include "projections/search.h"

#define TENANTS 50
#define WORDS   20

static const struct uuid journal = {{1}};

static void die_of(enum status status, const struct error *err)
{
	if (status == STATUS_OK)
		return;
	fprintf(stderr, "bench_pg_views: %s: %s\n", status_name(status), err->text);
	exit(1);
}

static uint64_t mix(uint64_t z)
{
	z += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static struct uuid id_of(uint64_t n)
{
	struct uuid id;
	put_u64(id.bytes, n);
	put_u64(id.bytes + 8, mix(n));
	return id;
}

/* Few words are frequent, many are rare: the square of a uniform number. */
static struct slice words(uint64_t n, uint32_t count, char text[512])
{
	size_t at = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t r = mix(n * 32 + i) % 224;
		at += (size_t)snprintf(text + at, 512 - at, "word%llu ",
		                       (unsigned long long)(r * r));
	}
	return slice_of(text, at);
}

static void make(uint64_t i, bool created, struct event *out)
{
	static char tenant[16], summary[512], description[512];
	memset(out, 0, sizeof *out);
	out->meta.tenant = slice_of(tenant, (size_t)snprintf(tenant, sizeof tenant, "tenant%llu",
	                                                     (unsigned long long)(i % TENANTS)));
	out->meta.seq = (int64_t)(i / TENANTS) + 1;
	out->meta.event_id = id_of(i);
	out->meta.command_id = id_of(i + 1);
	out->meta.aggregate.kind = AGGREGATE_KIND_ISSUE;
	out->meta.aggregate.id = id_of(created ? i : mix(i) % (i + 1));
	out->meta.actor.kind = ACTOR_KIND_MEMBER;
	out->meta.recorded_at = out->meta.occurred_at = 1763000000000 + (int64_t)i;
	out->type = created ? EVENT_ISSUE_CREATED : EVENT_ISSUE_TRANSITIONED;
	if (created)
		out->issue_created = (struct issue_created){
		        .number = out->meta.seq,
		        .project_id = id_of(i % TENANTS),
		        .type = SLICE("task"),
		        .summary = words(i, 6, summary),
		        .description = words(i + 7, WORDS - 6, description),
		        .status = SLICE("todo"),
		        .priority = SLICE("high"),
		        .rank = SLICE("m"),
		};
	else
		out->issue_transitioned = (struct issue_transitioned){
		        .project_id = id_of(i % TENANTS),
		        .from = SLICE("todo"),
		        .to = SLICE("in_progress"),
		        .from_category = STATUS_CATEGORY_TODO,
		        .to_category = STATUS_CATEGORY_IN_PROGRESS,
		};
}

static void fold_batch(const struct view_type *type, struct view *view, uint64_t from, uint64_t to)
{
	struct error err;
	struct event event;
	struct view_place place = {0, 0};
	struct view_position expected = {
	        .journal_id = journal, .partitions = 1, .next_offset = {(int64_t)from}};
	struct view_position position = expected;
	position.next_offset[0] = (int64_t)to;
	expected.partitions = from ? 1 : 0;
	die_of(type->begin(view, &err), &err);
	for (uint64_t i = from; i < to; i++) {
		make(i, type == &search_view.type || i / TENANTS % 4 == 0, &event);
		die_of(type->advance(view, &event.meta, &place, &err), &err);
		die_of(type->apply(view, &event, &err), &err);
	}
	die_of(type->commit(view, &expected, &position, &err), &err);
}

static void measure(const struct config *config, const struct view_type *type, bool bulk,
                    uint64_t events, uint64_t batch)
{
	struct error err;
	struct view *view;
	struct rusage usage;
	struct view_options options = {.config = config, .instance = "bench", .bulk = bulk};
	die_of(type->drop(type, &options, &err), &err);
	die_of(type->open(type, &options, &view, &err), &err);
	int64_t start = clock_monotonic_us();
	for (uint64_t at = 0; at < events; at += batch)
		fold_batch(type, view, at, at + batch < events ? at + batch : events);
	double folded = (double)(clock_monotonic_us() - start) / 1e6;
	die_of(type->finish(view, &err), &err);
	double whole = (double)(clock_monotonic_us() - start) / 1e6;
	getrusage(RUSAGE_SELF, &usage);
	printf("%-6s %-4s %9.0f events/s folded, %9.0f with keys and indexes, %5ld MiB at most\n",
	       type->name, bulk ? "bulk" : "live", (double)events / folded, (double)events / whole,
	       usage.ru_maxrss / 1024);
	fflush(stdout);
	type->close(view);
	die_of(type->drop(type, &options, &err), &err);
}

int main(int argc, char **argv)
{
	struct config config;
	struct error err;
	die_of(config_load(&config, &argc, argv, &err), &err);
	uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
	uint64_t batch = argc > 2 ? strtoull(argv[2], NULL, 10) : 2000;
	if (events == 0 || batch == 0) {
		fprintf(stderr, "usage: bench_pg_views --postgres=CONNINFO [EVENTS [BATCH]]\n");
		return 2;
	}
	for (int bulk = 0; bulk < 2; bulk++) {
		measure(&config, &audit_view.type, bulk, events, batch);
		measure(&config, &search_view.type, bulk, events, batch);
	}
	config_release(&config);
	return 0;
}
