/* Records with arrays in them, packed into the rows of tenant_state.h: numbers below 65,536 as two
 * bytes, texts and arrays with their count in front. Pure. */
#ifndef CORE_DOMAIN_PACK_H
#define CORE_DOMAIN_PACK_H

#include "core/base/arena.h"
#include "generated/event.h"

struct packing {
	char *bytes;
	uint32_t n, room;
	bool full; /* something found no room */
};

void pack_number(struct packing *p, uint32_t number);
void pack_text(struct packing *p, struct slice text);
void pack_texts(struct packing *p, struct slice_array texts);
void pack_ids(struct packing *p, struct uuid_array ids);

/* Packed bytes are ours, they are not doubted. Texts borrow from them, arrays lie in @arena. */
struct unpacking {
	const char *at;
	struct arena *arena;
	bool full; /* the arena had no room */
};

uint32_t take_number(struct unpacking *u);
struct slice take_text(struct unpacking *u);
struct slice_array take_texts(struct unpacking *u);
struct uuid_array take_ids(struct unpacking *u);
/* Room for @n items of @size bytes; NULL when there is none. */
void *take_room(struct unpacking *u, uint32_t n, size_t size);

#endif
