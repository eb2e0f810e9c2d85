/* UUIDs (RFC 9562): random v4, time-ordered v7, name-based v5. */
#ifndef CORE_BASE_UUID_H
#define CORE_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/bytes.h"

#define UUID_TEXT 36 /* characters of the text form, without NUL */

struct uuid {
	uint8_t bytes[16];
};

static inline bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a->bytes, b->bytes, 16) == 0;
}

static inline bool uuid_is_among(const struct uuid *id, const struct uuid *ids, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (uuid_equal(&ids[i], id))
			return true;
	return false;
}

static inline bool uuid_is_nil(const struct uuid *a)
{
	static const struct uuid nil;
	return uuid_equal(a, &nil);
}

/* Random. Any thread. */
struct uuid uuid_v4(void);
/* 48-bit milliseconds, then a 12-bit counter that keeps the order of one thread within a
 * millisecond, then 62 random bits. Any thread. */
struct uuid uuid_v7(int64_t now_ms);
/* SHA-1 of @space and @name: the same arguments give the same id for ever. */
struct uuid uuid_v5(const struct uuid *space, struct slice name);

/* Lower-case text, exactly UUID_TEXT characters, no NUL. Pure. */
void uuid_format(const struct uuid *uuid, char text[UUID_TEXT]);
/* Accepts exactly the 8-4-4-4-12 form in either case. *@out is untouched on failure. Pure. */
bool uuid_parse(struct slice text, struct uuid *out);

/* @n bytes from the kernel's generator; ends the process if it has none. */
void random_bytes(void *to, size_t n);

#endif
