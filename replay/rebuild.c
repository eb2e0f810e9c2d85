/* The order of a rebuild:
 *   1. note the instance in the registry, so that it is found again after a crash;
 *   2. fold in bulk up to where the live view stands, build indexes;
 *   3. beside it read the live rows in one committed state, at position P;
 *      fold on to exactly P; compare;
 *   4. catch up; sync, by closing and opening it again;
 *   5. hold the live view, fold the rest, close, swap, let go: queries never see an older position.
 *   6. drop what nobody needs any more.
 * Interrupted anywhere, it goes on with the noted instance: its position is its own. */
#include "replay/rebuild.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/metrics.h"
#include "projections/fold.h"

#define CATCH_UP_ROUNDS 5
#define USED_WAIT_MS    5000 /* for queries on the previous instance */

struct run {
	const struct replay_work *work;
	struct replay_outcome *outcome;
	struct replay_progress *now;
	struct view *view; /* that is built; NULL while it is closed */
	uint64_t events;   /* of the folds before */
	int64_t fold_ms, fold_started_ms;
	struct metric_series *ratio;
};

const char *replay_phase_name(enum replay_phase phase)
{
	static const char *const names[] = {
	        [REPLAY_BUILDING] = "building",   [REPLAY_FINISHING] = "building indexes",
	        [REPLAY_COMPARING] = "comparing", [REPLAY_CATCHING_UP] = "catching up",
	        [REPLAY_SWAPPING] = "swapping",   [REPLAY_DROPPING] = "dropping",
	};
	return names[phase];
}

void replay_outcome_release(struct replay_outcome *outcome)
{
	comparison_release(&outcome->comparison);
}

/* --- progress --- */

static void report(struct run *run, enum replay_phase phase)
{
	run->now->phase = phase;
	if (run->work->progress)
		run->work->progress(run->work->context, run->now);
}

static void folded(void *context, const struct fold *fold)
{
	struct run *run = context;
	const struct view_position *position = fold_position(fold);
	run->now->events = run->events + fold_counts(fold).events;
	run->now->fold_ms = run->fold_ms + clock_monotonic_ms() - run->fold_started_ms;
	run->now->offset = 0;
	for (uint32_t i = 0; i < position->partitions; i++)
		run->now->offset += position->next_offset[i];
	if (run->now->end > 0)
		metric_set(run->ratio, (double)run->now->offset / (double)run->now->end);
	report(run, run->now->phase);
}

static enum status measure_end(struct run *run, struct error *err)
{
	struct journal *journal = run->work->site->journal;
	int64_t end, sum = 0;
	for (uint32_t i = 0; i < journal_identity(journal)->partitions; i++) {
		if (journal_end(journal, i, &end, err))
			return err->status;
		sum += end;
	}
	run->now->end = sum;
	return STATUS_OK;
}

static void begin(struct run *run, const struct replay_work *work, struct replay_outcome *outcome)
{
	const char *view[] = {work->type->name};
	*outcome = (struct replay_outcome){.compared = false};
	*run = (struct run){.work = work, .outcome = outcome, .now = &outcome->progress};
	run->ratio = metric_series(METRIC_REPLAY_PROGRESS, view);
	metric_set(run->ratio, 0);
}

/* --- folding --- */

static enum status open_fold(struct run *run, uint32_t batch_events, struct fold **out,
                             struct error *err)
{
	struct fold_options options = {
	        .type = run->work->type,
	        .view = run->view,
	        .journal = run->work->site->journal,
	        .batch_events = batch_events,
	};
	return fold_open(&options, out, err);
}

/* To @ends, or to the end of the log as it is now. */
static enum status fold_to(struct run *run, const int64_t *ends, uint32_t batch_events,
                           struct error *err)
{
	struct fold *fold;
	enum status status = open_fold(run, batch_events, &fold, err);
	if (status)
		return status;
	run->fold_started_ms = clock_monotonic_ms();
	status = fold_run(fold, ends, run->work->stop, folded, run, err);
	folded(run, fold);
	run->events = run->now->events;
	run->fold_ms = run->now->fold_ms;
	fold_close(fold);
	return status;
}

/* Until what came meanwhile is little. */
static enum status catch_up(struct run *run, struct error *err)
{
	report(run, REPLAY_CATCHING_UP);
	for (int round = 0; round < CATCH_UP_ROUNDS; round++) {
		uint64_t events = run->events;
		enum status status = measure_end(run, err);
		if (!status)
			status = fold_to(run, NULL, FOLD_POLL_MAX, err);
		if (status || run->events - events < FOLD_POLL_MAX)
			return status;
	}
	return STATUS_OK;
}

static void close_view(struct run *run)
{
	if (run->view)
		run->work->type->close(run->view);
	run->view = NULL;
}

static enum status open_view(struct run *run, bool bulk, struct error *err)
{
	return site_open(run->work->site, run->work->type, run->now->instance, bulk, &run->view,
	                 err);
}

/* --- the noted instance --- */

static void name_instance(const struct view_type *type, char name[INSTANCE_MAX])
{
	struct tm tm;
	int64_t ms = clock_now_ms();
	time_t seconds = (time_t)(ms / 1000);
	gmtime_r(&seconds, &tm);
	char text[32];
	strftime(text, sizeof text, "%Y%m%dT%H%M%S", &tm);
	snprintf(name, INSTANCE_MAX, "v%u-%s%03d", type->version, text, (int)(ms % 1000));
}

/* A build that can go on: of our version and journal. */
static bool resume(struct run *run, const struct registry_entry *entry)
{
	struct fold *fold;
	if (instance_version(entry->building) != run->work->type->version)
		return false;
	snprintf(run->now->instance, INSTANCE_MAX, "%s", entry->building);
	struct error err;
	if (open_view(run, true, &err))
		return false;
	if (open_fold(run, 0, &fold, &err)) {
		close_view(run);
		return false;
	}
	bool resuming = fold_is_resuming(fold);
	fold_close(fold);
	if (resuming) { /* of the journal that ours is a copy of: it may stand behind the live one
		         */
		close_view(run);
		return false;
	}
	run->now->resumed = true;
	return true;
}

static enum status open_build(struct run *run, struct error *err)
{
	const struct replay_work *work = run->work;
	struct registry_entry entry;
	enum status status = registry_get(work->site->registry, work->type, &entry, err);
	if (status || resume(run, &entry))
		return status;
	name_instance(work->type, run->now->instance);
	status = registry_build(work->site->registry, work->type, run->now->instance, err);
	return status ? status : open_view(run, true, err);
}

/* What is dropped is noted, so a failure only leaves it for the next time. */
static void drop_unused(struct run *run)
{
	const struct replay_work *work = run->work;
	struct error err;
	char name[INSTANCE_MAX];
	report(run, REPLAY_DROPPING);
	while (!registry_dropping(work->site->registry, work->type, name, &err) && name[0]) {
		if (site_uses(work->site, work->type, name))
			return;
		if (!site_drop(work->site, work->type, name, &err) &&
		    !registry_dropped(work->site->registry, work->type, name, &err))
			continue;
		snprintf(run->outcome->note, sizeof run->outcome->note, "left for later: %.200s",
		         err.text);
		return;
	}
}

static enum status abandon(struct run *run, struct error *err)
{
	close_view(run);
	return registry_build(run->work->site->registry, run->work->type, "", err);
}

/* --- comparing --- */

static bool has_rows_of(const struct run *run, const struct view_position *position)
{
	const struct journal_identity *identity = journal_identity(run->work->site->journal);
	return position->partitions == identity->partitions &&
	       uuid_equal(&position->journal_id, &identity->id);
}

/* The live rows, read by a thread of its own: it and what builds indexes hardly meet. */
struct live_rows {
	const struct replay_work *work;
	struct comparison *comparison;
	struct view *view; /* NULL: nothing to compare */
	struct view_position at;
	enum status status;
	struct error err;
};

static void *read_live_rows(void *context)
{
	struct live_rows *rows = context;
	rows->status = comparison_spool(rows->comparison, rows->work->type, rows->view,
	                                rows->work->site->config->data_dir, &rows->at, &rows->err);
	return NULL;
}

static enum status finish(struct run *run, struct live_rows *rows, struct error *err)
{
	pthread_t thread;
	report(run, REPLAY_FINISHING);
	bool has_thread = rows->view && !pthread_create(&thread, NULL, read_live_rows, rows);
	enum status status = run->work->type->finish(run->view, err);
	if (has_thread)
		pthread_join(thread, NULL);
	else if (!status && rows->view)
		read_live_rows(rows);
	if (!status && rows->status) {
		status = rows->status;
		if (err)
			*err = rows->err;
	}
	return status;
}

/* Where to build to in bulk: where @live stands, else (nothing to compare) the end of the log. */
static enum status build(struct run *run, struct live *live, struct live_rows *rows,
                         struct error *err)
{
	const struct view_type *type = run->work->type;
	struct view_position position = {.partitions = 0};
	enum status status = measure_end(run, err);
	if (!status && live->view)
		status = type->position(live->view, &position, err);
	if (status)
		return status;
	*rows = (struct live_rows){.work = run->work, .comparison = &run->outcome->comparison};
	rows->view = has_rows_of(run, &position) ? live->view : NULL;
	report(run, REPLAY_BUILDING);
	status = fold_to(run, rows->view ? position.next_offset : NULL, FOLD_BULK_EVENTS, err);
	return status ? status : finish(run, rows, err);
}

static enum status compare(struct run *run, const struct live_rows *rows, struct error *err)
{
	report(run, REPLAY_COMPARING);
	enum status status = fold_to(run, rows->at.next_offset, FOLD_POLL_MAX, err);
	if (!status)
		status = comparison_match(rows->comparison, run->work->type, run->view, err);
	run->outcome->compared = !status;
	return status;
}

static enum status judge(const struct run *run, const struct live *live, struct error *err)
{
	const struct view_type *type = run->work->type;
	const struct comparison *c = &run->outcome->comparison;
	if (c->different == 0)
		return STATUS_OK;
	if (live->version == type->version)
		return error_set(err, STATUS_CONFLICT,
		                 "view %s: %llu keys differ between the live instance %s and what "
		                 "the journal says, under the same version of the view: not "
		                 "swapped",
		                 type->name, (unsigned long long)c->different, live->name);
	if (run->work->accept_changes)
		return STATUS_OK;
	return error_set(err, STATUS_CONFLICT,
	                 "view %s: %llu keys differ between version %u (live) and version %u: not "
	                 "swapped without --accept-changes",
	                 type->name, (unsigned long long)c->different, live->version,
	                 type->version);
}

/* Without live rows that can be read nothing can be compared: the operator has to know. */
static enum status find_live(struct run *run, struct live *live, struct error *err)
{
	struct error why;
	if (!site_live(run->work->site, run->work->type, live, &why))
		return STATUS_OK;
	if (!run->work->accept_changes)
		return error_set(err, why.status,
		                 "%.300s: it cannot be compared; --accept-changes swaps without",
		                 why.text);
	snprintf(run->outcome->note, sizeof run->outcome->note, "not compared: %.200s", why.text);
	return STATUS_OK;
}

static enum status build_and_compare(struct run *run, struct error *err)
{
	struct live live;
	struct live_rows rows = {.view = NULL};
	enum status status = find_live(run, &live, err);
	if (status)
		return status;
	status = open_build(run, err);
	if (!status)
		status = build(run, &live, &rows, err);
	if (!status && rows.view)
		status = compare(run, &rows, err);
	if (!status && rows.view)
		status = judge(run, &live, err);
	bool same_version = live.version == run->work->type->version;
	site_live_done(run->work->site, run->work->type, &live);
	if (status == STATUS_CONFLICT && run->outcome->compared && same_version) {
		/* one of the two is wrong: never to be taken for a build that goes on */
		struct error ignored;
		abandon(run, &ignored);
	}
	return status;
}

/* --- swapping --- */

static enum status swap_held(struct run *run, struct error *err)
{
	enum status status = fold_to(run, NULL, FOLD_POLL_MAX, err);
	close_view(run);
	return status ? status
	              : site_swap(run->work->site, run->work->type, run->now->instance, err);
}

static enum status hand_over(struct run *run, struct error *err)
{
	enum status status = catch_up(run, err);
	close_view(run); /* syncs, which takes long after a bulk build and little afterwards */
	if (!status)
		status = open_view(run, false, err);
	if (!status)
		status = catch_up(run, err);
	report(run, REPLAY_SWAPPING);
	if (status || (status = site_hold(run->work->site, run->work->type, err)))
		return status;
	status = swap_held(run, err);
	site_release(run->work->site, run->work->type);
	return status;
}

enum status replay_rebuild(const struct replay_work *work, struct replay_outcome *outcome,
                           struct error *err)
{
	struct run run;
	begin(&run, work, outcome);
	drop_unused(&run);
	enum status status = build_and_compare(&run, err);
	if (!status)
		status = hand_over(&run, err);
	close_view(&run);
	if (status != STATUS_INTERRUPTED)
		drop_unused(&run);
	return status;
}

enum status replay_verify(const struct replay_work *work, struct replay_outcome *outcome,
                          struct error *err)
{
	struct run run;
	struct error own;
	begin(&run, work, outcome);
	drop_unused(&run);
	enum status status = build_and_compare(&run, err);
	if (status == STATUS_INTERRUPTED) {
		close_view(&run);
		return status;
	}
	if (abandon(&run, &own) && !status)
		status = error_set(err, own.status, "%s", own.text);
	drop_unused(&run);
	return status;
}

/* --- back --- */

static enum status find_previous(struct run *run, struct error *err)
{
	const struct replay_work *work = run->work;
	struct registry_entry entry;
	enum status status = registry_get(work->site->registry, work->type, &entry, err);
	if (status)
		return status;
	if (!entry.previous[0])
		return error_set(err, STATUS_NOT_FOUND, "view %s has no previous instance",
		                 work->type->name);
	if (instance_version(entry.previous) != work->type->version)
		return error_set(err, STATUS_VERSION,
		                 "view %s: the previous instance %s was made by another version, "
		                 "not by version %u of this program",
		                 work->type->name, entry.previous, work->type->version);
	snprintf(run->now->instance, INSTANCE_MAX, "%s", entry.previous);
	int64_t until = clock_monotonic_ms() + USED_WAIT_MS;
	while (site_uses(work->site, work->type, entry.previous)) {
		if (clock_monotonic_ms() > until)
			return error_set(err, STATUS_BUSY,
			                 "view %s: queries still run on the previous instance %s",
			                 work->type->name, entry.previous);
		usleep(10000);
	}
	return STATUS_OK;
}

enum status replay_rollback(const struct replay_work *work, struct replay_outcome *outcome,
                            struct error *err)
{
	struct run run;
	begin(&run, work, outcome);
	enum status status = find_previous(&run, err);
	if (!status)
		status = open_view(&run, false, err);
	if (!status)
		status = hand_over(&run, err);
	close_view(&run);
	return status;
}
