#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "core/base/clock.h"
#include "tests/unit/seed.h"

#define YEAR_0_MS (-62167219200000LL)

static void assert_formats(int64_t ms, const char *expected)
{
	char text[CLOCK_TEXT + 1] = "";
	clock_format(ms, text);
	assert_string_equal(text, expected);
}

static void assert_parses(const char *text, int64_t expected)
{
	int64_t ms = 42;
	if (!clock_parse(slice_str(text), &ms))
		fail_msg("%s is refused", text);
	assert_int_equal(ms, expected);
}

static void assert_refuses(const char *text)
{
	int64_t ms = 42;
	if (clock_parse(slice_str(text), &ms))
		fail_msg("%s is accepted", text);
	assert_int_equal(ms, 42);
}

static void known_times_have_their_known_texts(void **state)
{
	(void)state;
	assert_formats(0, "1970-01-01T00:00:00.000Z");
	assert_formats(-1, "1969-12-31T23:59:59.999Z");
	assert_formats(951782400000, "2000-02-29T00:00:00.000Z");
	assert_formats(CLOCK_MS_MIN, "0001-01-01T00:00:00.000Z");
	assert_formats(CLOCK_MS_MAX, "9999-12-31T23:59:59.999Z");
	assert_formats(YEAR_0_MS, "0000-01-01T00:00:00.000Z");
}

static void times_outside_the_years_are_clamped(void **state)
{
	(void)state;
	assert_formats(INT64_MIN, "0000-01-01T00:00:00.000Z");
	assert_formats(INT64_MAX, "9999-12-31T23:59:59.999Z");
	assert_formats(CLOCK_MS_MAX + 1, "9999-12-31T23:59:59.999Z");
}

static void the_c_library_agrees_and_the_text_reads_back(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	for (int i = 0; i < 50000; i++) {
		uint64_t span = (uint64_t)(CLOCK_MS_MAX - CLOCK_MS_MIN) + 1;
		int64_t ms = CLOCK_MS_MIN + (int64_t)seed_below(&seed, span);
		int64_t second = (ms - YEAR_0_MS) / 1000 + YEAR_0_MS / 1000;
		time_t at = (time_t)second;
		struct tm tm;
		char expected[96];
		assert_non_null(gmtime_r(&at, &tm));
		snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		         tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		         tm.tm_sec, (int)(ms - second * 1000));
		assert_formats(ms, expected);
		assert_parses(expected, ms);
	}
}

static void every_day_of_eight_centuries_follows_the_one_before(void **state)
{
	(void)state;
	int64_t ms = -30610224000000; /* 1000-01-01 */
	for (int day = 0; day < 800 * 366; day++, ms += 86400000) {
		char text[CLOCK_TEXT];
		int64_t back;
		clock_format(ms, text);
		assert_true(clock_parse(slice_of(text, CLOCK_TEXT), &back));
		assert_true(back == ms);
	}
}

static void offsets_are_taken_off(void **state)
{
	(void)state;
	assert_parses("1970-01-01T01:30:00+01:30", 0);
	assert_parses("1969-12-31T19:00:00-05:00", 0);
	assert_parses("1970-01-01T00:00:00-00:00", 0);
	assert_parses("1970-01-01t00:00:00z", 0);
	assert_parses("1970-01-02T23:59:00+23:59", 86400000);
	assert_parses("2024-02-29T23:59:59.123+01:30", 1709245799123);
}

static void fractions_are_cut_to_milliseconds(void **state)
{
	(void)state;
	assert_parses("1970-01-01T00:00:00.1Z", 100);
	assert_parses("1970-01-01T00:00:00.12Z", 120);
	assert_parses("1970-01-01T00:00:00.1239Z", 123);
	assert_parses("1970-01-01T00:00:00.999999999Z", 999);
	assert_parses("1970-01-01T00:00:00.000999999Z", 0);
	assert_parses("1969-12-31T23:59:59.9999Z", -1);
}

static void a_leap_second_is_the_last_millisecond_of_its_day(void **state)
{
	(void)state;
	assert_parses("2016-12-31T23:59:60Z", 1483228799999);
	assert_parses("2017-01-01T00:59:60.5+01:00", 1483228799999);
	assert_refuses("2016-12-31T12:00:60Z");
	assert_refuses("2016-12-31T23:59:61Z");
}

static void what_is_not_a_time_is_refused_and_leaves_the_result_alone(void **state)
{
	(void)state;
	static const char *const bad[] = {
	        "",
	        "2024-01-01",
	        "2024-01-01T00:00:00",
	        "2024-01-01 00:00:00Z",
	        "2024-1-01T00:00:00.0Z",
	        "2024-00-01T00:00:00Z",
	        "2024-13-01T00:00:00Z",
	        "2024-01-00T00:00:00Z",
	        "2024-01-32T00:00:00Z",
	        "2024-04-31T00:00:00Z",
	        "2023-02-29T00:00:00Z",
	        "1900-02-29T00:00:00Z",
	        "2024-02-30T00:00:00Z",
	        "2024-01-01T24:00:00Z",
	        "2024-01-01T00:60:00Z",
	        "2024-01-01T00:00:00.Z",
	        "2024-01-01T00:00:00.1234567890Z",
	        "2024-01-01T00:00:00,5Z",
	        "2024-01-01T00:00:00Zx",
	        "2024-01-01T00:00:00Z ",
	        "2024-01-01T00:00:00+1:00",
	        "2024-01-01T00:00:00+0100",
	        "2024-01-01T00:00:00+01:60",
	        "2024-01-01T00:00:00+24:00",
	        "2024-01-01T00:00:00+",
	        "2024-01-01T00:00:00+01:0",
	        "+024-01-01T00:00:00Z",
	        "12024-01-01T00:00:00Z",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refuses(bad[i]);
	int64_t ms;
	assert_false(clock_parse(SLICE("2024-01-01T00:00:00\0"), &ms));
}

static void the_range_ends_exactly_where_the_header_says(void **state)
{
	(void)state;
	assert_parses("0001-01-01T00:00:00Z", CLOCK_MS_MIN);
	assert_parses("9999-12-31T23:59:59.999Z", CLOCK_MS_MAX);
	assert_refuses("0000-12-31T23:59:59.999Z");
	assert_refuses("0001-01-01T00:00:00+00:01");
	assert_refuses("9999-12-31T23:59:59.999-00:01");
}

static void damaged_texts_never_read_outside_and_never_parse_to_another_text(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	for (int i = 0; i < 50000; i++) {
		char good[] = "2024-02-29T23:59:59.123Z", again[CLOCK_TEXT];
		char *text = mem_new(CLOCK_TEXT); /* on the heap: asan sees a read outside */
		int64_t ms;
		memcpy(text, good, CLOCK_TEXT);
		text[seed_below(&seed, CLOCK_TEXT)] = (char)(seed_below(&seed, 96) + 32);
		size_t n = seed_below(&seed, 4) ? CLOCK_TEXT : seed_below(&seed, CLOCK_TEXT);
		if (clock_parse(slice_of(text, n), &ms) && n == CLOCK_TEXT && text[19] == '.' &&
		    text[23] == 'Z' && text[10] == 'T') {
			clock_format(ms, again);
			assert_memory_equal(text, again, CLOCK_TEXT);
		}
		free(text);
	}
}

static void the_clocks_advance_and_agree_on_the_unit(void **state)
{
	(void)state;
	int64_t us = clock_monotonic_us(), ms = clock_monotonic_ms(), later = clock_monotonic_us();
	assert_true(us / 1000 <= ms);
	assert_true(ms <= later / 1000);
	time_t before = time(NULL);
	int64_t now = clock_now_ms();
	assert_true(now / 1000 >= before - 1); /* time(NULL) may lag by a tick */
	assert_true(now / 1000 <= time(NULL) + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(known_times_have_their_known_texts),
	        cmocka_unit_test(times_outside_the_years_are_clamped),
	        cmocka_unit_test(the_c_library_agrees_and_the_text_reads_back),
	        cmocka_unit_test(every_day_of_eight_centuries_follows_the_one_before),
	        cmocka_unit_test(offsets_are_taken_off),
	        cmocka_unit_test(fractions_are_cut_to_milliseconds),
	        cmocka_unit_test(a_leap_second_is_the_last_millisecond_of_its_day),
	        cmocka_unit_test(what_is_not_a_time_is_refused_and_leaves_the_result_alone),
	        cmocka_unit_test(the_range_ends_exactly_where_the_header_says),
	        cmocka_unit_test(damaged_texts_never_read_outside_and_never_parse_to_another_text),
	        cmocka_unit_test(the_clocks_advance_and_agree_on_the_unit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
