/* Who waits for a view to reach a seq. Kept beside the view: the tenants that it is known to have
 * reached, so that a wait for what is already there costs a lookup.
 *
 * Any thread. Calls are made without a lock held, at most one per wait. */
#ifndef PROJECTIONS_WAITS_H
#define PROJECTIONS_WAITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "projections/tenant_table.h"

struct waits;

struct waits *waits_new(void);
void waits_free(struct waits *waits); /* everybody who waits is called with false */

enum wait_answer {
	WAIT_CALLED, /* it was reached */
	WAIT_ADDED,
	WAIT_UNKNOWN, /* added; somebody must ask the view of the tenant and say waits_reached */
};
enum wait_answer waits_add(struct waits *waits, struct slice tenant, uint64_t seq,
                           int64_t deadline_ms, void (*call)(void *context, bool reached),
                           void *context);
void waits_reached(struct waits *waits, struct slice tenant, uint64_t seq);
/* Whether anybody waits. */
bool waits_any(struct waits *waits);
/* Tenants that are waited for and unknown: copied behind one another to @names, each with a u32
 * length. */
void waits_unknown(struct waits *waits, struct buf *names);
/* Call those whose deadline is not after @now_ms; the nearest one left, or INT64_MAX. */
int64_t waits_expire(struct waits *waits, int64_t now_ms);
/* Another instance is live: what was known of the old one does not count. */
void waits_forget(struct waits *waits);

#endif
