/* Which texts are values of a kind, and their one form. */
#include "core/domain/text.h"
#include "tests/unit/fields.h"
#include "core/domain/field_value.h"

#define DIGITS_38 "12345678901234567890123456789012345678"

static const char *canonical_of(enum field_kind kind, const char *given)
{
	static char text[4096];
	char room[FIELD_VALUE_ROOM];
	struct slice canonical;
	if (!field_value_canonical(kind, slice_str(given), room, &canonical))
		return NULL;
	memcpy(text, canonical.data, canonical.n);
	text[canonical.n] = 0;
	return text;
}

struct pair {
	const char *given, *canonical; /* NULL: it is none */
};

static void check_all(enum field_kind kind, const struct pair *pairs)
{
	for (; pairs->given; pairs++) {
		const char *canonical = canonical_of(kind, pairs->given);
		if (!pairs->canonical && canonical)
			fail_msg("%s was taken as %s", pairs->given, canonical);
		if (pairs->canonical && (!canonical || strcmp(canonical, pairs->canonical) != 0))
			fail_msg("%s is %s, not %s", pairs->given, canonical ? canonical : "none",
			         pairs->canonical);
		if (canonical && (canonical = canonical_of(kind, pairs->canonical)))
			assert_string_equal(canonical, pairs->canonical);
	}
}

static void a_number_has_one_exact_form(void **state)
{
	(void)state;
	static const struct pair pairs[] = {
	        {"0", "0"},
	        {"-0", "0"},
	        {"-0.000", "0"},
	        {"0e5", "0"},
	        {"0.1", "0.1"},
	        {"1.10", "1.1"},
	        {"100", "100"},
	        {"007", "7"},
	        {"-12.500", "-12.5"},
	        {"1e3", "1000"},
	        {"1E+3", "1000"},
	        {"12.5e1", "125"},
	        {"12.5e-3", "0.0125"},
	        {"1e-10", "0.0000000001"},
	        {DIGITS_38, DIGITS_38},
	        {"-" DIGITS_38 ".0", "-" DIGITS_38},
	        {"0." DIGITS_38, "0." DIGITS_38},
	        {"1234567890123456789.0123456789012345678",
	         "1234567890123456789.0123456789012345678"},
	        {"1e37", "10000000000000000000000000000000000000"},
	        {"1e-38", "0.00000000000000000000000000000000000001"},
	        {"0." DIGITS_38 "0000000000", "0." DIGITS_38},
	        {DIGITS_38 "9", NULL},
	        {DIGITS_38 ".5", NULL},
	        {"0." DIGITS_38 "1", NULL},
	        {"1e38", NULL},
	        {"1e-39", NULL},
	        {"1e9999", NULL},
	        {"1e99999", NULL},
	        {"", NULL},
	        {"-", NULL},
	        {"+1", NULL},
	        {".5", NULL},
	        {"5.", NULL},
	        {"1,5", NULL},
	        {"1e", NULL},
	        {"1 ", NULL},
	        {"0x10", NULL},
	        {"NaN", NULL},
	        {"Infinity", NULL},
	        {"1e1.5", NULL},
	        {NULL, NULL},
	};
	check_all(FIELD_KIND_NUMBER, pairs);
}

static void days_and_times_exist(void **state)
{
	(void)state;
	static const struct pair days[] = {
	        {"2024-02-29", "2024-02-29"}, {"2023-02-29", NULL},  {"1900-01-01", "1900-01-01"},
	        {"9999-12-31", "9999-12-31"}, {"1899-12-31", NULL},  {"-1-01-01", NULL},
	        {"2024-2-9", NULL},           {"10000-01-01", NULL}, {NULL, NULL},
	};
	static const struct pair times[] = {
	        {"2026-11-30T10:00:00Z", "2026-11-30T10:00:00.000Z"},
	        {"2026-11-30T10:00:00.1234+02:00", "2026-11-30T08:00:00.123Z"},
	        {"2026-11-30", NULL},
	        {"1899-12-31T23:59:59Z", NULL},
	        {"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
	        {"2026-11-30T25:00:00Z", NULL},
	        {NULL, NULL},
	};
	check_all(FIELD_KIND_DATE, days);
	check_all(FIELD_KIND_DATETIME, times);
}

static void texts_addresses_and_ids_are_looked_at(void **state)
{
	(void)state;
	static const struct pair addresses[] = {
	        {"https://example.org/a?b=c", "https://example.org/a?b=c"},
	        {"http://x", "http://x"},
	        {"https://", NULL},
	        {"javascript:alert(1)", NULL},
	        {"https://a b", NULL},
	        {"https://a\nb", NULL},
	        {"https://a\302\240b", NULL},     /* no-break space */
	        {"https://a\342\200\256b", NULL}, /* writes from right to left */
	        {"https://a\342\200\250b", NULL}, /* separates lines */
	        {"https://a\342\200\213b", NULL}, /* of no width */
	        {"https://b\303\274cher", "https://b\303\274cher"},
	        {"ftp://x", NULL},
	        {NULL, NULL},
	};
	static const struct pair others[] = {{"true", "true"}, {"false", "false"}, {"TRUE", NULL},
	                                     {"1", NULL},      {"", NULL},         {NULL, NULL}};
	static const struct pair lines[] = {
	        {"one line", "one line"}, {"", NULL}, {"  ", NULL}, {"a\nb", NULL}, {NULL, NULL}};
	static const struct pair bodies[] = {{"two\nlines", "two\nlines"},
	                                     {"", NULL},
	                                     {" \n", NULL},
	                                     {"bell\a", NULL},
	                                     {NULL, NULL}};
	static const struct pair labels[] = {
	        {"good first", "good first"}, {"a,b", NULL}, {" a", NULL}, {NULL, NULL}};
	static const struct pair members[] = {
	        {"018F4E3A-5C1D-7B2E-9A60-3F2B1C0D4E5F", "018f4e3a-5c1d-7b2e-9a60-3f2b1c0d4e5f"},
	        {"ada", NULL},
	        {NULL, NULL}};
	check_all(FIELD_KIND_URL, addresses);
	check_all(FIELD_KIND_CHECKBOX, others);
	check_all(FIELD_KIND_TEXT, lines);
	check_all(FIELD_KIND_PARAGRAPH, bodies);
	check_all(FIELD_KIND_LABELS, labels);
	check_all(FIELD_KIND_MEMBER, members);
}

static void what_is_packed_comes_back(void **state)
{
	(void)state;
	char packed[FIELD_BYTES_MAX], large[FIELD_BYTES_MAX];
	uint32_t n;
	struct slice value, rest;
	assert_true(field_pack(LABELS(SLICE("a"), SLICE("longer"), SLICE("")), packed, &n));
	rest = slice_of(packed, n);
	assert_true(field_next(&rest, &value) && slice_is(value, "a"));
	assert_true(field_next(&rest, &value) && slice_is(value, "longer"));
	assert_true(field_next(&rest, &value) && slice_is(value, ""));
	assert_false(field_next(&rest, &value));
	assert_true(field_packed_has(slice_of(packed, n), SLICE("longer")));
	assert_false(field_packed_has(slice_of(packed, n), SLICE("long")));
	memset(large, 'x', sizeof large);
	assert_true(field_pack(LABELS(slice_of(large, FIELD_BYTES_MAX - 2)), packed, &n));
	assert_int_equal(n, FIELD_BYTES_MAX);
	assert_false(field_pack(LABELS(slice_of(large, FIELD_BYTES_MAX - 1)), packed, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_number_has_one_exact_form),
	        cmocka_unit_test(days_and_times_exist),
	        cmocka_unit_test(texts_addresses_and_ids_are_looked_at),
	        cmocka_unit_test(what_is_packed_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
