/* Calls to be made later: a binary heap by time, then by order of asking. Not thread-safe: the
 * server holds its lock. */
#ifndef CORE_HTTP_TIMERS_H
#define CORE_HTTP_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
	int64_t at_ms;
	uint64_t order;
	void (*call)(void *context);
	void *context;
};

struct timers {
	struct timer *heap;
	size_t n;
	size_t cap;
	uint64_t order;
};

void timers_release(struct timers *timers);
/* True when it is now the first to run. */
bool timers_add(struct timers *timers, int64_t at_ms, void (*call)(void *context), void *context);
/* Take the first out if it is due at @now_ms. */
bool timers_take(struct timers *timers, int64_t now_ms, struct timer *timer);
/* INT64_MAX when there is none. */
int64_t timers_next_ms(const struct timers *timers);

#endif
