#include "import/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "core/base/clock.h"

#define TERMINAL_EVERY_MS 200
#define PLAIN_EVERY_MS    10000

void progress_start(struct progress *progress, uint64_t total)
{
	*progress = (struct progress){
	        .total = total,
	        .is_terminal = isatty(STDERR_FILENO),
	        .started_ms = clock_monotonic_ms(),
	};
	progress->printed_ms = progress->started_ms;
}

void progress_show(struct progress *progress, uint64_t done)
{
	int64_t now = clock_monotonic_ms();
	int64_t every = progress->is_terminal ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS;
	if (now - progress->printed_ms < every)
		return;
	double seconds = (double)(now - progress->started_ms) / 1000;
	double rate = (double)done / seconds;
	uint64_t left = progress->total - done;
	progress->printed_ms = now;
	fprintf(stderr, "%simport: %llu of %llu commands", progress->is_terminal ? "\r\x1b[K" : "",
	        (unsigned long long)done, (unsigned long long)progress->total);
	if (progress->repeated)
		fprintf(stderr, " (%llu repeated)", (unsigned long long)progress->repeated);
	if (rate > 0)
		fprintf(stderr, ", %.0f/s, %.0f s left", rate, (double)left / rate);
	fputs(progress->is_terminal ? "" : "\n", stderr);
	progress->is_shown = progress->is_terminal;
}

void progress_note(struct progress *progress, const char *why)
{
	progress_end(progress);
	fprintf(stderr, "import: still trying: %s\n", why);
}

void progress_end(struct progress *progress)
{
	if (progress->is_shown)
		fputs("\r\x1b[K", stderr);
	progress->is_shown = false;
}
