/* Byte strings. A struct slice never owns its bytes, a struct buf always does.
 *
 * Running out of memory ends the process with one line: every store here is a fold of the journal
 * and survives that by design (docs/decisions/0003). */
#ifndef CORE_BASE_BYTES_H
#define CORE_BASE_BYTES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *data; /* borrowed; not NUL-terminated */
	size_t n;         /* bytes */
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

static inline struct slice slice_of(const void *data, size_t n)
{
	return (struct slice){data, n};
}

static inline struct slice slice_str(const char *string)
{
	return (struct slice){string, string ? strlen(string) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.data, b.data, a.n) == 0);
}

static inline bool slice_is(struct slice a, const char *string)
{
	return slice_equal(a, slice_str(string));
}

/* Order of memcmp, shorter first when one is a prefix of the other. */
int slice_compare(struct slice a, struct slice b);

/* A growing buffer. All zero is an empty one. */
struct buf {
	char *data;
	size_t n;
	size_t cap;
};

void buf_release(struct buf *buf);
static inline void buf_clear(struct buf *buf)
{
	buf->n = 0;
}
static inline struct slice buf_slice(const struct buf *buf)
{
	return (struct slice){buf->data, buf->n};
}
/* Make room for @more bytes behind n and return the place; does not change n. */
char *buf_reserve(struct buf *buf, size_t more);
void buf_append(struct buf *buf, const void *data, size_t n);
void buf_append_slice(struct buf *buf, struct slice slice);
void buf_append_str(struct buf *buf, const char *string);
void buf_append_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Append @bytes as hexadecimal digits, in small letters; and what such digits stand for: false if
 * @text is something else, @buf is then as it was. */
void buf_append_hex(struct buf *buf, struct slice bytes);
bool buf_append_unhex(struct buf *buf, struct slice text);
/* The contents as a C string: a NUL is kept behind n. */
const char *buf_cstr(struct buf *buf);

/* malloc family that never returns NULL. */
void *mem_new(size_t n) __attribute__((malloc, returns_nonnull)); /* zeroed */
void *mem_grow(void *old, size_t n) __attribute__((returns_nonnull));
char *mem_string(struct slice slice) __attribute__((malloc, returns_nonnull)); /* copy + NUL */

/* Big-endian integers, for keys that must sort and for wire frames. */
static inline void put_u32(void *to, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(to, &v, 4);
}
static inline void put_u64(void *to, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(to, &v, 8);
}
static inline uint32_t get_u32(const void *from)
{
	uint32_t v;
	memcpy(&v, from, 4);
	return __builtin_bswap32(v);
}
static inline uint64_t get_u64(const void *from)
{
	uint64_t v;
	memcpy(&v, from, 8);
	return __builtin_bswap64(v);
}

#endif
