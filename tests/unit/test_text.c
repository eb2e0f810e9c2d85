/* Keys as people write them, and slugs. */
#include "core/domain/text.h"
#include "tests/lib/decider.h"

static void a_key_of_a_project_is_taken_in_any_case(void **state)
{
	(void)state;
	static const struct {
		struct slice text;
		const char *kept; /* NULL: it is none */
	} rows[] = {
	        {SLICE("TLS"), "TLS"},
	        {SLICE("tls"), "TLS"},
	        {SLICE("tLs13"), "TLS13"},
	        {SLICE("abcdefghij"), "ABCDEFGHIJ"},
	        {SLICE("abcdefghijk"), NULL},
	        {SLICE(""), NULL},
	        {SLICE("t"), NULL},
	        {SLICE("1tls"), NULL},
	        {SLICE("t-ls"), NULL},
	        {SLICE("tl\0"), NULL},
	        {SLICE("\xc5\xbf\xc5\xbf"), NULL}, /* long s, whose capital is S */
	        {SLICE("t\xc4\xb1ls"), NULL},      /* i without a dot */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char room[TEXT_KEY_MAX];
		struct slice key;
		assert_int_equal(text_to_project_key(rows[i].text, room, &key),
		                 rows[i].kept != NULL);
		if (rows[i].kept)
			assert_slice(key, rows[i].kept);
	}
}

static void a_key_of_an_issue_is_taken_in_any_case(void **state)
{
	(void)state;
	static const struct {
		struct slice text;
		const char *project; /* NULL: it is none */
		int64_t number;
	} rows[] = {
	        {SLICE("TLS-12"), "TLS", 12},
	        {SLICE("tls-12"), "TLS", 12},
	        {SLICE("Tls13-999999999999999999"), "TLS13", 999999999999999999},
	        {SLICE("tls-1000000000000000000"), NULL, 0},
	        {SLICE("tls-012"), NULL, 0},
	        {SLICE("tls-0"), NULL, 0},
	        {SLICE("tls--1"), NULL, 0},
	        {SLICE("tls-"), NULL, 0},
	        {SLICE("tls"), NULL, 0},
	        {SLICE("-12"), NULL, 0},
	        {SLICE(""), NULL, 0},
	        {SLICE("tls-1a"), NULL, 0},
	        {SLICE(" tls-1"), NULL, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char room[TEXT_KEY_MAX];
		struct slice key;
		int64_t number;
		assert_int_equal(text_to_issue_key(rows[i].text, room, &key, &number),
		                 rows[i].project != NULL);
		if (!rows[i].project)
			continue;
		assert_slice(key, rows[i].project);
		assert_int_equal(number, rows[i].number);
	}
}

static void a_slug_that_cannot_be_is_named_with_the_rule(void **state)
{
	(void)state;
#define RULE                                                                                       \
	"cannot be the slug of an organization: 2 to 40 characters a-z, 0-9 and -, beginning "     \
	"with a letter"
	char text[REJECT_SLUG_TEXT], many[400];
	reject_slug_text(SLICE("Acme"), text);
	assert_string_equal(text, "\"Acme\" " RULE);
	for (size_t i = 0; i < sizeof many; i += 2)
		memcpy(many + i, "\xc3\xa9", 2);
	reject_slug_text(slice_of(many, sizeof many), text);
	assert_int_equal(strncmp(text, "\"\xc3\xa9", 3), 0);
	assert_int_equal(strncmp(strrchr(text, '"'), "\" " RULE, strlen("\" " RULE) + 1), 0);
	assert_int_equal((strrchr(text, '"') - text - 1) % 2, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_key_of_a_project_is_taken_in_any_case),
	        cmocka_unit_test(a_key_of_an_issue_is_taken_in_any_case),
	        cmocka_unit_test(a_slug_that_cannot_be_is_named_with_the_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
