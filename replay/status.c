/* The status is measured now, not remembered: positions are read from the stores. */
#include "core/base/clock.h"
#include "replay/jobs.h"

/* With nothing running the store is all there is. */
static void print_stop(void *context, const struct view_stop *stop)
{
	struct json_out *out = context;
	json_out_object(out);
	json_out_member_string(out, "tenant", stop->tenant);
	json_out_member_int(out, "before_seq", (int64_t)stop->seq);
	if (stop->has_place) {
		json_out_member_uuid(out, "event_id", &stop->event_id);
		json_out_member_int(out, "partition", stop->place.partition);
		json_out_member_int(out, "offset", stop->place.offset);
	}
	json_out_member_string(out, "reason", stop->reason);
	json_out_object_end(out);
}

static enum status print_partitions(const struct site *site, const struct view_position *position,
                                    struct json_out *out, int64_t *lag, struct error *err)
{
	uint32_t n = journal_identity(site->journal)->partitions;
	enum status status = STATUS_OK;
	*lag = 0;
	json_out_key(out, "partitions");
	json_out_array(out);
	for (uint32_t i = 0; i < n && !status; i++) {
		int64_t end = 0, next = i < position->partitions ? position->next_offset[i] : 0;
		status = journal_end(site->journal, i, &end, err);
		*lag += end > next ? end - next : 0;
		json_out_object(out);
		json_out_member_int(out, "partition", i);
		json_out_member_int(out, "next_offset", next);
		if (!status)
			json_out_member_int(out, "end", end);
		json_out_object_end(out);
	}
	json_out_array_end(out);
	return status;
}

static enum status print_stored(const struct site *site, const struct view_type *type,
                                struct json_out *out, struct error *err)
{
	struct live live;
	struct view_position position;
	int64_t lag;
	enum status status = site_live(site, type, &live, err);
	if (status)
		return status;
	status = type->position(live.view, &position, err);
	if (!status)
		status = print_partitions(site, &position, out, &lag, err);
	if (!status && !site->projector)
		json_out_member_int(out, "lag_records", lag);
	if (!status && !site->projector && live.version == type->version) {
		json_out_key(out, "stopped");
		json_out_array(out);
		status = type->stopped(live.view, print_stop, out, err);
		json_out_array_end(out);
	}
	site_live_done(site, type, &live);
	return status;
}

/* What only a running projector knows. */
static void print_state(const struct view_state *state, struct json_out *out)
{
	json_out_member_bool(out, "open", state->open);
	json_out_member_int(out, "lag_records", (int64_t)state->lag_records);
	json_out_member_int(out, "lag_ms", state->lag_ms);
	json_out_member_int(out, "moved_ms_ago", state->moved_ms_ago);
	json_out_member_bool(out, "stalled", state->stalled);
	json_out_member_int(out, "events_applied", (int64_t)state->events_applied);
	trouble_print(state->trouble, out);
	if (state->reason[0])
		json_out_member_str(out, "reason", state->reason);
}

static void print_running(const struct site *site, const struct view_type *type,
                          struct json_out *out)
{
	for (uint32_t i = 0; site->projector && i < projector_views(site->projector); i++) {
		struct view_state state;
		projector_state(site->projector, i, &state);
		if (strcmp(state.view, type->name) == 0)
			print_state(&state, out);
	}
}

static void print_view(struct replay_view *view, struct json_out *out)
{
	const struct site *site = &view->replay->options.site;
	struct registry_entry entry;
	struct error err;
	json_out_object(out);
	json_out_member_str(out, "view", view->type->name);
	json_out_member_int(out, "version", view->type->version);
	if (!registry_get(site->registry, view->type, &entry, &err)) {
		json_out_member_str(out, "live", entry.live);
		json_out_member_str(out, "previous", entry.previous);
		json_out_member_str(out, "building", entry.building);
	}
	print_running(site, view->type, out);
	if (print_stored(site, view->type, out, &err))
		json_out_member_str(out, "error", err.text);
	pthread_mutex_lock(&view->replay->lock);
	if (view->id) {
		json_out_key(out, "job");
		job_print(view, out);
	}
	pthread_mutex_unlock(&view->replay->lock);
	json_out_object_end(out);
}

void replay_status(struct replay *replay, struct buf *to)
{
	const struct replay_options *options = &replay->options;
	const struct journal_identity *identity = journal_identity(options->site.journal);
	struct json_out out;
	json_out_init(&out, to);
	json_out_object(&out);
	json_out_member_time(&out, "time", clock_now_ms());
	json_out_member_bool(&out, "running", options->site.running);
	json_out_member_str(&out, "driver", journal_driver(options->site.journal));
	json_out_member_uuid(&out, "journal", &identity->id);
	json_out_key(&out, "views");
	json_out_array(&out);
	for (uint32_t i = 0; i < replay->views_n; i++)
		print_view(&replay->views[i], &out);
	json_out_array_end(&out);
	if (options->writers) {
		json_out_key(&out, "writers");
		options->writers(options->context, &out);
	}
	if (options->processor) {
		json_out_key(&out, "processor");
		options->processor(options->context, &out);
	}
	json_out_object_end(&out);
}
