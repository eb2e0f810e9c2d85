/* Threads: one per view; one that calls waits at their deadlines; one that measures lags, apart
 * from the former because asking a broker for the end of the log may take long. */
#include "projections/projector.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "projections/slot.h"

#define VIEWS_MAX 32

struct projector {
	struct registry *registry;
	struct slot *slots;
	uint32_t slots_n;
	pthread_t deadlines, gauges;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* for deadlines */
	pthread_cond_t tick;    /* for gauges */
	bool stopping;
	bool waits_changed;
};

static void init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attr);
	pthread_condattr_destroy(&attr);
}

static struct timespec monotonic_at(int64_t ms)
{
	return (struct timespec){ms / 1000, ms % 1000 * 1000000};
}

static int64_t expire_all(struct projector *projector)
{
	int64_t nearest = INT64_MAX, now = clock_monotonic_ms();
	for (uint32_t i = 0; i < projector->slots_n; i++) {
		int64_t at = waits_expire(projector->slots[i].waits, now);
		nearest = at < nearest ? at : nearest;
	}
	return nearest;
}

static void *deadlines_thread(void *arg)
{
	struct projector *projector = arg;
	pthread_setname_np(pthread_self(), "view deadlines");
	pthread_mutex_lock(&projector->lock);
	while (!projector->stopping) {
		projector->waits_changed = false;
		pthread_mutex_unlock(&projector->lock);
		int64_t nearest = expire_all(projector);
		pthread_mutex_lock(&projector->lock);
		struct timespec at = monotonic_at(nearest < INT64_MAX ? nearest : 0);
		if (projector->stopping || projector->waits_changed)
			continue;
		if (nearest < INT64_MAX)
			pthread_cond_timedwait(&projector->changed, &projector->lock, &at);
		else
			pthread_cond_wait(&projector->changed, &projector->lock);
	}
	pthread_mutex_unlock(&projector->lock);
	return NULL;
}

static void *gauges_thread(void *arg)
{
	struct projector *projector = arg;
	pthread_setname_np(pthread_self(), "view gauges");
	pthread_mutex_lock(&projector->lock);
	while (!projector->stopping) {
		pthread_mutex_unlock(&projector->lock);
		for (uint32_t i = 0; i < projector->slots_n; i++) {
			slot_measure(&projector->slots[i]);
			slot_tell_progress(&projector->slots[i]);
		}
		int64_t next = clock_monotonic_ms() + PROJECTOR_GAUGE_MS;
		struct timespec at = monotonic_at(next);
		pthread_mutex_lock(&projector->lock);
		while (!projector->stopping && clock_monotonic_ms() < next)
			pthread_cond_timedwait(&projector->tick, &projector->lock, &at);
	}
	pthread_mutex_unlock(&projector->lock);
	return NULL;
}

static void start_thread(pthread_t *thread, void *(*run)(void *), void *arg)
{
	if (pthread_create(thread, NULL, run, arg))
		abort(); /* no thread to be had at start: as out of memory */
}

enum status projector_start(const struct projector_options *options, struct projector **out,
                            struct error *err)
{
	struct registry *registry;
	enum status status = registry_open(options->config, &registry, err);
	if (status)
		return status;
	struct projector *projector = mem_new(sizeof *projector);
	projector->registry = registry;
	projector->slots = mem_new(VIEWS_MAX * sizeof *projector->slots);
	pthread_mutex_init(&projector->lock, NULL);
	init_condition(&projector->changed);
	init_condition(&projector->tick);
	bool postgres = options->postgres && options->config->postgres[0];
	for (const struct view_type *const *type = view_types; *type; type++) {
		assert(projector->slots_n < VIEWS_MAX);
		if ((*type)->postgres ? postgres : options->lmdb)
			slot_init(&projector->slots[projector->slots_n++], *type, options,
			          registry);
	}
	for (uint32_t i = 0; i < projector->slots_n; i++)
		start_thread(&projector->slots[i].thread, slot_thread, &projector->slots[i]);
	start_thread(&projector->deadlines, deadlines_thread, projector);
	start_thread(&projector->gauges, gauges_thread, projector);
	*out = projector;
	return STATUS_OK;
}

void projector_stop(struct projector *projector)
{
	if (!projector)
		return;
	pthread_mutex_lock(&projector->lock);
	projector->stopping = true;
	pthread_cond_broadcast(&projector->changed);
	pthread_cond_broadcast(&projector->tick);
	pthread_mutex_unlock(&projector->lock);
	for (uint32_t i = 0; i < projector->slots_n; i++) {
		atomic_store(&projector->slots[i].stopping, true);
		slot_wake(&projector->slots[i]);
	}
	for (uint32_t i = 0; i < projector->slots_n; i++)
		pthread_join(projector->slots[i].thread, NULL);
	pthread_join(projector->deadlines, NULL);
	pthread_join(projector->gauges, NULL);
	for (uint32_t i = 0; i < projector->slots_n; i++) {
		slot_tell_progress(&projector->slots[i]);
		slot_release(&projector->slots[i]);
	}
	registry_close(projector->registry);
	pthread_mutex_destroy(&projector->lock);
	pthread_cond_destroy(&projector->changed);
	pthread_cond_destroy(&projector->tick);
	free(projector->slots);
	free(projector);
}

uint32_t projector_views(const struct projector *projector)
{
	return projector->slots_n;
}

void projector_state(struct projector *projector, uint32_t view, struct view_state *out)
{
	assert(view < projector->slots_n);
	slot_state(&projector->slots[view], out);
}

static struct slot *find_slot(struct projector *projector, struct slice view)
{
	for (uint32_t i = 0; i < projector->slots_n; i++)
		if (slice_is(view, projector->slots[i].type->name))
			return &projector->slots[i];
	return NULL;
}

void projector_wait(struct projector *projector, struct slice view, struct slice tenant,
                    uint64_t seq, int64_t deadline_monotonic_ms,
                    void (*call)(void *context, bool reached), void *context)
{
	struct slot *slot = find_slot(projector, view);
	if (!slot) {
		call(context, false);
		return;
	}
	enum wait_answer answer =
	        waits_add(slot->waits, tenant, seq, deadline_monotonic_ms, call, context);
	if (answer == WAIT_CALLED)
		return;
	if (answer == WAIT_UNKNOWN)
		slot_wake(slot);
	else
		slot_hurry(slot);
	pthread_mutex_lock(&projector->lock);
	projector->waits_changed = true;
	pthread_cond_signal(&projector->changed);
	pthread_mutex_unlock(&projector->lock);
}

struct view *projector_acquire(struct projector *projector, struct slice view)
{
	struct slot *slot = find_slot(projector, view);
	return slot ? slot_acquire(slot) : NULL;
}

void projector_return(struct projector *projector, struct slice view, struct view *instance)
{
	if (instance)
		slot_return(find_slot(projector, view), instance);
}

bool projector_keeps(struct projector *projector, struct slice view)
{
	return find_slot(projector, view) != NULL;
}

bool projector_instance(struct projector *projector, struct slice view, char *name, size_t name_max)
{
	struct slot *slot = find_slot(projector, view);
	if (slot)
		return slot_instance(slot, name, name_max);
	const struct view_type *type = view_type_find(view);
	struct registry_entry entry;
	if (!type || registry_get(projector->registry, type, &entry, NULL))
		return false;
	snprintf(name, name_max, "%s", entry.live);
	return true;
}

enum status projector_swap(struct projector *projector, struct slice view, const char *instance,
                           struct error *err)
{
	struct slot *slot = find_slot(projector, view);
	return slot ? slot_swap(slot, instance, err)
	            : error_set(err, STATUS_NOT_FOUND, "there is no view of that name");
}

enum status projector_hold(struct projector *projector, struct slice view, struct error *err)
{
	struct slot *slot = find_slot(projector, view);
	return slot ? slot_hold(slot, err)
	            : error_set(err, STATUS_NOT_FOUND, "there is no view of that name");
}

void projector_release(struct projector *projector, struct slice view)
{
	slot_release_hold(find_slot(projector, view));
}

struct registry *projector_registry(struct projector *projector)
{
	return projector->registry;
}

bool projector_uses(struct projector *projector, struct slice view, const char *instance)
{
	struct slot *slot = find_slot(projector, view);
	return slot && slot_uses(slot, instance);
}
