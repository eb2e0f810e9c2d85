#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/base/pattern.h"

static char block[2 << 20] __attribute__((aligned(16)));

static struct arena fresh(void)
{
	struct arena arena;
	arena_init(&arena, block, sizeof block);
	return arena;
}

#define MATCH(pattern, text) pattern_match(SLICE(pattern), SLICE(text), &arena)

static void a_whole_text_matches(void **state)
{
	struct arena arena = fresh();
	(void)state;
	assert_int_equal(MATCH("[A-Z]+-\\d+", "TLS-12"), PATTERN_MATCHES);
	assert_int_equal(MATCH("[A-Z]+-\\d+", "see TLS-12"), PATTERN_DIFFERS);
	assert_int_equal(MATCH("[A-Z]+-\\d+", "TLS-12\n"), PATTERN_DIFFERS);
	assert_int_equal(MATCH("a|ab", "ab"), PATTERN_MATCHES);
	assert_int_equal(MATCH(".*", ""), PATTERN_MATCHES);
	assert_int_equal(MATCH("\\p{L}{3}", "\xc3\xa4\xc3\xb6\xc3\xbc"), PATTERN_MATCHES);
	assert_int_equal(MATCH("(?i)tls.*", "TLS 1.3"), PATTERN_MATCHES);
	assert_int_equal(arena.used, 0);
}

static void what_is_no_pattern_is_told_with_its_place(void **state)
{
	struct arena arena = fresh();
	char why[PATTERN_WHY_MAX];
	size_t offset;
	(void)state;
	assert_true(pattern_check(SLICE("v\\d+(\\.\\d+)*"), &arena, &offset, why));
	assert_string_equal(why, "");
	assert_false(pattern_check(SLICE("v(\\d+"), &arena, &offset, why));
	assert_int_equal(offset, 5);
	assert_string_equal(why, "missing closing parenthesis");
	assert_false(pattern_check(SLICE("a\\Cb"), &arena, &offset, why));
	assert_int_equal(MATCH("v(\\d+", "v1"), PATTERN_BAD);
	assert_int_equal(arena.used, 0);
}

static void size_and_nesting_have_limits(void **state)
{
	struct arena arena = fresh();
	char why[PATTERN_WHY_MAX], nested[2 * PATTERN_PARENS_MAX + 3];
	size_t offset;
	(void)state;
	assert_false(pattern_check(SLICE("((((a{200}){200}){200}){200})"), &arena, &offset, why));
	assert_true(why[0] != '\0');
	int n = PATTERN_PARENS_MAX + 1;
	memset(nested, '(', (size_t)n);
	memset(nested + n, ')', (size_t)n);
	assert_false(pattern_check(slice_of(nested, 2 * (size_t)n), &arena, &offset, why));
	assert_true(pattern_check(slice_of(nested + 1, 2 * (size_t)n - 2), &arena, &offset, why));
	assert_int_equal(arena.used, 0);
}

/* Exponential by nature: an unbounded matcher would not come back. */
static void effort_has_a_limit(void **state)
{
	struct arena arena = fresh();
	char text[5000];
	(void)state;
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = '!';
	assert_int_equal(pattern_match(SLICE("(a+)+"), slice_of(text, 40), &arena),
	                 PATTERN_MATCHES);
	assert_int_equal(pattern_match(SLICE("(a+)+[bc]"), slice_of(text, 40), &arena),
	                 PATTERN_TOO_HARD);
	assert_int_equal(pattern_match(SLICE("(a|aa)+"), slice_of(text, sizeof text), &arena),
	                 PATTERN_TOO_HARD);
	assert_int_equal(pattern_match(SLICE("(?R)?a"), slice_of(text, sizeof text), &arena),
	                 PATTERN_TOO_HARD);
	assert_int_equal(arena.used, 0);
}

static void a_full_arena_is_too_little_for_a_pattern(void **state)
{
	struct arena arena = fresh();
	char why[PATTERN_WHY_MAX];
	size_t offset;
	(void)state;
	arena.cap = 100;
	assert_false(pattern_check(SLICE("a"), &arena, &offset, why));
	assert_int_equal(MATCH("a", "a"), PATTERN_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_whole_text_matches),
	        cmocka_unit_test(what_is_no_pattern_is_told_with_its_place),
	        cmocka_unit_test(size_and_nesting_have_limits),
	        cmocka_unit_test(effort_has_a_limit),
	        cmocka_unit_test(a_full_arena_is_too_little_for_a_pattern),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
