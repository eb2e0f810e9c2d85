/* Kafka's framing on a proxied connection: enough to know which request a response answers.
 *
 * A frame is a 4-byte length and as many bytes. A request begins with api_key (2 bytes), version
 * (2), correlation id (4); a response with the correlation id. Nothing is ever rewritten. What
 * looks like no frame (another protocol) turns the recognition of that connection off. */
#ifndef TESTS_LIB_FAULTPROXY_H
#define TESTS_LIB_FAULTPROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_BYTES_MAX (256u * 1024 * 1024)
#define FRAMES_OPEN_MAX 1024 /* requests of one connection that wait for their response */
#define FRAME_NONE      (-1)

/* One direction of a connection. All zero: at the start of a frame. */
struct frame_reader {
	unsigned char head[12];
	uint32_t head_n; /* bytes of the head that are there */
	uint32_t left;   /* bytes of the body behind the head */
};

struct frame_link {
	struct frame_reader up, down;
	struct {
		uint32_t correlation;
		int api;
	} open[FRAMES_OPEN_MAX];
	uint32_t open_n;
	bool is_off;
};

/* What begins at @data: *@taken bytes (at least 1 of @n) belong to one frame. */
struct frame_part {
	size_t taken;
	bool begins; /* the head of a frame is complete with these bytes */
	bool ends;   /* they are the last of a frame */
	int api; /* if it begins: of the request, or of the request that is answered; FRAME_NONE */
	uint32_t bytes; /* if it begins: of the whole frame with its length */
};
struct frame_part frame_take(struct frame_link *link, bool is_down, const unsigned char *data,
                             size_t n);

#endif
