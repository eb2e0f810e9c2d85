#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <math.h>

#include "core/base/clock.h"
#include "core/base/json_out.h"
#include "tests/unit/seed.h"

#define LOAD_FLAGS (JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES)

static json_t *load(const struct buf *text, size_t flags)
{
	json_error_t error;
	json_t *value = json_loadb(text->data, text->n, LOAD_FLAGS | flags, &error);
	if (!value)
		fail_msg("jansson: %s in %.*s", error.text, (int)text->n, text->data);
	return value;
}

static void assert_text(struct buf *text, const char *expected)
{
	assert_string_equal(buf_cstr(text), expected);
	buf_release(text);
}

static void nesting_and_commas_are_right(void **state)
{
	(void)state;
	struct buf text = {0};
	struct json_out out;
	json_out_init(&out, &text);
	json_out_object(&out);
	json_out_key(&out, "a");
	json_out_array(&out);
	json_out_object(&out);
	json_out_object_end(&out);
	json_out_array(&out);
	json_out_array_end(&out);
	json_out_int(&out, 1);
	json_out_array_end(&out);
	json_out_member_bool(&out, "b", true);
	json_out_key(&out, "c");
	json_out_null(&out);
	json_out_key(&out, "d");
	json_out_raw(&out, SLICE("{\"x\":[]}"));
	json_out_key_slice(&out, SLICE("e\""));
	json_out_bool(&out, false);
	json_out_object_end(&out);
	assert_text(&text,
	            "{\"a\":[{},[],1],\"b\":true,\"c\":null,\"d\":{\"x\":[]},\"e\\\"\":false}");
}

static void text_is_appended_to_what_the_buffer_holds(void **state)
{
	(void)state;
	struct buf text = {0};
	struct json_out out;
	buf_append_str(&text, "data: ");
	json_out_init(&out, &text);
	json_out_str(&out, "x");
	assert_text(&text, "data: \"x\"");
}

static void members_are_written_in_one_call(void **state)
{
	(void)state;
	struct buf text = {0};
	struct json_out out;
	struct uuid id;
	assert_true(uuid_parse(SLICE("01234567-89ab-cdef-0123-456789abcdef"), &id));
	json_out_init(&out, &text);
	json_out_object(&out);
	json_out_member_string(&out, "s", SLICE("a\nb"));
	json_out_member_str(&out, "t", "");
	json_out_member_int(&out, "i", -7);
	json_out_member_bool(&out, "b", false);
	json_out_member_uuid(&out, "u", &id);
	json_out_member_time(&out, "at", 0);
	json_out_object_end(&out);
	assert_text(&text, "{\"s\":\"a\\nb\",\"t\":\"\",\"i\":-7,\"b\":false,"
	                   "\"u\":\"01234567-89ab-cdef-0123-456789abcdef\","
	                   "\"at\":\"1970-01-01T00:00:00.000Z\"}");
}

static void the_greatest_depth_works(void **state)
{
	(void)state;
	struct buf text = {0};
	struct json_out out;
	json_out_init(&out, &text);
	for (int i = 0; i < JSON_OUT_DEPTH; i++) {
		json_out_array(&out);
		json_out_int(&out, i);
	}
	for (int i = 0; i < JSON_OUT_DEPTH; i++) {
		json_out_null(&out);
		json_out_array_end(&out);
	}
	json_t *value = load(&text, 0);
	const json_t *at = value;
	for (int i = 0; i < JSON_OUT_DEPTH; i++) {
		assert_int_equal(json_array_size(at), i == JSON_OUT_DEPTH - 1 ? 2 : 3);
		assert_int_equal(json_integer_value(json_array_get(at, 0)), i);
		at = json_array_get(at, 1);
	}
	json_decref(value);
	buf_release(&text);
}

/* one Unicode character of @n bytes, judged by jansson */
static bool is_character(const char *p, size_t n)
{
	json_t *value = json_stringn(p, n);
	json_decref(value);
	return value != NULL;
}

/* what a reader must get for @bytes: each byte that is in no character is U+FFFD */
static void expected_text(struct buf *to, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t length = 1;
		while (length <= 4 && length <= n - i && !is_character(bytes + i, length))
			length++;
		if (length <= 4 && length <= n - i) {
			buf_append(to, bytes + i, length);
			i += length;
		} else {
			buf_append_str(to, "\xef\xbf\xbd");
			i++;
		}
	}
}

static size_t random_text(struct seed *seed, char *to, size_t n)
{
	static const char *const pieces[] = {
	        "\"",
	        "\\",
	        "\x7f",
	        "\xc3\xa9",
	        "\xe2\x82\xac",
	        "\xf0\x9f\x98\x80",
	        "\xc0\x80",
	        "\xed\xa0\x80",
	        "\xf4\x90\x80\x80",
	        "\xe2\x82",
	        "\xf0\x9f\x98",
	        "\xef\xbf\xbf",
	        "\xf4\x8f\xbf\xbf",
	        "\xe0\x9f\xbf",
	        "\xf0\x8f\xbf\xbf",
	        "plain ascii text",
	        "\x1f",
	        "\n",
	        "\xed\x9f\xbf",
	        "\xee\x80\x80",
	};
	size_t used = 0;
	while (used < n) {
		size_t kind = seed_below(seed, 4);
		if (kind == 0) {
			to[used++] = (char)seed_next(seed);
		} else if (kind == 1) {
			const char *piece =
			        pieces[seed_below(seed, sizeof(pieces) / sizeof(*pieces))];
			for (; *piece && used < n; piece++)
				to[used++] = *piece;
		} else {
			for (size_t k = seed_below(seed, 12); k && used < n; k--)
				to[used++] = (char)(seed_below(seed, 95) + 32);
		}
	}
	return used;
}

static void any_bytes_become_a_string_that_jansson_reads(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	for (int i = 0; i < 20000; i++) {
		size_t n = seed_below(&seed, 60);
		char *bytes = mem_new(n); /* on the heap: asan sees a read behind the end */
		struct buf text = {0}, expected = {0};
		struct json_out out;
		random_text(&seed, bytes, n);
		expected_text(&expected, bytes, n);
		json_out_init(&out, &text);
		json_out_string(&out, slice_of(bytes, n));
		json_t *value = load(&text, 0);
		assert_int_equal(json_string_length(value), expected.n);
		if (expected.n)
			assert_memory_equal(json_string_value(value), expected.data, expected.n);
		json_decref(value);
		buf_release(&text);
		buf_release(&expected);
		free(bytes);
	}
}

/* the bytes behind the end would complete the character: they must not be looked at */
static void a_character_that_is_cut_off_by_the_end_is_invalid(void **state)
{
	(void)state;
	static const char *const characters[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
	for (size_t i = 0; i < 3; i++) {
		for (size_t n = 1; n < strlen(characters[i]); n++) {
			struct buf text = {0}, expected = {0};
			struct json_out out;
			json_out_init(&out, &text);
			json_out_string(&out, slice_of(characters[i], n));
			buf_append_str(&expected, "\"");
			for (size_t k = 0; k < n; k++)
				buf_append_str(&expected, "\xef\xbf\xbd");
			buf_append_str(&expected, "\"");
			assert_text(&text, buf_cstr(&expected));
			buf_release(&expected);
		}
	}
}

static void every_byte_at_every_place_of_a_word_is_handled(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		for (size_t at = 0; at < 17; at++) {
			char bytes[17];
			struct buf text = {0}, expected = {0};
			struct json_out out;
			memset(bytes, 'a', sizeof(bytes));
			bytes[at] = (char)c;
			expected_text(&expected, bytes, sizeof(bytes));
			json_out_init(&out, &text);
			json_out_string(&out, slice_of(bytes, sizeof(bytes)));
			json_t *value = load(&text, 0);
			assert_int_equal(json_string_length(value), expected.n);
			assert_memory_equal(json_string_value(value), expected.data, expected.n);
			json_decref(value);
			buf_release(&text);
			buf_release(&expected);
		}
	}
}

/* Write a random value with json_out and build the same one in jansson. */
static json_t *random_value(struct seed *seed, struct json_out *out, unsigned depth)
{
	char bytes[40], name[24];
	size_t n = seed_below(seed, 6);
	int64_t number;
	json_t *value;
	switch (seed_below(seed, depth < 6 ? 7 : 5)) {
	case 0:
		json_out_null(out);
		return json_null();
	case 1:
		json_out_bool(out, n & 1);
		return json_boolean(n & 1);
	case 2:
		number = (int64_t)(seed_next(seed) >> seed_below(seed, 64));
		json_out_int(out, n & 1 ? number : -number);
		return json_integer(n & 1 ? number : -number);
	case 3:
		json_out_str(out, "caf\xc3\xa9\t\"");
		return json_string("caf\xc3\xa9\t\"");
	case 4:
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)seed_below(seed, 128);
		json_out_string(out, slice_of(bytes, sizeof(bytes)));
		return json_stringn(bytes, sizeof(bytes));
	case 5:
		value = json_array();
		json_out_array(out);
		for (size_t i = 0; i < n; i++)
			json_array_append_new(value, random_value(seed, out, depth + 1));
		json_out_array_end(out);
		return value;
	default:
		value = json_object();
		json_out_object(out);
		for (size_t i = 0; i < n; i++) {
			snprintf(name, sizeof(name), "%s%zu", i & 1 ? "k\n" : "k", i);
			if (i & 1)
				json_out_key_slice(out, slice_str(name));
			else
				json_out_key(out, name);
			json_object_set_new(value, name, random_value(seed, out, depth + 1));
		}
		json_out_object_end(out);
		return value;
	}
}

static void random_documents_read_back_equal(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	for (int i = 0; i < 3000; i++) {
		struct buf text = {0};
		struct json_out out;
		json_out_init(&out, &text);
		json_t *expected = random_value(&seed, &out, 0);
		json_t *value = load(&text, 0);
		assert_int_equal(out.depth, 0);
		assert_true(json_equal(value, expected));
		json_decref(value);
		json_decref(expected);
		buf_release(&text);
	}
}

static void integers_reach_both_ends(void **state)
{
	(void)state;
	struct buf text = {0};
	struct json_out out;
	json_out_init(&out, &text);
	json_out_array(&out);
	json_out_int(&out, INT64_MIN);
	json_out_int(&out, INT64_MAX);
	json_out_int(&out, 0);
	json_out_int(&out, -1);
	json_out_array_end(&out);
	assert_text(&text, "[-9223372036854775808,9223372036854775807,0,-1]");
}

static void doubles_have_their_shortest_form(void **state)
{
	(void)state;
	struct buf text = {0};
	struct json_out out;
	json_out_init(&out, &text);
	json_out_array(&out);
	json_out_double(&out, 0.1);
	json_out_double(&out, 5e-324);
	json_out_double(&out, 1e21);
	json_out_double(&out, 100);
	json_out_double(&out, 0.1 + 0.2);
	json_out_double(&out, (double)NAN);
	json_out_double(&out, -(double)INFINITY);
	json_out_array_end(&out);
	assert_text(&text, "[0.1,5e-324,1e+21,100,0.30000000000000004,null,null]");
}

/* of the mantissa, without the zeros at both ends; 0 has one */
static int significant_digits(const char *text)
{
	int n = 0, zeros = 0;
	for (; *text && *text != 'e'; text++) {
		if (*text == '0') {
			zeros += n > 0;
		} else if (*text > '0' && *text <= '9') {
			n += zeros + 1;
			zeros = 0;
		}
	}
	return n ? n : 1;
}

static void random_doubles_read_back_equal_and_no_fewer_digits_would(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = seed_next(&seed);
		double number;
		struct buf text = {0};
		struct json_out out;
		if (i % 8 == 0)
			bits &= ~(UINT64_C(0x7ff) << 52); /* subnormal */
		memcpy(&number, &bits, sizeof(number));
		if (!isfinite(number))
			continue;
		if (i % 4 == 1)
			number = (double)(int64_t)seed_below(&seed, 1000000) / 1000;
		json_out_init(&out, &text);
		json_out_double(&out, number);
		json_t *value = load(&text, JSON_DECODE_INT_AS_REAL);
		assert_true(json_real_value(value) == number);
		json_decref(value);
		for (int digits = 1; digits <= 17; digits++) {
			char shorter[40];
			snprintf(shorter, sizeof(shorter), "%.*g", digits, number);
			if (strtod(shorter, NULL) == number) {
				assert_int_equal(significant_digits(buf_cstr(&text)), digits);
				break;
			}
		}
		buf_release(&text);
	}
}

/* RFC 4648, section 10 */
static void base64_is_that_of_the_standard(void **state)
{
	(void)state;
	struct buf text = {0};
	struct json_out out;
	json_out_init(&out, &text);
	json_out_array(&out);
	for (size_t n = 0; n <= 6; n++)
		json_out_base64(&out, slice_of("foobar", n));
	json_out_base64(&out, SLICE("\xff\xff\xfe\x00\xfb"));
	json_out_array_end(&out);
	assert_text(&text, "[\"\",\"Zg==\",\"Zm8=\",\"Zm9v\",\"Zm9vYg==\",\"Zm9vYmE=\","
	                   "\"Zm9vYmFy\",\"///+APs=\"]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nesting_and_commas_are_right),
	        cmocka_unit_test(text_is_appended_to_what_the_buffer_holds),
	        cmocka_unit_test(members_are_written_in_one_call),
	        cmocka_unit_test(the_greatest_depth_works),
	        cmocka_unit_test(any_bytes_become_a_string_that_jansson_reads),
	        cmocka_unit_test(a_character_that_is_cut_off_by_the_end_is_invalid),
	        cmocka_unit_test(every_byte_at_every_place_of_a_word_is_handled),
	        cmocka_unit_test(random_documents_read_back_equal),
	        cmocka_unit_test(integers_reach_both_ends),
	        cmocka_unit_test(doubles_have_their_shortest_form),
	        cmocka_unit_test(random_doubles_read_back_equal_and_no_fewer_digits_would),
	        cmocka_unit_test(base64_is_that_of_the_standard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
