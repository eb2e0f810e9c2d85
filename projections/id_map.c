#include "projections/id_map.h"

#include <stdlib.h>

#define CAP_MIN 256

/* Ids are random in their last 8 bytes, but a client may choose them: mix. */
static uint32_t place(const struct id_map *map, const void *tenant, const struct uuid *id)
{
	uint64_t h;
	memcpy(&h, id->bytes + 8, 8);
	uint64_t head;
	memcpy(&head, id->bytes, 8);
	h = (h ^ (head * 0x9e3779b97f4a7c15) ^ (uintptr_t)tenant) * 0xff51afd7ed558ccd;
	uint32_t i = (uint32_t)(h >> 32) & (map->cap - 1);
	while (map->slots[i].value &&
	       (map->slots[i].tenant != tenant || !uuid_equal(&map->slots[i].id, id)))
		i = (i + 1) & (map->cap - 1);
	return i;
}

static void grow(struct id_map *map)
{
	struct id_map old = *map;
	map->cap = old.cap ? old.cap * 2 : CAP_MIN;
	map->slots = mem_new(map->cap * sizeof *map->slots);
	for (uint32_t i = 0; i < old.cap; i++)
		if (old.slots[i].value)
			map->slots[place(map, old.slots[i].tenant, &old.slots[i].id)] =
			        old.slots[i];
	free(old.slots);
}

void id_map_release(struct id_map *map)
{
	free(map->slots);
	*map = (struct id_map){0};
}

void *id_map_get(const struct id_map *map, const void *tenant, const struct uuid *id)
{
	return map->cap ? map->slots[place(map, tenant, id)].value : NULL;
}

void id_map_put(struct id_map *map, const void *tenant, const struct uuid *id, void *value)
{
	if (map->n >= map->cap / 2)
		grow(map);
	map->slots[place(map, tenant, id)] = (struct id_slot){tenant, *id, value};
	map->n++;
}

void id_map_clear(struct id_map *map, void (*each)(void *value))
{
	if (map->n == 0)
		return;
	for (uint32_t i = 0; i < map->cap; i++)
		if (map->slots[i].value && each)
			each(map->slots[i].value);
	memset(map->slots, 0, map->cap * sizeof *map->slots);
	map->n = 0;
}
