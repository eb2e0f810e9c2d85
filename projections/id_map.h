/* Map from (tenant, UUID) to a pointer, in memory. Does not own the values. One thread. */
#ifndef PROJECTIONS_ID_MAP_H
#define PROJECTIONS_ID_MAP_H

#include "core/base/uuid.h"

struct id_slot {
	const void *tenant; /* compared by address: the entry of a tenant_table */
	struct uuid id;
	void *value; /* NULL: empty slot */
};

struct id_map { /* all zero is an empty one */
	struct id_slot *slots;
	uint32_t cap, n;
};

void id_map_release(struct id_map *map);
void *id_map_get(const struct id_map *map, const void *tenant, const struct uuid *id);
/* The key must not be there yet. */
void id_map_put(struct id_map *map, const void *tenant, const struct uuid *id, void *value);
/* Empty it; @each (may be NULL) gets every value. */
void id_map_clear(struct id_map *map, void (*each)(void *value));

#endif
