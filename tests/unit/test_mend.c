#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/characters.h"
#include "core/codec/normal_text.h"
#include "core/domain/text.h"
#include "import/mend.h"
#include "tests/unit/seed.h"

static void assert_text(struct buf *buf, struct slice expected)
{
	assert_int_equal(buf->n, expected.n);
	if (expected.n)
		assert_memory_equal(buf->data, expected.data, expected.n);
	buf_release(buf);
}

static void control_characters_become_replacements_and_layout_stays_in_bodies(void **state)
{
	struct buf out = {0};
	(void)state;
	assert_int_equal(mend_text(SLICE("a\0b\x1b\tc\r\n\x7f\xc2\x85\xc2\xa0"), true, &out), 4);
	assert_text(&out, SLICE("a\xef\xbf\xbd"
	                        "b\xef\xbf\xbd\tc\r\n\xef\xbf\xbd\xef\xbf\xbd\xc2\xa0"));
}

static void layout_becomes_spaces_in_a_line(void **state)
{
	struct buf out = {0};
	(void)state;
	assert_int_equal(mend_text(SLICE("a\tb\nc\rd"), false, &out), 3);
	assert_text(&out, SLICE("a b c d"));
}

static void texts_get_their_normal_form_and_marks_an_end(void **state)
{
	struct buf out = {0}, marks = {0};
	(void)state;
	assert_int_equal(mend_text(SLICE("e\xcc\x81"), true, &out), 0);
	assert_text(&out, SLICE("\xc3\xa9"));
	buf_append_str(&marks, "x");
	for (int i = 0; i < 31; i++)
		buf_append_str(&marks, "\xcc\x96");
	buf_append_str(&marks, "y");
	assert_int_equal(mend_text(buf_slice(&marks), true, &out), 1);
	assert_int_equal(out.n, 1 + 30 * 2 + 3 + 1);
	buf_release(&out);
	buf_release(&marks);
}

static void hidden_characters_stay_in_bodies_only(void **state)
{
	struct slice text = SLICE("a\xe2\x80\x8b"
	                          "b\xe2\x80\xae"); /* space of no width, right to left */
	struct buf out = {0};
	(void)state;
	assert_int_equal(mend_text(text, true, &out), 0);
	assert_text(&out, text);
	assert_int_equal(mend_text(text, false, &out), 2);
	assert_text(&out, SLICE("a\xef\xbf\xbd"
	                        "b\xef\xbf\xbd"));
}

static void a_head_ends_between_characters(void **state)
{
	struct slice text = SLICE("a\xc3\xa9\xf0\x9f\x98\x80z");
	(void)state;
	assert_int_equal(mend_head(text, 0).n, 0);
	assert_int_equal(mend_head(text, 1).n, 1);
	assert_int_equal(mend_head(text, 2).n, 3);
	assert_int_equal(mend_head(text, 3).n, 7);
	assert_int_equal(mend_head(text, 4).n, 8);
	assert_int_equal(mend_head(text, 99).n, 8);
}

static void a_good_label_stays_and_others_are_told(void **state)
{
	struct buf out = {0};
	(void)state;
	assert_true(mend_label(SLICE("help wanted"), &out));
	assert_text(&out, SLICE("help wanted"));
	assert_false(mend_label(SLICE(" a,b "), &out));
	assert_text(&out, SLICE("a;b"));
	assert_false(mend_label(SLICE("  "), &out));
	assert_text(&out, SLICE(""));
}

static void assert_fit(struct buf *text, bool name)
{
	static char room[1 << 16] __attribute__((aligned(16)));
	struct arena arena;
	struct slice normal;
	arena_init(&arena, room, sizeof room);
	assert_int_equal(normal_text(buf_slice(text), &arena, &normal), STATUS_OK);
	assert_true(slice_equal(normal, buf_slice(text)));
	assert_true(!name || hidden_character(normal) == 0);
}

static void whatever_comes_the_domain_takes_what_is_mended(void **state)
{
	static const char *const pieces[] = {"a",
	                                     ",",
	                                     " ",
	                                     "\t",
	                                     "\n",
	                                     "\x01",
	                                     "\x7f",
	                                     "\xc2\x80",
	                                     "\xc2\xa0",
	                                     "\xc3\xa9",
	                                     "\xf0\x9f\x98\x80",
	                                     "e\xcc\x81",
	                                     "\xcc\x81\xcc\x96\xcc\x81\xcc\x96\xcc\x81",
	                                     "\xe2\x80\x8b",
	                                     "\xe2\x80\x8d",
	                                     "\xe2\x80\xae",
	                                     "\xe1\x84\x80\xe1\x85\xa1",
	                                     "\xe0\xa5\x98"};
	struct seed seed = seed_start("mend");
	(void)state;
	for (int i = 0; i < 5000; i++) {
		struct buf text = {0}, label = {0}, line = {0}, body = {0};
		for (uint64_t n = seed_below(&seed, 150); n; n--)
			buf_append_str(&text, pieces[seed_below(&seed, 18)]);
		mend_label(buf_slice(&text), &label);
		assert_true(label.n == 0 || text_is_label(buf_slice(&label)));
		mend_text(buf_slice(&text), false, &line);
		assert_true(text_is_blank(buf_slice(&line)) || text_is_line(buf_slice(&line)));
		mend_text(buf_slice(&text), true, &body);
		assert_true(text_is_body(buf_slice(&body)));
		assert_fit(&label, true);
		assert_fit(&line, true);
		assert_fit(&body, false);
		buf_release(&text);
		buf_release(&label);
		buf_release(&line);
		buf_release(&body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(control_characters_become_replacements_and_layout_stays_in_bodies),
	        cmocka_unit_test(layout_becomes_spaces_in_a_line),
	        cmocka_unit_test(texts_get_their_normal_form_and_marks_an_end),
	        cmocka_unit_test(hidden_characters_stay_in_bodies_only),
	        cmocka_unit_test(a_head_ends_between_characters),
	        cmocka_unit_test(a_good_label_stays_and_others_are_told),
	        cmocka_unit_test(whatever_comes_the_domain_takes_what_is_mended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
