/* A tenant's state as it would be after events that have not happened yet: rows that differ, over a
 * state that stays as it is. For decisions that must see the effect of their own events.
 *
 * Rows lie in the arena of the decision. A full arena loses a change: whoever evolves on an overlay
 * leaves OVERLAY_ROOM free. Pure. Internal to core/domain. */
#ifndef CORE_DOMAIN_OVERLAY_H
#define CORE_DOMAIN_OVERLAY_H

#include "core/base/arena.h"
#include "core/domain/tenant_state.h"

/* Bytes of rows that one event may change, at most: an IssueMoved with 300 tags, each of which is a
 * component or version that counts its issues. */
#define OVERLAY_ROOM (2 << 20)

struct overlay_row;

struct overlay {
	struct tenant_state face; /* first */
	const struct tenant_state *base;
	struct arena *arena;
	struct overlay_row *root; /* NULL: nothing differs */
};

void overlay_open(struct overlay *overlay, const struct tenant_state *base, struct arena *arena);
/* Forget what differs. */
void overlay_clear(struct overlay *overlay);
/* What differs in @from, whose base is @into, differs in @into from now on; @from is clear. */
void overlay_merge(struct overlay *into, struct overlay *from);

#endif
