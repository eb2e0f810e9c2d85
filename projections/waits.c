#include "projections/waits.h"

#include <pthread.h>
#include <stdlib.h>

#include "projections/row.h"

struct wait {
	struct wait *next;
	uint64_t seq;
	int64_t deadline_ms;
	void (*call)(void *context, bool reached);
	void *context;
	struct slice tenant; /* lies behind this struct */
};

struct waits {
	pthread_mutex_t lock;
	struct wait *first;
	struct tenant_table reached;
};

struct waits *waits_new(void)
{
	struct waits *waits = mem_new(sizeof *waits);
	pthread_mutex_init(&waits->lock, NULL);
	return waits;
}

static void call_all(struct wait *list, bool reached)
{
	while (list) {
		struct wait *next = list->next;
		list->call(list->context, reached);
		free(list);
		list = next;
	}
}

void waits_free(struct waits *waits)
{
	if (!waits)
		return;
	call_all(waits->first, false);
	tenant_table_release(&waits->reached);
	pthread_mutex_destroy(&waits->lock);
	free(waits);
}

static struct wait *new_wait(struct slice tenant)
{
	struct wait *wait = mem_new(sizeof *wait + tenant.n);
	char *name = (char *)(wait + 1);
	if (tenant.n)
		memcpy(name, tenant.data, tenant.n);
	wait->tenant = slice_of(name, tenant.n);
	return wait;
}

enum wait_answer waits_add(struct waits *waits, struct slice tenant, uint64_t seq,
                           int64_t deadline_ms, void (*call)(void *context, bool reached),
                           void *context)
{
	pthread_mutex_lock(&waits->lock);
	const struct tenant_entry *known = tenant_table_find(&waits->reached, tenant);
	bool there = known && known->seq >= seq;
	if (!there) {
		struct wait *wait = new_wait(tenant);
		wait->seq = seq;
		wait->deadline_ms = deadline_ms;
		wait->call = call;
		wait->context = context;
		wait->next = waits->first;
		waits->first = wait;
	}
	pthread_mutex_unlock(&waits->lock);
	if (!there)
		return known ? WAIT_ADDED : WAIT_UNKNOWN;
	call(context, true);
	return WAIT_CALLED;
}

/* Unlink those that @due picks. Under the lock. */
static struct wait *take_due(struct waits *waits,
                             bool (*due)(const struct wait *wait, const void *arg), const void *arg)
{
	struct wait *taken = NULL;
	for (struct wait **at = &waits->first; *at;) {
		struct wait *wait = *at;
		if (!due(wait, arg)) {
			at = &wait->next;
			continue;
		}
		*at = wait->next;
		wait->next = taken;
		taken = wait;
	}
	return taken;
}

static bool is_reached(const struct wait *wait, const void *arg)
{
	const struct tenant_entry *entry = arg;
	return wait->seq <= entry->seq && slice_equal(wait->tenant, entry->name);
}

void waits_reached(struct waits *waits, struct slice tenant, uint64_t seq)
{
	pthread_mutex_lock(&waits->lock);
	struct tenant_entry *entry = tenant_table_get(&waits->reached, tenant, NULL);
	entry->seq = seq;
	struct wait *due = take_due(waits, is_reached, entry);
	pthread_mutex_unlock(&waits->lock);
	call_all(due, true);
}

bool waits_any(struct waits *waits)
{
	pthread_mutex_lock(&waits->lock);
	bool any = waits->first;
	pthread_mutex_unlock(&waits->lock);
	return any;
}

void waits_unknown(struct waits *waits, struct buf *names)
{
	pthread_mutex_lock(&waits->lock);
	for (const struct wait *wait = waits->first; wait; wait = wait->next)
		if (!tenant_table_find(&waits->reached, wait->tenant))
			row_string(names, wait->tenant);
	pthread_mutex_unlock(&waits->lock);
}

static bool is_over(const struct wait *wait, const void *arg)
{
	return wait->deadline_ms <= *(const int64_t *)arg;
}

int64_t waits_expire(struct waits *waits, int64_t now_ms)
{
	int64_t nearest = INT64_MAX;
	pthread_mutex_lock(&waits->lock);
	struct wait *over = take_due(waits, is_over, &now_ms);
	for (const struct wait *wait = waits->first; wait; wait = wait->next)
		if (wait->deadline_ms < nearest)
			nearest = wait->deadline_ms;
	pthread_mutex_unlock(&waits->lock);
	call_all(over, false);
	return nearest;
}

void waits_forget(struct waits *waits)
{
	pthread_mutex_lock(&waits->lock);
	tenant_table_release(&waits->reached);
	pthread_mutex_unlock(&waits->lock);
}
