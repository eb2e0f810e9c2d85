/* The feed view: where in the journal the events of a tenant lie. A sparse index: every
 * FEED_STRIDE-th event has a place, readers scan the journal from there. Bound to one journal. */
#ifndef PROJECTIONS_FEED_H
#define PROJECTIONS_FEED_H

#include "projections/view.h"

#define FEED_STRIDE 128

extern const struct kv_view_type feed_view; /* kv_view.h */

struct feed_place {
	uint64_t seq; /* of the event at the place; <= after + 1 */
	struct view_place place;
};

/* Where to begin reading for events of @tenant with seq > @after. *@position is the last seq that
 * the view knows. STATUS_NOT_FOUND: it knows no event of the tenant. Any thread. */
enum status feed_find(struct view *view, struct slice tenant, uint64_t after,
                      struct feed_place *out, uint64_t *position, struct error *err);

#endif
