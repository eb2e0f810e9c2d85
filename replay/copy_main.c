#include "replay/copy_main.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/codec/schema_table.h"
#include "replay/copy.h"

#define LINE_EVERY_MS     10000
#define TERMINAL_EVERY_MS 200
#define TENANTS_PRINTED   100

static atomic_bool stop;

static void on_signal(int number)
{
	(void)number;
	atomic_store(&stop, true);
}

/* --- progress --- */

struct line {
	bool terminal;
	int64_t last_ms;
	enum copy_phase phase;
};

static double rate(const struct copy_progress *now, int64_t running_ms)
{
	int64_t ms = now->copy_ms + (now->phase == COPY_COPYING ? running_ms : 0);
	return ms > 0 ? 1000.0 * (double)now->events / (double)ms : 0;
}

static void print_line(const struct copy_progress *now, bool terminal)
{
	int64_t running_ms = clock_monotonic_ms() - now->began_ms;
	double ratio = now->end > 0 ? (double)now->at / (double)now->end : 0;
	fprintf(stderr, "%scopy: %s, %llu events, %.0f/s", terminal ? "\r\033[K" : "",
	        copy_phase_name(now->phase), (unsigned long long)now->events,
	        rate(now, running_ms));
	if (ratio > 0)
		fprintf(stderr, ", %.1f %%, %.0f s left", 100 * ratio,
		        (double)running_ms / 1000 * (1 - ratio) / ratio);
	if (!terminal)
		fputc('\n', stderr);
}

static void show_progress_line(void *context, const struct copy_progress *now)
{
	struct line *line = context;
	int64_t now_ms = clock_monotonic_ms();
	int64_t every_ms = line->terminal ? TERMINAL_EVERY_MS : LINE_EVERY_MS;
	if (now->phase == line->phase && now_ms - line->last_ms < every_ms)
		return;
	line->phase = now->phase;
	line->last_ms = now_ms;
	print_line(now, line->terminal);
}

/* --- the end --- */

static void print_journal(const char *what, const struct journal *journal)
{
	const struct journal_identity *identity = journal_identity(journal);
	char id[UUID_TEXT];
	uuid_format(&identity->id, id);
	printf("%s: %s journal %.*s, %u partitions\n", what, journal_driver(journal), UUID_TEXT, id,
	       identity->partitions);
}

static void print_tenants(const struct tally *tally)
{
	uint32_t n = tally_tenants(tally);
	for (uint32_t i = 0; i < n && i < TENANTS_PRINTED; i++) {
		const struct tally_tenant *tenant = &tally->tenants[i];
		const struct tally_sum *sum = &tenant->sums[TALLY_TARGET];
		printf("  %.*s: seq %llu, digest ", (int)tenant->name.n, tenant->name.data,
		       (unsigned long long)sum->seq);
		for (int j = 0; j < SHA256_BYTES; j++)
			printf("%02x", sum->digest[j]);
		putchar('\n');
	}
	if (n > TENANTS_PRINTED)
		printf("  and %u more tenants\n", n - TENANTS_PRINTED);
}

static void print_result(const struct copy_work *work, const struct tally *tally,
                         const struct copy_progress *now, int64_t took_ms)
{
	uint64_t before = tally->events[TALLY_TARGET] - now->events;
	print_journal("source", work->source);
	print_journal("target", work->target);
	printf("copied %llu events in %.2f s, %.0f events/s, %.2f s in all",
	       (unsigned long long)now->events, (double)now->copy_ms / 1000, rate(now, 0),
	       (double)took_ms / 1000);
	if (before)
		printf("; %llu were there (went on)", (unsigned long long)before);
	printf("\nleft behind: %llu control records, %llu foreign records\n",
	       (unsigned long long)tally->control[TALLY_SOURCE],
	       (unsigned long long)tally->foreign[TALLY_SOURCE]);
	printf("verified: %u tenants, %llu events are equal; the target is finished\n",
	       tally_tenants(tally), (unsigned long long)tally->events[TALLY_TARGET]);
	print_tenants(tally);
}

/* --- the work --- */

static enum copy_exit complain(const struct error *err)
{
	fprintf(stderr, "nexusflow replay: %s%s\n", err->text,
	        err->status == STATUS_INTERRUPTED ? "; the next replay copy goes on" : "");
	return err->status == STATUS_BUSY ? COPY_NOTHING : COPY_FAILED;
}

static enum copy_exit already_finished(const struct copy_work *work)
{
	char source[UUID_TEXT], target[UUID_TEXT];
	uuid_format(&journal_identity(work->source)->id, source);
	uuid_format(&journal_identity(work->target)->id, target);
	fprintf(stderr,
	        "nexusflow replay: nothing to do: the target, journal %.*s, is a finished copy of "
	        "journal %.*s; what was written to that since is not in it\n",
	        UUID_TEXT, target, UUID_TEXT, source);
	return COPY_NOTHING;
}

static enum copy_exit copy(struct copy_work *work)
{
	struct line line = {.terminal = isatty(STDERR_FILENO), .phase = COPY_RESUMING};
	struct copy_progress progress;
	struct tally tally;
	struct error err;
	int64_t began_ms = clock_monotonic_ms();
	line.last_ms = began_ms;
	if (!journal_identity(work->target)->unfinished)
		return already_finished(work);
	work->stop = &stop;
	work->progress = show_progress_line;
	work->context = &line;
	tally_init(&tally);
	enum status status = copy_run(work, &tally, &progress, &err);
	if (line.terminal)
		fputs("\r\033[K", stderr);
	if (!status)
		print_result(work, &tally, &progress, clock_monotonic_ms() - began_ms);
	tally_release(&tally);
	return status ? complain(&err) : COPY_DONE;
}

static enum copy_exit open_and_copy(const struct config *source, const struct config *target)
{
	struct copy_work work = {.source = NULL};
	struct journal_options from = {.config = source, .read_only = true};
	struct journal_options into = {.config = target, .create = true};
	struct error err;
	enum status status = schemas_check(&err);
	if (!status && journal_open(&from, &work.source, &err))
		status = error_wrap(&err, "the source");
	if (!status) {
		into.copy_of = journal_identity(work.source);
		if (journal_open(&into, &work.target, &err))
			status = error_wrap(&err, "the target");
	}
	enum copy_exit code = status ? complain(&err) : copy(&work);
	journal_close(work.target);
	journal_close(work.source);
	return code;
}

enum copy_exit copy_main(const struct config *source, const char *to)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct config target;
	struct error err;
	struct buf flag = {0};
	buf_printf(&flag, "--config=%s", to);
	char name[] = "copy", *argv[] = {name, flag.data, NULL};
	int argc = 2;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	enum status status = config_load(&target, &argc, argv, &err);
	buf_release(&flag);
	if (status) {
		fprintf(stderr, "nexusflow replay: %s\n", err.text);
		return COPY_CALLED_WRONGLY;
	}
	enum copy_exit code = open_and_copy(source, &target);
	config_release(&target);
	return code;
}
