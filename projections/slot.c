#include "projections/slot.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"

void slot_init(struct slot *slot, const struct view_type *type,
               const struct projector_options *options, struct registry *registry)
{
	pthread_condattr_t attr;
	slot->type = type;
	slot->options = *options;
	slot->registry = registry;
	slot->waits = waits_new();
	slot->moved_monotonic_ms = clock_monotonic_ms();
	pthread_mutex_init(&slot->opening, NULL);
	pthread_mutex_init(&slot->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&slot->changed, &attr);
	pthread_condattr_destroy(&attr);
	const char *view[] = {type->name};
	slot->lag_seconds = metric_series(METRIC_VIEW_LAG_SECONDS, view);
	slot->events_total = metric_series(METRIC_VIEW_EVENTS, view);
	slot->failures = metric_series(METRIC_VIEW_FAILURES, view);
	slot->still_seconds = metric_series(METRIC_VIEW_STILL_SECONDS, view);
	slot->trouble = trouble_new(type->name);
	uint32_t partitions = journal_identity(options->journal)->partitions;
	int64_t now = clock_now_ms();
	for (uint32_t i = 0; i < partitions; i++) {
		char partition[12];
		snprintf(partition, sizeof partition, "%u", i);
		const char *labels[] = {type->name, partition};
		slot->lag_series[i] = metric_series(METRIC_VIEW_LAG_RECORDS, labels);
		slot->position_series[i] = metric_series(METRIC_VIEW_POSITION, labels);
		slot->caught_up_ms[i] = now; /* what came before is unknown */
	}
}

static void instance_close(struct slot *slot, struct instance *instance)
{
	if (!instance)
		return;
	slot->type->close(instance->view);
	free(instance);
}

void slot_release(struct slot *slot)
{
	assert(!slot->retired && (!slot->live || slot->live->users == 0));
	waits_free(slot->waits);
	instance_close(slot, slot->live);
	trouble_free(slot->trouble);
	pthread_mutex_destroy(&slot->opening);
	pthread_mutex_destroy(&slot->lock);
	pthread_cond_destroy(&slot->changed);
}

void slot_wake(struct slot *slot)
{
	pthread_mutex_lock(&slot->lock);
	pthread_cond_broadcast(&slot->changed);
	if (slot->fold)
		fold_wake(slot->fold);
	pthread_mutex_unlock(&slot->lock);
}

void slot_hurry(struct slot *slot)
{
	pthread_mutex_lock(&slot->lock);
	if (slot->pacing)
		pthread_cond_broadcast(&slot->changed);
	pthread_mutex_unlock(&slot->lock);
}

/* --- instances --- */

bool slot_instance(struct slot *slot, char *name, size_t name_max)
{
	pthread_mutex_lock(&slot->lock);
	bool is_live = slot->live && !slot->refused;
	if (is_live)
		snprintf(name, name_max, "%s", slot->live->name);
	pthread_mutex_unlock(&slot->lock);
	return is_live;
}

struct view *slot_acquire(struct slot *slot)
{
	struct view *view = NULL;
	pthread_mutex_lock(&slot->lock);
	if (slot->live && !slot->refused) {
		slot->live->users++;
		view = slot->live->view;
	}
	pthread_mutex_unlock(&slot->lock);
	return view;
}

/* Unlink @instance from the retired ones. Under the lock. */
static void unlink_retired(struct slot *slot, struct instance *instance)
{
	struct instance **at = &slot->retired;
	while (*at != instance)
		at = &(*at)->next;
	*at = instance->next;
}

static struct instance *find_instance(struct slot *slot, const struct view *view)
{
	if (slot->live && slot->live->view == view)
		return slot->live;
	struct instance *instance = slot->retired;
	while (instance && instance->view != view)
		instance = instance->next;
	return instance;
}

void slot_return(struct slot *slot, struct view *view)
{
	pthread_mutex_lock(&slot->lock);
	struct instance *instance = find_instance(slot, view);
	assert(instance && instance->users > 0);
	bool last = --instance->users == 0 && instance != slot->live;
	pthread_mutex_unlock(&slot->lock);
	if (!last)
		return;
	/* A swap back may have revived it meanwhile: look again under both locks. */
	pthread_mutex_lock(&slot->opening);
	pthread_mutex_lock(&slot->lock);
	instance = find_instance(slot, view);
	last = instance && instance->users == 0 && instance != slot->live;
	if (last)
		unlink_retired(slot, instance);
	pthread_mutex_unlock(&slot->lock);
	if (last)
		instance_close(slot, instance);
	pthread_mutex_unlock(&slot->opening);
}

static struct instance *find_retired(struct slot *slot, const char *name)
{
	pthread_mutex_lock(&slot->lock);
	struct instance *instance = slot->retired;
	while (instance && strcmp(instance->name, name) != 0)
		instance = instance->next;
	pthread_mutex_unlock(&slot->lock);
	return instance;
}

bool slot_uses(struct slot *slot, const char *name)
{
	pthread_mutex_lock(&slot->opening); /* whoever is closing it has finished */
	bool used = (slot->live && strcmp(slot->live->name, name) == 0) || find_retired(slot, name);
	pthread_mutex_unlock(&slot->opening);
	return used;
}

/* Under opening. */
static enum status open_instance(struct slot *slot, const char *name, struct instance **out,
                                 struct error *err)
{
	struct view_options options = {
	        .config = slot->options.config,
	        .profile_keys = slot->options.profile_keys,
	        .instance = name,
	};
	struct view *view;
	enum status status = slot->type->open(slot->type, &options, &view, err);
	if (status)
		return error_wrap(err, "view %s: open %s", slot->type->name, name);
	struct instance *instance = mem_new(sizeof *instance);
	instance->view = view;
	snprintf(instance->name, sizeof instance->name, "%s", name);
	*out = instance;
	return STATUS_OK;
}

/* @next becomes live. Returns the old one if nobody uses it. Under opening. */
static struct instance *make_live(struct slot *slot, struct instance *next, bool revived)
{
	pthread_mutex_lock(&slot->lock);
	if (revived)
		unlink_retired(slot, next);
	struct instance *old = slot->live;
	slot->live = next;
	slot->refused = false;
	if (old && old->users) {
		old->next = slot->retired;
		slot->retired = old;
		old = NULL;
	}
	pthread_cond_broadcast(&slot->changed);
	if (slot->fold)
		fold_wake(slot->fold);
	pthread_mutex_unlock(&slot->lock);
	return old;
}

static enum status swap(struct slot *slot, const char *name, struct error *err)
{
	if (slot->live && strcmp(slot->live->name, name) == 0)
		return registry_set(slot->registry, slot->type, name, err);
	if (!registry_name_is_valid(name))
		return error_set(err, STATUS_INVALID, "\"%s\" cannot name an instance", name);
	struct instance *next = find_retired(slot, name);
	bool revived = next != NULL;
	if (!revived && open_instance(slot, name, &next, err))
		return err->status;
	enum status status = registry_set(slot->registry, slot->type, name, err);
	if (status) {
		if (!revived)
			instance_close(slot, next);
		return status;
	}
	instance_close(slot, make_live(slot, next, revived));
	return STATUS_OK;
}

/* slot->live changes only under opening, so it may be read there without the lock. */
enum status slot_swap(struct slot *slot, const char *name, struct error *err)
{
	struct error own;
	pthread_mutex_lock(&slot->opening);
	enum status status = swap(slot, name, err ? err : &own);
	pthread_mutex_unlock(&slot->opening);
	return status;
}

/* --- the thread --- */

#define POLL_MS         500
#define BACKOFF_MIN_MS  100
#define BACKOFF_MAX_MS  5000
#define PACE_EVENTS_MAX 2048 /* in one commit: then the view is behind */

struct work {                  /* of the thread */
	struct instance *mine; /* counted; the fold works on it */
	struct fold *fold;
	int64_t backoff_ms;
	uint64_t events; /* of the fold, when it last rested */
};

static void committed(void *context, struct tenant_entry *const *moved, uint32_t n)
{
	struct slot *slot = context;
	for (uint32_t i = 0; i < n; i++)
		waits_reached(slot->waits, moved[i]->name, moved[i]->seq);
}

static void put_down(struct slot *slot, struct work *work)
{
	pthread_mutex_lock(&slot->lock);
	slot->fold = NULL;
	slot->seen = (struct fold_counts){0};
	pthread_mutex_unlock(&slot->lock);
	fold_close(work->fold);
	work->fold = NULL;
	work->events = 0;
	if (work->mine)
		slot_return(slot, work->mine->view);
	work->mine = NULL;
}

/* Rows of another version are nothing for our queries, and its operator decides when they are
 * given up for those of this version. */
static enum status check_version(const struct slot *slot, const char *name, struct error *err)
{
	uint32_t version = instance_version(name);
	if (version == 0 || version == slot->type->version)
		return STATUS_OK;
	return error_set(err, STATUS_VERSION,
	                 "view %s: instance %s was made by version %u, this program has version "
	                 "%u: nexusflow replay rebuild %s --accept-changes",
	                 slot->type->name, name, version, slot->type->version, slot->type->name);
}

static enum status open_live(struct slot *slot, struct error *err)
{
	struct registry_entry entry;
	struct instance *instance;
	pthread_mutex_lock(&slot->opening);
	enum status status = STATUS_OK;
	if (!slot->live) {
		status = registry_get(slot->registry, slot->type, &entry, err);
		if (!status)
			status = check_version(slot, entry.live, err);
		if (!status)
			status = open_instance(slot, entry.live, &instance, err);
		if (!status) {
			status = registry_set(slot->registry, slot->type, entry.live, err);
			if (status)
				instance_close(slot, instance);
			else
				make_live(slot, instance, false);
		}
	}
	pthread_mutex_unlock(&slot->opening);
	return status;
}

static enum status take_up(struct slot *slot, struct work *work, struct error *err)
{
	enum status status = open_live(slot, err);
	if (status)
		return status;
	pthread_mutex_lock(&slot->lock);
	work->mine = slot->live;
	work->mine->users++;
	pthread_mutex_unlock(&slot->lock);
	waits_forget(slot->waits);
	struct fold_options options = {
	        .type = slot->type,
	        .view = work->mine->view,
	        .journal = slot->options.journal,
	        .committed = committed,
	        .context = slot,
	        .trouble = slot->trouble,
	        .retry_stopped = !slot->retried,
	};
	status = fold_open(&options, &work->fold, err);
	slot->retried = slot->retried || !status;
	pthread_mutex_lock(&slot->lock);
	slot->refused = status == STATUS_CONFLICT || status == STATUS_CORRUPT ||
	                (slot->refused && work->fold && fold_is_resuming(work->fold));
	slot->fold = work->fold;
	pthread_mutex_unlock(&slot->lock);
	return status;
}

static void answer_unknown(struct slot *slot, struct fold *fold)
{
	struct buf names = {0};
	waits_unknown(slot->waits, &names);
	const char *at = names.data, *end = at + names.n;
	while (at < end) {
		struct slice tenant = slice_of(at + 4, get_u32(at));
		uint64_t seq = 0;
		/* a failure leaves them waiting: the next step reports it */
		if (!fold_tenant_seq(fold, tenant, &seq, NULL) && seq)
			waits_reached(slot->waits, tenant, seq);
		at += 4 + tenant.n;
	}
	buf_release(&names);
}

static void publish(struct slot *slot, const struct fold *fold)
{
	const struct view_position *position = fold_position(fold);
	struct fold_counts counts = fold_counts(fold);
	pthread_mutex_lock(&slot->lock);
	if (memcmp(position->next_offset, slot->position.next_offset,
	           sizeof position->next_offset) != 0)
		slot->moved_monotonic_ms = clock_monotonic_ms();
	slot->position = *position;
	for (uint32_t i = 0; i < position->partitions; i++)
		slot->applied_at_ms[i] = fold_applied_at_ms(fold, i);
	uint64_t events = counts.events - slot->seen.events;
	slot->seen = counts;
	slot->events += events;
	slot->reason[0] = 0;
	slot->refused = slot->refused && fold_is_resuming(fold);
	pthread_mutex_unlock(&slot->lock);
	metric_add(slot->events_total, events);
}

static bool is_live(struct slot *slot, const struct instance *instance)
{
	pthread_mutex_lock(&slot->lock);
	bool live = slot->live == instance;
	pthread_mutex_unlock(&slot->lock);
	return live;
}

/* Returns when nobody holds the slot any more; the fold is closed meanwhile. */
static void rest(struct slot *slot, struct work *work)
{
	pthread_mutex_lock(&slot->lock);
	bool held = slot->held > 0;
	pthread_mutex_unlock(&slot->lock);
	if (!held)
		return;
	put_down(slot, work);
	pthread_mutex_lock(&slot->lock);
	slot->resting = true;
	pthread_cond_broadcast(&slot->changed);
	while (slot->held && !atomic_load(&slot->stopping))
		pthread_cond_wait(&slot->changed, &slot->lock);
	slot->resting = false;
	pthread_mutex_unlock(&slot->lock);
}

enum status slot_hold(struct slot *slot, struct error *err)
{
	int64_t until = clock_monotonic_ms() + PROJECTOR_HOLD_MS;
	struct timespec at = {until / 1000, until % 1000 * 1000000};
	pthread_mutex_lock(&slot->lock);
	slot->held++;
	pthread_cond_broadcast(&slot->changed);
	if (slot->fold)
		fold_wake(slot->fold);
	int late = 0;
	while (!slot->resting && !late && !atomic_load(&slot->stopping))
		late = pthread_cond_timedwait(&slot->changed, &slot->lock, &at);
	bool resting = slot->resting;
	pthread_mutex_unlock(&slot->lock);
	if (resting)
		return STATUS_OK;
	slot_release_hold(slot);
	return error_set(err, STATUS_TIMEOUT, "view %s: its projector is busy for more than %d ms",
	                 slot->type->name, PROJECTOR_HOLD_MS);
}

void slot_release_hold(struct slot *slot)
{
	pthread_mutex_lock(&slot->lock);
	slot->held--;
	pthread_cond_broadcast(&slot->changed);
	pthread_mutex_unlock(&slot->lock);
}

static enum status turn(struct slot *slot, struct work *work, struct error *err)
{
	if (work->mine && !is_live(slot, work->mine))
		put_down(slot, work);
	enum status status = work->fold ? STATUS_OK : take_up(slot, work, err);
	if (status)
		return status;
	if (slot->type->lost && slot->type->lost(work->mine->view))
		return error_set(err, STATUS_UNAVAILABLE, "view %s: the store went away",
		                 slot->type->name);
	answer_unknown(slot, work->fold);
	status = fold_step(work->fold, POLL_MS, err);
	if (!status)
		publish(slot, work->fold);
	return status;
}

/* Until the time is over or somebody has something for us. */
static void pause_for(struct slot *slot, int64_t ms)
{
	int64_t until = clock_monotonic_ms() + ms;
	struct timespec at = {until / 1000, until % 1000 * 1000000};
	pthread_mutex_lock(&slot->lock);
	if (!atomic_load(&slot->stopping) && !slot->held)
		pthread_cond_timedwait(&slot->changed, &slot->lock, &at);
	pthread_mutex_unlock(&slot->lock);
}

/* A commit costs the same for one event as for a hundred, so a view that is up to date collects for
 * a moment before it goes on; one that is behind does not. Who waits has said so before it looks at
 * pacing, so none is overlooked. */
static void pace(struct slot *slot, struct work *work)
{
	uint64_t events = fold_counts(work->fold).events, applied = events - work->events;
	int64_t until = clock_monotonic_ms() + slot->type->pace_ms;
	struct timespec at = {until / 1000, until % 1000 * 1000000};
	work->backoff_ms = 0;
	work->events = events;
	if (slot->type->pace_ms == 0 || applied == 0 || applied >= PACE_EVENTS_MAX)
		return;
	pthread_mutex_lock(&slot->lock);
	slot->pacing = true;
	if (!atomic_load(&slot->stopping) && !slot->held && !waits_any(slot->waits))
		pthread_cond_timedwait(&slot->changed, &slot->lock, &at);
	slot->pacing = false;
	pthread_mutex_unlock(&slot->lock);
}

/* Every failure is tried again, from the stored position and after a longer pause each time: what
 * passes, passes; what does not (a newer version's records) shows in the state as a stall with its
 * reason, and the other views go on. */
static void failed(struct slot *slot, struct work *work, const struct error *err)
{
	bool is_ahead = err->status == STATUS_CORRUPT && work->fold && fold_is_resuming(work->fold);
	put_down(slot, work);
	pthread_mutex_lock(&slot->lock);
	slot->refused = slot->refused || is_ahead;
	snprintf(slot->reason, sizeof slot->reason, "%.255s", err->text);
	pthread_mutex_unlock(&slot->lock);
	metric_add(slot->failures, 1);
	work->backoff_ms = work->backoff_ms ? work->backoff_ms * 2 : BACKOFF_MIN_MS;
	if (work->backoff_ms > BACKOFF_MAX_MS)
		work->backoff_ms = BACKOFF_MAX_MS;
	pause_for(slot, work->backoff_ms);
}

void *slot_thread(void *arg)
{
	struct slot *slot = arg;
	struct work work = {0};
	char name[16];
	snprintf(name, sizeof name, "view %s", slot->type->name);
	pthread_setname_np(pthread_self(), name);
	while (!atomic_load(&slot->stopping)) {
		struct error err = {0};
		rest(slot, &work);
		if (turn(slot, &work, &err))
			failed(slot, &work, &err);
		else
			pace(slot, &work);
	}
	put_down(slot, &work);
	return NULL;
}

/* --- progress --- */

/* How far partition @i is behind, and since when; notes when it is not. Under the lock. */
static int64_t measure_partition(struct slot *slot, uint32_t i, int64_t end, int64_t now_ms)
{
	int64_t lag = end - slot->position.next_offset[i];
	metric_set(slot->lag_series[i], lag > 0 ? (double)lag : 0);
	metric_set(slot->position_series[i], (double)slot->position.next_offset[i]);
	if (lag <= 0) {
		slot->caught_up_ms[i] = now_ms;
		return 0;
	}
	slot->lag_records += (uint64_t)lag;
	int64_t since = slot->applied_at_ms[i] > slot->caught_up_ms[i] ? slot->applied_at_ms[i]
	                                                               : slot->caught_up_ms[i];
	return now_ms > since ? now_ms - since : 1;
}

void slot_measure(struct slot *slot)
{
	uint32_t partitions = journal_identity(slot->options.journal)->partitions;
	int64_t ends[JOURNAL_PARTITIONS_MAX];
	for (uint32_t i = 0; i < partitions; i++)
		if (journal_end(slot->options.journal, i, &ends[i], NULL))
			return; /* the journal is away: the old figures stand */
	int64_t now_ms = clock_now_ms(), lag_ms = 0;
	pthread_mutex_lock(&slot->lock);
	slot->lag_records = 0;
	for (uint32_t i = 0; i < partitions; i++) {
		int64_t ms = measure_partition(slot, i, ends[i], now_ms);
		lag_ms = ms > lag_ms ? ms : lag_ms;
	}
	slot->lag_ms = lag_ms;
	if (!slot->lag_records)
		slot->moved_monotonic_ms = clock_monotonic_ms();
	int64_t still_ms = clock_monotonic_ms() - slot->moved_monotonic_ms;
	pthread_mutex_unlock(&slot->lock);
	metric_set(slot->lag_seconds, (double)lag_ms / 1000);
	metric_set(slot->still_seconds, (double)still_ms / 1000);
}

void slot_tell_progress(struct slot *slot)
{
	int64_t next_offset[JOURNAL_PARTITIONS_MAX];
	pthread_mutex_lock(&slot->lock);
	bool stands = slot->position.partitions > 0 && !slot->refused;
	memcpy(next_offset, slot->position.next_offset, sizeof next_offset);
	pthread_mutex_unlock(&slot->lock);
	if (stands)
		journal_progress(slot->options.journal, slot->type->name, next_offset);
}

void slot_state(struct slot *slot, struct view_state *out)
{
	struct trouble_counts trouble = trouble_counts(slot->trouble);
	pthread_mutex_lock(&slot->lock);
	*out = (struct view_state){
	        .view = slot->type->name,
	        .version = slot->type->version,
	        .postgres = slot->type->postgres,
	        .open = slot->live && !slot->refused,
	        .lag_records = slot->lag_records,
	        .lag_ms = slot->lag_ms,
	        .moved_ms_ago = clock_monotonic_ms() - slot->moved_monotonic_ms,
	        .events_applied = slot->events,
	        .trouble = slot->trouble,
	};
	out->tenants_stopped = trouble.stopped;
	out->foreign = trouble.foreign;
	out->stalled = out->lag_records > 0 && out->moved_ms_ago > PROJECTOR_STALL_MS;
	if (slot->live)
		snprintf(out->instance, sizeof out->instance, "%s", slot->live->name);
	snprintf(out->reason, sizeof out->reason, "%s", slot->reason);
	pthread_mutex_unlock(&slot->lock);
}
