#include "replay/skip.h"

#include "core/base/json_out.h"

struct standing { /* where one reader stands in the tenant */
	bool stands;
	uint64_t seq;
	struct uuid event_id;
};

struct looking {
	const struct skip *skip;
	struct standing found;
};

static void look(void *context, const struct view_stop *stop)
{
	struct looking *looking = context;
	if (slice_equal(stop->tenant, looking->skip->tenant))
		looking->found = (struct standing){true, stop->seq, stop->event_id};
}

/* In the store: what a projector knows in memory is what it has stored. */
static enum status look_in_view(const struct skip_place *place, const struct view_type *type,
                                const struct skip *skip, struct standing *out, struct error *err)
{
	struct looking looking = {.skip = skip};
	struct live live;
	enum status status = site_live(place->site, type, &live, err);
	if (status)
		return status;
	if (live.version == type->version)
		status = type->stopped(live.view, look, &looking, err);
	site_live_done(place->site, type, &live);
	*out = looking.found;
	return status;
}

static void add(struct skip_done *done, const char *reader, const struct standing *found)
{
	done->readers[done->readers_n++] = reader;
	done->event_id = found->event_id;
}

static enum status refuse(const struct skip *skip, const char *reader, const struct standing *found,
                          struct error *err)
{
	if (found->stands)
		return error_set(err, STATUS_CONFLICT,
		                 "%s stands before seq %llu of tenant %.*s, not before %llu: only "
		                 "that one can be skipped",
		                 reader, (unsigned long long)found->seq, (int)skip->tenant.n,
		                 skip->tenant.data, (unsigned long long)skip->seq);
	return error_set(err, STATUS_CONFLICT, "%s does not stand in tenant %.*s: nothing to skip",
	                 reader, (int)skip->tenant.n, skip->tenant.data);
}

/* Add @reader if it stands before the event. It must, if it was named. */
static enum status consider(const struct skip *skip, const char *reader,
                            const struct standing *found, struct skip_done *done, struct error *err)
{
	bool there = found->stands && found->seq == skip->seq;
	if (there && uuid_is_nil(&found->event_id))
		return error_set(
		        err, STATUS_UNAVAILABLE,
		        "%s: an older program noted the stop and not the event; start this "
		        "one once, it tries again and notes it",
		        reader);
	if (there)
		add(done, reader, found);
	else if (skip->reader.n)
		return refuse(skip, reader, found, err);
	return STATUS_OK;
}

static enum status consider_processor(const struct skip_place *place, const struct skip *skip,
                                      struct skip_done *done, struct error *err)
{
	struct standing found = {.stands = false};
	if (skip->reader.n && !slice_is(skip->reader, READER_PROCESSOR))
		return STATUS_OK;
	if (!place->processor)
		return skip->reader.n ? error_set(err, STATUS_NOT_FOUND,
		                                  "the processor does not run here: ask the "
		                                  "process that runs it, by its data_dir")
		                      : STATUS_OK;
	found.stands =
	        trouble_stopped_at(place->processor, skip->tenant, &found.seq, &found.event_id);
	return consider(skip, READER_PROCESSOR, &found, done, err);
}

static enum status find_readers(const struct skip_place *place, const struct skip *skip,
                                struct skip_done *done, struct error *err)
{
	enum status status = consider_processor(place, skip, done, err);
	bool known = slice_is(skip->reader, READER_PROCESSOR) || skip->reader.n == 0;
	for (const struct view_type *const *type = view_types; *type && !status; type++) {
		struct standing found = {.stands = false};
		if ((skip->reader.n && !slice_is(skip->reader, (*type)->name)) ||
		    !site_keeps(place->site, *type))
			continue;
		known = true;
		status = look_in_view(place, *type, skip, &found, err);
		if (!status)
			status = consider(skip, (*type)->name, &found, done, err);
	}
	if (!status && !known)
		return error_set(err, STATUS_NOT_FOUND, "no view \"%.*s\" is kept here",
		                 (int)skip->reader.n, skip->reader.data);
	if (!status && done->readers_n == 0)
		return error_set(
		        err, STATUS_CONFLICT,
		        "nobody here stands before seq %llu of tenant %.*s: nothing to skip",
		        (unsigned long long)skip->seq, (int)skip->tenant.n, skip->tenant.data);
	return status;
}

/* What the writers cannot read they do not append behind. */
static enum status check_writers(const struct skip_place *place, const struct skip *skip,
                                 struct error *err)
{
	uint64_t seq;
	struct uuid event;
	if (!place->writers || !trouble_stopped_at(place->writers, skip->tenant, &seq, &event))
		return STATUS_OK;
	return error_set(err, STATUS_CONFLICT,
	                 "the writers cannot read seq %llu of tenant %.*s either, and they never "
	                 "skip one: a newer version of the program wrote it, upgrade",
	                 (unsigned long long)seq, (int)skip->tenant.n, skip->tenant.data);
}

static void print_command(const struct skip *skip, const struct skip_done *done, struct buf *to)
{
	struct json_out out;
	json_out_init(&out, to);
	json_out_object(&out);
	json_out_key(&out, "readers");
	json_out_array(&out);
	for (uint32_t i = 0; i < done->readers_n; i++)
		json_out_str(&out, done->readers[i]);
	json_out_array_end(&out);
	json_out_member_int(&out, "seq", (int64_t)skip->seq);
	json_out_member_uuid(&out, "event", &done->event_id);
	json_out_member_string(&out, "why", skip->why);
	json_out_member_string(&out, "operator", skip->operator);
	json_out_object_end(&out);
}

enum status skip_decide(const struct skip_place *place, const struct skip *skip,
                        struct skip_done *done, struct error *err)
{
	struct buf body = {0};
	*done = (struct skip_done){.readers_n = 0};
	enum status status = check_writers(place, skip, err);
	if (!status)
		status = find_readers(place, skip, done, err);
	if (status)
		return status;
	print_command(skip, done, &body);
	/* Sent again it is the same command, as long as it is the same decision. */
	struct uuid command_id = uuid_v5(&done->event_id, buf_slice(&body));
	status = place->append(place, skip->tenant, &command_id, buf_slice(&body),
	                       &done->decision_seq, err);
	buf_release(&body);
	return status;
}
