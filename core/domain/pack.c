#include "core/domain/pack.h"

static void pack(struct packing *p, const void *bytes, size_t n)
{
	if (n > p->room - p->n) {
		p->full = true;
		return;
	}
	if (n)
		memcpy(p->bytes + p->n, bytes, n);
	p->n += (uint32_t)n;
}

void pack_number(struct packing *p, uint32_t number)
{
	uint8_t bytes[2] = {(uint8_t)(number >> 8), (uint8_t)number};

	pack(p, bytes, sizeof(bytes));
}

void pack_text(struct packing *p, struct slice text)
{
	pack_number(p, (uint32_t)text.n);
	pack(p, text.data, text.n);
}

void pack_texts(struct packing *p, struct slice_array texts)
{
	pack_number(p, texts.n);
	for (uint32_t i = 0; i < texts.n; i++)
		pack_text(p, texts.items[i]);
}

void pack_ids(struct packing *p, struct uuid_array ids)
{
	pack_number(p, ids.n);
	for (uint32_t i = 0; i < ids.n; i++)
		pack(p, ids.items[i].bytes, sizeof(ids.items[i].bytes));
}

uint32_t take_number(struct unpacking *u)
{
	uint32_t number = (uint32_t)(uint8_t)u->at[0] << 8 | (uint8_t)u->at[1];

	u->at += 2;
	return number;
}

struct slice take_text(struct unpacking *u)
{
	uint32_t n = take_number(u);
	struct slice text = slice_of(u->at, n);

	u->at += n;
	return text;
}

void *take_room(struct unpacking *u, uint32_t n, size_t size)
{
	void *room = u->full ? NULL : arena_alloc(u->arena, n * size);

	u->full = u->full || !room;
	return room;
}

struct slice_array take_texts(struct unpacking *u)
{
	struct slice_array texts = {NULL, take_number(u)};
	struct slice *items = take_room(u, texts.n, sizeof(*items));

	for (uint32_t i = 0; i < texts.n; i++) {
		struct slice text = take_text(u);
		if (items)
			items[i] = text;
	}
	texts.items = items;
	return texts;
}

struct uuid_array take_ids(struct unpacking *u)
{
	struct uuid_array ids = {NULL, take_number(u)};
	struct uuid *items = take_room(u, ids.n, sizeof(*items));

	if (items && ids.n)
		memcpy(items, u->at, ids.n * sizeof(*items));
	u->at += ids.n * sizeof(*items);
	ids.items = items;
	return ids;
}
