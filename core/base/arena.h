/* A bounded bump allocator over a block that the caller owns. Header only and pure, so that the
 * domain can use it. Returns NULL when the block is used up: that is a limit of the input, a
 * datum, and the caller answers it as such. */
#ifndef CORE_BASE_ARENA_H
#define CORE_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/bytes.h"

struct arena {
	char *block; /* borrowed, aligned to 16 */
	size_t cap;
	size_t used;
};

static inline void arena_init(struct arena *arena, void *block, size_t cap)
{
	*arena = (struct arena){.block = block, .cap = cap};
}

static inline void arena_clear(struct arena *arena)
{
	arena->used = 0;
}

/* @n bytes, aligned to 8, not zeroed; NULL when the arena is full. */
static inline void *arena_alloc(struct arena *arena, size_t n)
{
	size_t at = (arena->used + 7) & ~(size_t)7;
	if (at > arena->cap || n > arena->cap - at)
		return NULL;
	arena->used = at + n;
	return arena->block + at;
}

static inline void *arena_zero(struct arena *arena, size_t n)
{
	void *p = arena_alloc(arena, n);
	if (p)
		memset(p, 0, n);
	return p;
}

/* A copy of @slice that lives as long as the arena; data is NULL when the arena is full. */
static inline struct slice arena_copy(struct arena *arena, struct slice slice)
{
	char *p = arena_alloc(arena, slice.n ? slice.n : 1);
	if (!p)
		return (struct slice){NULL, 0};
	if (slice.n)
		memcpy(p, slice.data, slice.n);
	return (struct slice){p, slice.n};
}

#endif
