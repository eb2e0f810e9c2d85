/* Strings are copied in runs of bytes that need no escape; eight bytes of plain ASCII are
 * recognized at once. */
#include "core/base/json_out.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"

void json_out_init(struct json_out *out, struct buf *to)
{
	*out = (struct json_out){.to = to};
}

/* comma if needed; every value and every key begins with this */
static void begin(struct json_out *out)
{
	uint64_t bit = UINT64_C(1) << out->depth;
	if (out->after_key)
		out->after_key = false;
	else if (out->has_items & bit)
		buf_append_char(out->to, ',');
	out->has_items |= bit;
}

static void open_container(struct json_out *out, char c)
{
	assert(out->depth < JSON_OUT_DEPTH);
	begin(out);
	buf_append_char(out->to, c);
	out->depth++;
	out->has_items &= ~(UINT64_C(1) << out->depth);
}

static void close_container(struct json_out *out, char c)
{
	assert(out->depth > 0 && !out->after_key);
	out->depth--;
	buf_append_char(out->to, c);
}

void json_out_object(struct json_out *out)
{
	open_container(out, '{');
}

void json_out_object_end(struct json_out *out)
{
	close_container(out, '}');
}

void json_out_array(struct json_out *out)
{
	open_container(out, '[');
}

void json_out_array_end(struct json_out *out)
{
	close_container(out, ']');
}

void json_out_key(struct json_out *out, const char *key)
{
	assert(!out->after_key);
	begin(out);
	size_t n = strlen(key);
	char *at = buf_reserve(out->to, n + 3);
	at[0] = '"';
	memcpy(at + 1, key, n);
	at[n + 1] = '"';
	at[n + 2] = ':';
	out->to->n += n + 3;
	out->after_key = true;
}

static bool continues(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* bytes of the well-formed UTF-8 sequence at @p (Unicode, table 3-7), 0 if there is none */
static size_t utf8_sequence(const uint8_t *p, size_t n)
{
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return n >= 2 && continues(p[1]) ? 2 : 0;
	if ((p[0] & 0xf0) == 0xe0) {
		uint8_t min = p[0] == 0xe0 ? 0xa0 : 0x80, max = p[0] == 0xed ? 0x9f : 0xbf;
		return n >= 3 && p[1] >= min && p[1] <= max && continues(p[2]) ? 3 : 0;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		uint8_t min = p[0] == 0xf0 ? 0x90 : 0x80, max = p[0] == 0xf4 ? 0x8f : 0xbf;
		return n >= 4 && p[1] >= min && p[1] <= max && continues(p[2]) && continues(p[3])
		               ? 4
		               : 0;
	}
	return 0;
}

/* Whether eight bytes hold only ASCII that needs no escape. Each term sets the top bit of a byte
 * that is below 0x20, '"', '\\' or above 0x7f (or follows such a one: then the slow path looks). */
static bool eight_plain(const uint8_t *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t v;
	memcpy(&v, p, 8);
	uint64_t quote = v ^ ones * '"', backslash = v ^ ones * '\\';
	return !((v | (v - ones * 0x20) | (quote - ones) | (backslash - ones)) & tops);
}

static size_t plain_run(const uint8_t *p, size_t n)
{
	size_t i = 0;
	while (i < n) {
		if (n - i >= 8 && eight_plain(p + i)) {
			i += 8;
		} else if (p[i] >= 0x80) {
			size_t sequence = utf8_sequence(p + i, n - i);
			if (!sequence)
				break;
			i += sequence;
		} else if (p[i] < 0x20 || p[i] == '"' || p[i] == '\\') {
			break;
		} else {
			i++;
		}
	}
	return i;
}

static void append_escape(struct buf *to, uint8_t c)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[32] = {
	        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
	if (c >= 0x80) {
		buf_append(to, "\xef\xbf\xbd", 3);
	} else if (c >= 0x20 || letters[c]) {
		char text[2] = {'\\', c >= 0x20 ? (char)c : letters[c]};
		buf_append(to, text, 2);
	} else {
		char text[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
		buf_append(to, text, 6);
	}
}

static void append_quoted(struct buf *to, struct slice value)
{
	const uint8_t *p = (const uint8_t *)value.data;
	size_t left = value.n;
	buf_reserve(to, left + 2);
	buf_append_char(to, '"');
	while (left) {
		size_t run = plain_run(p, left);
		buf_append(to, p, run);
		p += run;
		left -= run;
		if (left) {
			append_escape(to, *p);
			p++;
			left--;
		}
	}
	buf_append_char(to, '"');
}

void json_out_key_slice(struct json_out *out, struct slice key)
{
	assert(!out->after_key);
	begin(out);
	append_quoted(out->to, key);
	buf_append_char(out->to, ':');
	out->after_key = true;
}

void json_out_string(struct json_out *out, struct slice value)
{
	begin(out);
	append_quoted(out->to, value);
}

void json_out_str(struct json_out *out, const char *value)
{
	json_out_string(out, slice_str(value));
}

void json_out_int(struct json_out *out, int64_t value)
{
	char text[20];
	size_t at = sizeof(text);
	uint64_t v = value < 0 ? -(uint64_t)value : (uint64_t)value;
	do {
		text[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	if (value < 0)
		text[--at] = '-';
	begin(out);
	buf_append(out->to, text + at, sizeof(text) - at);
}

void json_out_bool(struct json_out *out, bool value)
{
	begin(out);
	buf_append_str(out->to, value ? "true" : "false");
}

void json_out_null(struct json_out *out)
{
	begin(out);
	buf_append(out->to, "null", 4);
}

/* What 15 digits can say they say shortest, since %g drops zeros; only numbers near zero
 * (subnormal ones) have less precision than that and are tried from one digit on. */
void json_out_double(struct json_out *out, double value)
{
	if (!isfinite(value)) {
		json_out_null(out); /* JSON has no such numbers */
		return;
	}
	char text[32];
	int digits = fpclassify(value) == FP_SUBNORMAL ? 1 : 15;
	int n;
	do
		n = snprintf(text, sizeof(text), "%.*g", digits, value);
	while (strtod(text, NULL) != value && ++digits <= 17);
	begin(out);
	buf_append(out->to, text, (size_t)n);
}

void json_out_uuid(struct json_out *out, const struct uuid *value)
{
	begin(out);
	char *at = buf_reserve(out->to, UUID_TEXT + 2);
	at[0] = '"';
	uuid_format(value, at + 1);
	at[UUID_TEXT + 1] = '"';
	out->to->n += UUID_TEXT + 2;
}

void json_out_time(struct json_out *out, int64_t ms)
{
	begin(out);
	char *at = buf_reserve(out->to, CLOCK_TEXT + 2);
	at[0] = '"';
	clock_format(ms, at + 1);
	at[CLOCK_TEXT + 1] = '"';
	out->to->n += CLOCK_TEXT + 2;
}

void json_out_base64(struct json_out *out, struct slice bytes)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *p = (const uint8_t *)bytes.data;
	begin(out);
	buf_append_char(out->to, '"');
	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t n = bytes.n - i < 3 ? bytes.n - i : 3;
		uint32_t v = (uint32_t)p[i] << 16;
		if (n > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (n > 2)
			v |= p[i + 2];
		char text[4] = {digits[v >> 18], digits[v >> 12 & 63],
		                n > 1 ? digits[v >> 6 & 63] : '=', n > 2 ? digits[v & 63] : '='};
		buf_append(out->to, text, 4);
	}
	buf_append_char(out->to, '"');
}

void json_out_raw(struct json_out *out, struct slice json)
{
	begin(out);
	buf_append_slice(out->to, json);
}

void json_out_member_string(struct json_out *out, const char *key, struct slice value)
{
	json_out_key(out, key);
	json_out_string(out, value);
}

void json_out_member_str(struct json_out *out, const char *key, const char *value)
{
	json_out_key(out, key);
	json_out_str(out, value);
}

void json_out_member_int(struct json_out *out, const char *key, int64_t value)
{
	json_out_key(out, key);
	json_out_int(out, value);
}

void json_out_member_bool(struct json_out *out, const char *key, bool value)
{
	json_out_key(out, key);
	json_out_bool(out, value);
}

void json_out_member_uuid(struct json_out *out, const char *key, const struct uuid *value)
{
	json_out_key(out, key);
	json_out_uuid(out, value);
}

void json_out_member_time(struct json_out *out, const char *key, int64_t ms)
{
	json_out_key(out, key);
	json_out_time(out, ms);
}
