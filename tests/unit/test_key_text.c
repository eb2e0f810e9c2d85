#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/http/key_text.h"

/* Of 32 bytes 0x07, by another implementation. */
static const uint8_t sevens_hash[] = {0x4b, 0xb0, 0x6f, 0x8e, 0x4e, 0x3a, 0x77, 0x15,
                                      0xd2, 0x01, 0xd5, 0x73, 0xd0, 0xaa, 0x42, 0x37,
                                      0x62, 0xe5, 0x5d, 0xab, 0xd6, 0x1a, 0x2c, 0x02,
                                      0x27, 0x8f, 0xa5, 0x6c, 0xc6, 0xd2, 0x94, 0xe0};

static void make(const char *tenant, char text[KEY_TEXT_MAX])
{
	uint8_t secret[KEY_SECRET_BYTES];
	struct uuid id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
	memset(secret, 7, sizeof secret);
	key_text_make(slice_str(tenant), &id, secret, text);
}

static void a_key_is_read_as_it_was_made(void **state)
{
	static const char *const tenants[] = {"ab", "acme", "a-b-",
	                                      "a234567890123456789012345678901234567890"};
	char text[KEY_TEXT_MAX];
	struct key_text key;
	(void)state;
	for (size_t i = 0; i < sizeof tenants / sizeof *tenants; i++) {
		make(tenants[i], text);
		assert_true(key_text_is(slice_str(text)));
		assert_true(key_text_parse(slice_str(text), &key));
		assert_true(slice_is(key.tenant, tenants[i]));
		assert_int_equal(key.id.bytes[15], 16);
		assert_memory_equal(key.hash, sevens_hash, sizeof sevens_hash);
	}
	make("acme", text);
	assert_string_equal(text, "nfk_acme_01020304-0506-0708-090a-0b0c0d0e0f10_"
	                          "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc");
}

static void another_secret_has_another_hash(void **state)
{
	char text[KEY_TEXT_MAX];
	struct key_text key;
	(void)state;
	make("acme", text);
	text[strlen(text) - 2] = 'x';
	assert_true(key_text_parse(slice_str(text), &key));
	assert_memory_not_equal(key.hash, sevens_hash, sizeof sevens_hash);
}

static void what_is_malformed_is_no_key(void **state)
{
	char text[KEY_TEXT_MAX], bad[KEY_TEXT_MAX + 1];
	struct key_text key;
	(void)state;
	make("acme", text);
	size_t n = strlen(text);
	for (size_t cut = 0; cut < n; cut++)
		assert_false(key_text_parse(slice_of(text, cut), &key));
	for (size_t at = 0; at < n; at++) {
		memcpy(bad, text, n + 1);
		bad[at] = at >= 4 && at < 8 ? '_' : '!';
		assert_false(key_text_parse(slice_of(bad, n), &key));
	}
	memcpy(bad, text, n);
	bad[n] = 'A';
	assert_false(key_text_parse(slice_of(bad, n + 1), &key));
	make("a2345678901234567890123456789012345678901", text); /* 41 */
	assert_false(key_text_parse(slice_str(text), &key));
	assert_false(key_text_is(SLICE("nfk_")));
	assert_false(key_text_is(SLICE("eyJhbGciOiJFUzI1NiJ9")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_key_is_read_as_it_was_made),
	        cmocka_unit_test(another_secret_has_another_hash),
	        cmocka_unit_test(what_is_malformed_is_no_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
