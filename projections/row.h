/* Fixed layouts of the rows that LMDB views store: integers big endian, strings with their length
 * in front. No padding, so that equal rows are equal bytes and digests compare. */
#ifndef PROJECTIONS_ROW_H
#define PROJECTIONS_ROW_H

#include "core/base/bytes.h"
#include "core/base/uuid.h"

static inline void row_u8(struct buf *to, uint8_t v)
{
	buf_append_char(to, (char)v);
}

static inline void row_u32(struct buf *to, uint32_t v)
{
	put_u32(buf_reserve(to, 4), v);
	to->n += 4;
}

static inline void row_u64(struct buf *to, uint64_t v)
{
	put_u64(buf_reserve(to, 8), v);
	to->n += 8;
}

static inline void row_uuid(struct buf *to, const struct uuid *v)
{
	buf_append(to, v->bytes, 16);
}

static inline void row_string(struct buf *to, struct slice v)
{
	row_u32(to, (uint32_t)v.n);
	buf_append_slice(to, v);
}

/* Reading. A row that is too short sets bad and reads as zeros: callers look once, at the end. */
struct row_in {
	const char *at;
	const char *end;
	bool bad;
};

static inline struct row_in row_in(struct slice row)
{
	return (struct row_in){row.data, row.data + row.n, false};
}

static inline const char *row_take(struct row_in *in, size_t n)
{
	if ((size_t)(in->end - in->at) < n) {
		in->bad = true;
		in->at = in->end;
		return NULL;
	}
	const char *p = in->at;
	in->at += n;
	return p;
}

static inline uint8_t row_take_u8(struct row_in *in)
{
	const char *p = row_take(in, 1);
	return p ? (uint8_t)*p : 0;
}

static inline uint32_t row_take_u32(struct row_in *in)
{
	const char *p = row_take(in, 4);
	return p ? get_u32(p) : 0;
}

static inline uint64_t row_take_u64(struct row_in *in)
{
	const char *p = row_take(in, 8);
	return p ? get_u64(p) : 0;
}

static inline struct uuid row_take_uuid(struct row_in *in)
{
	struct uuid v = {{0}};
	const char *p = row_take(in, 16);
	if (p)
		memcpy(v.bytes, p, 16);
	return v;
}

static inline struct slice row_take_string(struct row_in *in)
{
	uint32_t n = row_take_u32(in);
	const char *p = row_take(in, n);
	return slice_of(p, p ? n : 0);
}

/* Append the keys that a project had (row_string each) once it leaves one for another: @former, but
 * not @taken, which it may have had before, and @left. */
static inline void row_former_keys(struct buf *to, struct slice former, struct slice left,
                                   struct slice taken)
{
	for (struct row_in in = row_in(former); in.at < in.end;) {
		struct slice key = row_take_string(&in);
		if (!slice_equal(key, taken))
			row_string(to, key);
	}
	row_string(to, left);
}

/* Keys begin with the tenant and a zero: no row of one tenant is ever met when another one's are
 * looked for. */
static inline void key_tenant(struct buf *key, struct slice tenant)
{
	buf_clear(key);
	buf_append_slice(key, tenant);
	buf_append_char(key, 0);
}

#endif
