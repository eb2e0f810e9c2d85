/* Integers are zigzag varints, strings are a length and bytes, a UUID is a string of 36 characters:
 * most fields of an event are UUIDs, so their text is read through a table. */
#include "core/codec/wire.h"

bool wire_fail(struct wire_in *in, const char *problem)
{
	if (!in->problem)
		in->problem = problem;
	return false;
}

bool wire_fail_in(struct wire_in *in, const char *field)
{
	if (!in->field)
		in->field = field;
	return false;
}

bool wire_long_slow(struct wire_in *in, int64_t *out)
{
	uint64_t z = 0;
	const char *at = in->at;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (at == in->end)
			return wire_fail(in, "the bytes end within a number");
		uint64_t byte = (uint8_t)*at++;
		if (shift == 63 && byte > 1)
			return wire_fail(in, "a number of more than 64 bits");
		z |= (byte & 0x7f) << shift;
		if (byte < 0x80) {
			in->at = at;
			*out = (int64_t)(z >> 1) ^ -(int64_t)(z & 1);
			return true;
		}
	}
	return wire_fail(in, "a number of more than 64 bits");
}

bool wire_int(struct wire_in *in, int32_t *out)
{
	int64_t value;
	if (!wire_long(in, &value))
		return false;
	if (value < INT32_MIN || value > INT32_MAX)
		return wire_fail(in, "an int of more than 32 bits");
	*out = (int32_t)value;
	return true;
}

bool wire_boolean(struct wire_in *in, bool *out)
{
	if (in->at == in->end || (uint8_t)*in->at > 1)
		return wire_fail(in, "not a boolean");
	*out = *in->at++ == 1;
	return true;
}

bool wire_double(struct wire_in *in, double *out)
{
	if (wire_left(in) < sizeof(*out))
		return wire_fail(in, "the bytes end within a double");
	memcpy(out, in->at, sizeof(*out));
	in->at += sizeof(*out);
	return true;
}

bool wire_bytes(struct wire_in *in, struct slice *out)
{
	int64_t n;
	if (!wire_long(in, &n))
		return false;
	if (n < 0)
		return wire_fail(in, "a negative length");
	if ((uint64_t)n > wire_left(in))
		return wire_fail(in, "a length beyond the end");
	*out = slice_of(in->at, (size_t)n);
	in->at += n;
	return true;
}

/* Bytes of the character that begins at @at, 0 if it is none (RFC 3629: shortest form, no
 * surrogates, at most U+10FFFF). */
static size_t utf8_length(const uint8_t *at, size_t left)
{
	if (at[0] < 0x80)
		return 1;
	if (at[0] < 0xc2 || at[0] > 0xf4 || left < 2)
		return 0;
	size_t n = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	uint8_t low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
	uint8_t high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
	if (left < n || at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool utf8_valid(const char *text, size_t n)
{
	size_t i = 0;
	while (i < n) {
		uint64_t eight;
		if (n - i >= sizeof(eight)) {
			memcpy(&eight, text + i, sizeof(eight));
			if ((eight & 0x8080808080808080u) == 0) {
				i += sizeof(eight);
				continue;
			}
		}
		size_t length = utf8_length((const uint8_t *)text + i, n - i);
		if (length == 0)
			return false;
		i += length;
	}
	return true;
}

bool wire_string(struct wire_in *in, struct slice *out)
{
	const char *before = in->at;
	if (!wire_bytes(in, out))
		return false;
	if (!utf8_valid(out->data, out->n)) {
		in->at = before;
		return wire_fail(in, "not UTF-8");
	}
	return true;
}

/* 0x10 + value of a hexadecimal digit, 0 for any other byte. */
static const uint8_t digits[256] = {
        ['0'] = 0x10, ['1'] = 0x11, ['2'] = 0x12, ['3'] = 0x13, ['4'] = 0x14, ['5'] = 0x15,
        ['6'] = 0x16, ['7'] = 0x17, ['8'] = 0x18, ['9'] = 0x19, ['a'] = 0x1a, ['b'] = 0x1b,
        ['c'] = 0x1c, ['d'] = 0x1d, ['e'] = 0x1e, ['f'] = 0x1f, ['A'] = 0x1a, ['B'] = 0x1b,
        ['C'] = 0x1c, ['D'] = 0x1d, ['E'] = 0x1e, ['F'] = 0x1f,
};

/* Where the two digits of each byte stand in 8-4-4-4-12. */
static const uint8_t places[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

bool wire_uuid(struct wire_in *in, struct uuid *out)
{
	int64_t n;
	if (!wire_long(in, &n))
		return false;
	if (n != UUID_TEXT || wire_left(in) < UUID_TEXT)
		return wire_fail(in, "not a UUID of 36 characters");
	const uint8_t *text = (const uint8_t *)in->at;
	uint8_t valid = 0x10;
	for (unsigned i = 0; i < 16; i++) {
		uint8_t high = digits[text[places[i]]], low = digits[text[places[i] + 1]];
		valid &= high & low;
		out->bytes[i] = (uint8_t)(high << 4 | (low & 15));
	}
	if (!valid || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
		return wire_fail(in, "not a UUID");
	in->at += UUID_TEXT;
	return true;
}

bool wire_fixed(struct wire_in *in, uint8_t *out, size_t n)
{
	if (wire_left(in) < n)
		return wire_fail(in, "the bytes end within a fixed");
	memcpy(out, in->at, n);
	in->at += n;
	return true;
}

bool wire_index(struct wire_in *in, uint32_t n, uint32_t *out)
{
	int64_t index;
	if (!wire_long(in, &index))
		return false;
	if (index < 0 || index >= (int64_t)n)
		return wire_fail(in, "an index out of range");
	*out = (uint32_t)index;
	return true;
}

bool wire_some(struct wire_in *in, bool *out)
{
	uint32_t index;
	if (!wire_index(in, 2, &index))
		return false;
	*out = index == 1;
	return true;
}

bool wire_end(struct wire_in *in)
{
	return in->at == in->end || wire_fail(in, "bytes behind the end");
}

/* Room for @count more items behind those that were read. Later blocks are rare (we write one), so
 * they pay for a copy. */
static bool grow(struct wire_in *in, struct wire_array *array, uint64_t count)
{
	uint64_t n = array->n + count;
	if (n > UINT32_MAX || n > SIZE_MAX / array->size)
		return wire_fail(in, "too many items");
	char *items = arena_alloc(in->arena, (size_t)n * array->size);
	if (!items)
		return wire_fail(in, "more items than the arena holds");
	if (array->n)
		memcpy(items, array->items, array->n * array->size);
	array->items = items;
	array->left = (uint32_t)count;
	return true;
}

bool wire_array_block(struct wire_in *in, struct wire_array *array)
{
	int64_t count, length;
	if (array->block_end && array->block_end != in->at)
		return wire_fail(in, "an array block of another length than it says");
	array->block_end = NULL;
	if (!wire_long(in, &count))
		return false;
	if (count == 0) {
		array->ended = true;
		return false;
	}
	if (count < 0) {
		if (count == INT64_MIN || !wire_long(in, &length))
			return wire_fail(in, "an array block without length");
		if (length < 0 || (uint64_t)length > wire_left(in))
			return wire_fail(in, "an array block beyond the end");
		count = -count;
		array->block_end = in->at + length;
	}
	if ((uint64_t)count > wire_left(in))
		return wire_fail(in, "more items than bytes");
	return grow(in, array, (uint64_t)count);
}

void wire_put_double(struct buf *out, double value)
{
	memcpy(wire_room(out, sizeof(value)), &value, sizeof(value));
	out->n += sizeof(value);
}

void wire_put_uuid(struct buf *out, const struct uuid *value)
{
	static const char hex[] = "0123456789abcdef";
	char *to = wire_room(out, 1 + UUID_TEXT);
	char *text = to + 1;
	to[0] = 2 * UUID_TEXT; /* zigzag */
	for (unsigned i = 0; i < 16; i++) {
		text[places[i]] = hex[value->bytes[i] >> 4];
		text[places[i] + 1] = hex[value->bytes[i] & 15];
	}
	text[8] = text[13] = text[18] = text[23] = '-';
	out->n += 1 + UUID_TEXT;
}
