#include "core/http/timers.h"

#include <stdlib.h>

#include "core/base/bytes.h"

void timers_release(struct timers *timers)
{
	free(timers->heap);
	*timers = (struct timers){0};
}

static bool before(const struct timer *a, const struct timer *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

bool timers_add(struct timers *timers, int64_t at_ms, void (*call)(void *context), void *context)
{
	const struct timer added = {at_ms, timers->order++, call, context};
	size_t at = timers->n++;

	if (timers->n > timers->cap) {
		timers->cap = timers->cap ? timers->cap * 2 : 64;
		timers->heap = mem_grow(timers->heap, timers->cap * sizeof(*timers->heap));
	}
	while (at > 0 && before(&added, &timers->heap[(at - 1) / 2])) {
		timers->heap[at] = timers->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	timers->heap[at] = added;
	return at == 0;
}

bool timers_take(struct timers *timers, int64_t now_ms, struct timer *timer)
{
	if (timers->n == 0 || timers->heap[0].at_ms > now_ms)
		return false;
	*timer = timers->heap[0];
	struct timer last = timers->heap[--timers->n];
	size_t at = 0;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= timers->n)
			break;
		if (child + 1 < timers->n && before(&timers->heap[child + 1], &timers->heap[child]))
			child++;
		if (!before(&timers->heap[child], &last))
			break;
		timers->heap[at] = timers->heap[child];
		at = child;
	}
	timers->heap[at] = last;
	return true;
}

int64_t timers_next_ms(const struct timers *timers)
{
	return timers->n ? timers->heap[0].at_ms : INT64_MAX;
}
