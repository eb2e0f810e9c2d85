#include "tests/lib/faultproxy.h"

#include <string.h>

static uint32_t u32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int answered(struct frame_link *link, uint32_t correlation)
{
	for (uint32_t i = 0; i < link->open_n; i++)
		if (link->open[i].correlation == correlation) {
			int api = link->open[i].api;
			memmove(&link->open[i], &link->open[i + 1],
			        (link->open_n - i - 1) * sizeof(link->open[0]));
			link->open_n--;
			return api;
		}
	return FRAME_NONE;
}

static int asked(struct frame_link *link, const unsigned char *head)
{
	int api = head[4] << 8 | head[5];

	if (link->open_n == FRAMES_OPEN_MAX) /* requests without a response: forget the oldest */
		answered(link, link->open[0].correlation);
	link->open[link->open_n].correlation = u32(head + 8);
	link->open[link->open_n++].api = api;
	return api;
}

struct frame_part frame_take(struct frame_link *link, bool is_down, const unsigned char *data,
                             size_t n)
{
	struct frame_reader *reader = is_down ? &link->down : &link->up;
	uint32_t head_bytes = is_down ? 8 : 12;
	struct frame_part part = {.taken = n, .api = FRAME_NONE};

	if (link->is_off)
		return part;
	if (reader->head_n < head_bytes) {
		size_t missing = head_bytes - reader->head_n;
		part.taken = n < missing ? n : missing;
		memcpy(reader->head + reader->head_n, data, part.taken);
		reader->head_n += (uint32_t)part.taken;
		if (reader->head_n < head_bytes)
			return part;
		uint32_t length = u32(reader->head);
		if (length < head_bytes - 4 || length > FRAME_BYTES_MAX) {
			link->is_off = true;
			return part;
		}
		part.begins = true;
		part.bytes = 4 + length;
		reader->left = length - (head_bytes - 4);
		part.api =
		        is_down ? answered(link, u32(reader->head + 4)) : asked(link, reader->head);
	} else {
		part.taken = n < reader->left ? n : reader->left;
		reader->left -= (uint32_t)part.taken;
	}
	part.ends = reader->left == 0;
	if (part.ends)
		reader->head_n = 0;
	return part;
}
