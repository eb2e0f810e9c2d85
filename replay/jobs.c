#include "replay/jobs.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"

#define LOGGER "replay"
#define NICE   10

static const char *const verbs[] = {
        [REPLAY_REBUILD] = "rebuild",
        [REPLAY_ROLLBACK] = "rollback",
        [REPLAY_VERIFY] = "verify",
};

/* --- the views that are here --- */

struct replay *replay_open(const struct replay_options *options)
{
	struct replay *replay = mem_new(sizeof *replay);
	replay->options = *options;
	replay->options.skip.site = &replay->options.site;
	pthread_mutex_init(&replay->lock, NULL);
	for (const struct view_type *const *type = view_types; *type; type++) {
		if (!site_keeps(&options->site, *type))
			continue;
		assert(replay->views_n < REPLAY_VIEWS_MAX);
		replay->views[replay->views_n++] =
		        (struct replay_view){.replay = replay, .type = *type};
	}
	return replay;
}

void replay_close(struct replay *replay)
{
	if (!replay)
		return;
	atomic_store(&replay->stop, true);
	for (uint32_t i = 0; i < replay->views_n; i++) {
		if (replay->views[i].started)
			pthread_join(replay->views[i].thread, NULL);
		buf_release(&replay->views[i].result);
	}
	pthread_mutex_destroy(&replay->lock);
	free(replay);
}

struct replay_view *replay_find(struct replay *replay, struct slice view)
{
	for (uint32_t i = 0; i < replay->views_n; i++)
		if (slice_is(view, replay->views[i].type->name))
			return &replay->views[i];
	return NULL;
}

/* --- a job --- */

static void progressed(void *context, const struct replay_progress *progress)
{
	struct replay_view *view = context;
	pthread_mutex_lock(&view->replay->lock);
	view->progress = *progress;
	pthread_mutex_unlock(&view->replay->lock);
}

static void print_result(const struct replay_outcome *outcome, struct buf *to)
{
	struct json_out out;
	buf_clear(to);
	json_out_init(&out, to);
	json_out_object(&out);
	json_out_member_bool(&out, "compared", outcome->compared);
	if (outcome->note[0])
		json_out_member_str(&out, "note", outcome->note);
	if (outcome->compared) {
		json_out_key(&out, "comparison");
		comparison_print(&outcome->comparison, &out);
	}
	json_out_object_end(&out);
}

static void log_end(const struct replay_view *view, enum status status, const struct error *err,
                    const struct replay_outcome *outcome)
{
	if (!view->replay->options.site.running)
		return; /* the command line says it */
	if (status)
		log_warn(LOGGER, "failed", LOG_S("view", view->type->name),
		         LOG_S("verb", verbs[view->verb]), LOG_S("reason", err->text));
	else
		log_info(LOGGER, "done", LOG_S("view", view->type->name),
		         LOG_S("verb", verbs[view->verb]),
		         LOG_S("instance", outcome->progress.instance),
		         LOG_I("events", outcome->progress.events));
}

static void end(struct replay_view *view, enum status status, const struct error *err,
                const struct replay_outcome *outcome)
{
	log_end(view, status, err, outcome);
	pthread_mutex_lock(&view->replay->lock);
	view->progress = outcome->progress;
	print_result(outcome, &view->result);
	view->state = status ? JOB_FAILED : JOB_DONE;
	view->error = (struct error){.status = STATUS_OK};
	if (status)
		view->error = *err;
	view->ended_ms = clock_monotonic_ms();
	pthread_mutex_unlock(&view->replay->lock);
}

static void *job_thread(void *arg)
{
	static enum status (*const run[])(const struct replay_work *, struct replay_outcome *,
	                                  struct error *) = {
	        [REPLAY_REBUILD] = replay_rebuild,
	        [REPLAY_ROLLBACK] = replay_rollback,
	        [REPLAY_VERIFY] = replay_verify,
	};
	struct replay_view *view = arg;
	struct error err = {.status = STATUS_OK};
	struct replay_outcome outcome;
	struct replay_work work = {
	        .site = &view->replay->options.site,
	        .type = view->type,
	        .accept_changes = view->accept_changes,
	        .stop = &view->replay->stop,
	        .progress = progressed,
	        .context = view,
	};
	if (work.site->projector) /* of this thread only; without the right to, it runs as it is */
		setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
	enum status status = run[view->verb](&work, &outcome, &err);
	end(view, status, &err, &outcome);
	replay_outcome_release(&outcome);
	return NULL;
}

/* Under the lock. */
static enum status launch(struct replay_view *view, struct error *err)
{
	if (view->state == JOB_RUNNING)
		return error_set(err, STATUS_BUSY, "view %s: %s is running", view->type->name,
		                 verbs[view->verb]);
	if (view->started)
		pthread_join(view->thread, NULL); /* it has ended */
	view->started = false;
	if (atomic_load(&view->replay->stop))
		return error_set(err, STATUS_INTERRUPTED, "the process stops");
	return STATUS_OK;
}

enum status replay_start(struct replay *replay, struct slice name, enum replay_verb verb,
                         bool accept_changes, uint64_t *job, struct error *err)
{
	struct replay_view *view = replay_find(replay, name);
	if (!view)
		return error_set(err, STATUS_NOT_FOUND, "no view \"%.*s\" is kept here",
		                 (int)name.n, name.data);
	pthread_mutex_lock(&replay->lock);
	enum status status = launch(view, err);
	if (!status) {
		*job = view->id = ++replay->jobs;
		view->verb = verb;
		view->accept_changes = accept_changes;
		view->state = JOB_RUNNING;
		view->progress = (struct replay_progress){.phase = REPLAY_BUILDING};
		view->started_ms = clock_monotonic_ms();
		view->started = pthread_create(&view->thread, NULL, job_thread, view) == 0;
		if (!view->started) {
			view->state = JOB_FAILED;
			status = error_set(err, STATUS_BUSY, "no thread for it");
			view->error = *err;
		}
	}
	pthread_mutex_unlock(&replay->lock);
	return status;
}

/* --- a skip --- */

enum status replay_skip(struct replay *replay, const struct skip *skip, struct buf *to,
                        struct error *err)
{
	struct skip_done done;
	struct json_out out;
	enum status status = skip_decide(&replay->options.skip, skip, &done, err);
	if (status)
		return status;
	log_warn(LOGGER, "an operator skips an event", LOG_I("seq", skip->seq),
	         LOG_I("decision_seq", done.decision_seq), LOG_I("readers", done.readers_n));
	json_out_init(&out, to);
	json_out_object(&out);
	json_out_member_string(&out, "tenant", skip->tenant);
	json_out_member_int(&out, "seq", (int64_t)skip->seq);
	json_out_member_uuid(&out, "event_id", &done.event_id);
	json_out_key(&out, "readers");
	json_out_array(&out);
	for (uint32_t i = 0; i < done.readers_n; i++)
		json_out_str(&out, done.readers[i]);
	json_out_array_end(&out);
	json_out_member_int(&out, "decision_seq", (int64_t)done.decision_seq);
	json_out_object_end(&out);
	return STATUS_OK;
}

/* --- printing --- */

static void print_progress(const struct replay_progress *progress, struct json_out *out)
{
	double seconds = (double)progress->fold_ms / 1000;
	double rate = seconds > 0 ? (double)progress->events / seconds : 0;
	int64_t left = progress->end > progress->offset ? progress->end - progress->offset : 0;
	json_out_member_str(out, "phase", replay_phase_name(progress->phase));
	json_out_member_str(out, "instance", progress->instance);
	json_out_member_bool(out, "resumed", progress->resumed);
	json_out_member_int(out, "events", (int64_t)progress->events);
	json_out_key(out, "fold_seconds");
	json_out_double(out, seconds);
	json_out_key(out, "events_per_second");
	json_out_double(out, rate);
	json_out_key(out, "ratio");
	json_out_double(out, progress->end > 0 && left > 0
	                             ? (double)progress->offset / (double)progress->end
	                             : 1);
	json_out_key(out, "eta_seconds");
	if (rate > 0)
		json_out_double(out, (double)left / rate);
	else
		json_out_null(out);
}

void job_print(const struct replay_view *view, struct json_out *out)
{
	static const char *const states[] = {
	        [JOB_NONE] = "none",
	        [JOB_RUNNING] = "running",
	        [JOB_DONE] = "done",
	        [JOB_FAILED] = "failed",
	};
	bool running = view->state == JOB_RUNNING;
	int64_t ended_ms = running ? clock_monotonic_ms() : view->ended_ms;
	json_out_object(out);
	json_out_member_int(out, "id", (int64_t)view->id);
	json_out_member_str(out, "view", view->type->name);
	json_out_member_str(out, "verb", verbs[view->verb]);
	json_out_member_str(out, "state", states[view->state]);
	json_out_key(out, "seconds");
	json_out_double(out, (double)(ended_ms - view->started_ms) / 1000);
	print_progress(&view->progress, out);
	if (view->state == JOB_FAILED) {
		json_out_member_str(out, "status", status_name(view->error.status));
		json_out_member_str(out, "error", view->error.text);
	}
	if (!running && view->result.n) {
		json_out_key(out, "result");
		json_out_raw(out, buf_slice(&view->result));
	}
	json_out_object_end(out);
}

enum status replay_job(struct replay *replay, struct slice name, struct buf *to, struct error *err)
{
	struct replay_view *view = replay_find(replay, name);
	struct json_out out;
	if (!view || !view->id)
		return error_set(err, STATUS_NOT_FOUND, "view \"%.*s\" had no job here",
		                 (int)name.n, name.data);
	json_out_init(&out, to);
	pthread_mutex_lock(&replay->lock);
	job_print(view, &out);
	pthread_mutex_unlock(&replay->lock);
	return STATUS_OK;
}
