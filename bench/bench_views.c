/* How fast the LMDB views fold a log, and how fast a board is read: bench_views [commands
 * [issues]]. The log: one tenant on one partition, two events a command, in the proportions of
 * history.c. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "projections/board.h"
#include "tests/unit/history.h"

static void fold_view(struct history *history, const char *name)
{
	const struct view_type *type = view_type_find(slice_str(name));
	struct view_options options = {&history->config, history->keys, "bench", true, 0};
	struct view *view;
	if (type->open(type, &options, &view, NULL))
		abort();
	int64_t start = clock_monotonic_us();
	history_fold(history, view, FOLD_BULK_EVENTS);
	double seconds = (double)(clock_monotonic_us() - start) / 1e6;
	printf("fold %-8s %9llu events %7.2f s %9.0f events/s\n", name,
	       (unsigned long long)history->events, seconds, (double)history->events / seconds);
	kv_view_close(view);
}

static void read_boards(struct history *history, uint32_t limit)
{
	struct view *view = history_view(history, "board", "bench");
	struct board_stamp stamp;
	struct buf out = {0};
	int n = 0;
	int64_t start = clock_monotonic_us(), now;
	do {
		buf_clear(&out);
		if (board_read(view, SLICE("acme"), NULL, SLICE("TLS"), slice_of(NULL, 0), limit,
		               &out, &stamp, NULL))
			abort();
		n++;
		now = clock_monotonic_us();
	} while (now - start < 1000000);
	printf("read board of %u cards (%zu bytes) %9.0f reads/s\n", 4 * limit, out.n,
	       n / ((double)(now - start) / 1e6));
	buf_release(&out);
	kv_view_close(view);
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"access", "board", "issue", "feed"};
	struct history history;
	uint64_t commands = argc > 1 ? strtoull(argv[1], NULL, 10) : 500000;
	uint32_t issues = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 20000;
	history_open(&history, 1);
	history.seed.state = 1;
	history_tenant(&history, "acme", issues);
	history_random(&history, commands);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		fold_view(&history, names[i]);
	read_boards(&history, 50);
	history_close(&history);
	return 0;
}
