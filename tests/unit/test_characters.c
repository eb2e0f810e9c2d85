/* What Unicode says of characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/characters.h"

#define NBSP     "\xc2\xa0"
#define EN_SPACE "\xe2\x80\x82"
#define WIDE     "\xe3\x80\x80" /* ideographic space */
#define ZERO     "\xe2\x80\x8b" /* space of no width */
#define JOINER   "\xe2\x80\x8d"
#define FILLER   "\xe3\x85\xa4" /* of Hangul */
#define LINES    "\xe2\x80\xa8" /* line separator */

static void white_space_of_every_script_and_what_has_no_shape_is_not_to_be_seen(void **state)
{
	(void)state;
	assert_false(has_visible_character(SLICE("")));
	assert_false(has_visible_character(SLICE(" \t\r\n")));
	assert_false(has_visible_character(SLICE(NBSP EN_SPACE WIDE)));
	assert_false(has_visible_character(SLICE(ZERO JOINER FILLER LINES "\xef\xbb\xbf")));
	assert_true(has_visible_character(SLICE(NBSP "x")));
	assert_true(has_visible_character(SLICE("\xe6\x97\xa5")));
	assert_true(has_visible_character(SLICE("\xf0\x9f\x8f\xb3")));
	assert_true(has_visible_character(SLICE("\xef\xbf\xbd")));
}

static void white_space_is_trimmed_at_both_ends(void **state)
{
	(void)state;
#define TRIMS(text, rest) assert_true(slice_equal(trim_spaces(SLICE(text)), SLICE(rest)))
	TRIMS("", "");
	TRIMS(" " NBSP WIDE, "");
	TRIMS(WIDE "a" NBSP "b" EN_SPACE " ", "a" NBSP "b");
	TRIMS("\xe6\x97\xa5", "\xe6\x97\xa5");
	TRIMS(ZERO "a", ZERO "a");
}

static void names_that_differ_in_case_or_form_alone_are_one(void **state)
{
	(void)state;
#define SAME(a, b)    assert_true(same_but_case(SLICE(a), SLICE(b)))
#define DIFFERS(a, b) assert_false(same_but_case(SLICE(a), SLICE(b)))
	SAME("", "");
	SAME("Ops", "oPS");
	DIFFERS("Ops", "Op");
	DIFFERS("Op", "Ops");
	DIFFERS("", "x");
	SAME("\xc3\x9c"
	     "ber",
	     "\xc3\xbc"
	     "BER");
	SAME("Stra\xc3\x9f"
	     "e",
	     "STRASSE");
	SAME("\xc3\x89", "e\xcc\x81");
	SAME("\xce\xa3\xce\xa3", "\xcf\x83\xcf\x82"); /* the sigma at the end of a word */
	DIFFERS("a", "\xd0\xb0");                     /* what only looks alike */
	DIFFERS("\xc3\xa9", "e");
}

static void long_texts_are_compared_by_their_bytes(void **state)
{
	static char big[2 * 5000], small[2 * 5000];
	(void)state;
	for (size_t i = 0; i < sizeof big; i += 2) {
		memcpy(big + i, "\xc3\x9c", 2);
		memcpy(small + i, "\xc3\xbc", 2);
	}
	assert_true(same_but_case(slice_of(big, 2000), slice_of(small, 2000)));
	assert_false(same_but_case(slice_of(big, sizeof big), slice_of(small, sizeof small)));
	assert_true(same_but_case(slice_of(big, sizeof big), slice_of(big, sizeof big)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(
	                white_space_of_every_script_and_what_has_no_shape_is_not_to_be_seen),
	        cmocka_unit_test(white_space_is_trimmed_at_both_ends),
	        cmocka_unit_test(names_that_differ_in_case_or_form_alone_are_one),
	        cmocka_unit_test(long_texts_are_compared_by_their_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
