/* Avro binary, one value at a time: what the generated codec is made of.
 *
 * Readers check every length, count and index against the bytes that are left before they use it,
 * return false on the first fault and say in @problem what it was. They never allocate but from
 * the arena. */
#ifndef CORE_CODEC_WIRE_H
#define CORE_CODEC_WIRE_H

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/uuid.h"

struct wire_in {
	const char *start;
	const char *at;
	const char *end;
	struct arena *arena;
	const char *field;   /* "IssueCreated.summary": where it failed */
	const char *problem; /* static text: why */
};

static inline void wire_init(struct wire_in *in, struct slice bytes, struct arena *arena)
{
	*in = (struct wire_in){
	        .start = bytes.data, .at = bytes.data, .end = bytes.data + bytes.n, .arena = arena};
}

static inline size_t wire_left(const struct wire_in *in)
{
	return (size_t)(in->end - in->at);
}

/* Remember the first (innermost) place of a failure. Return false. */
bool wire_fail(struct wire_in *in, const char *problem);
bool wire_fail_in(struct wire_in *in, const char *field);

bool utf8_valid(const char *text, size_t n);

bool wire_long_slow(struct wire_in *in, int64_t *out);

static inline bool wire_long(struct wire_in *in, int64_t *out)
{
	if (in->at < in->end && (*in->at & 0x80) == 0) {
		uint64_t z = (uint8_t)*in->at++;
		*out = (int64_t)(z >> 1) ^ -(int64_t)(z & 1);
		return true;
	}
	return wire_long_slow(in, out);
}

bool wire_int(struct wire_in *in, int32_t *out);
bool wire_boolean(struct wire_in *in, bool *out);
bool wire_double(struct wire_in *in, double *out);
bool wire_bytes(struct wire_in *in, struct slice *out);
bool wire_string(struct wire_in *in, struct slice *out); /* valid UTF-8 */
bool wire_uuid(struct wire_in *in, struct uuid *out);
bool wire_fixed(struct wire_in *in, uint8_t *out, size_t n);
/* An enum or union index below @n. */
bool wire_index(struct wire_in *in, uint32_t n, uint32_t *out);
/* The index of ["null", T]. */
bool wire_some(struct wire_in *in, bool *out);
/* The end is reached. */
bool wire_end(struct wire_in *in);

/* Reads the blocks of an array whose items take at least one byte each:
 *
 *	struct wire_array array = wire_array_of(sizeof(struct uuid));
 *	struct uuid *item;
 *	while ((item = wire_array_next(in, &array)))
 *		if (!wire_uuid(in, item))
 *			return false;
 *	return array.ended; */
struct wire_array {
	char *items; /* from the arena */
	uint32_t n;
	uint32_t left;         /* in this block, not handed out yet */
	size_t size;           /* of an item */
	const char *block_end; /* if the block says its length, else NULL */
	bool ended;            /* the whole array was read */
};

static inline struct wire_array wire_array_of(size_t size)
{
	return (struct wire_array){.size = size};
}

bool wire_array_block(struct wire_in *in, struct wire_array *array);

/* Room for the next item; NULL at the end and on failure. */
static inline void *wire_array_next(struct wire_in *in, struct wire_array *array)
{
	if (array->left == 0 && !wire_array_block(in, array))
		return NULL;
	array->left--;
	return array->items + array->size * array->n++;
}

static inline char *wire_room(struct buf *out, size_t n)
{
	return out->cap - out->n >= n ? out->data + out->n : buf_reserve(out, n);
}

static inline void wire_put_long(struct buf *out, int64_t value)
{
	uint64_t z = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
	char *to = wire_room(out, 10);
	char *at = to;
	while (z >= 0x80) {
		*at++ = (char)(uint8_t)(z | 0x80);
		z >>= 7;
	}
	*at++ = (char)z;
	out->n += (size_t)(at - to);
}

static inline void wire_put_fixed(struct buf *out, const uint8_t *bytes, size_t n)
{
	memcpy(wire_room(out, n), bytes, n);
	out->n += n;
}

static inline void wire_put_slice(struct buf *out, struct slice value)
{
	wire_put_long(out, (int64_t)value.n);
	if (value.n) {
		memcpy(wire_room(out, value.n), value.data, value.n);
		out->n += value.n;
	}
}

static inline void wire_put_boolean(struct buf *out, bool value)
{
	*wire_room(out, 1) = (char)value;
	out->n++;
}

void wire_put_double(struct buf *out, double value);
void wire_put_uuid(struct buf *out, const struct uuid *value);

#endif
