#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "import/references.h"
#include "tests/unit/seed.h"

/* The references of a Markdown text: "12 dup:7 a/b!3". */
static void assert_references(const char *markdown, const char *expected)
{
	struct buf prose = {0}, found = {0};
	struct reference one;
	size_t at = 0;
	references_prose(slice_str(markdown), &prose);
	while (references_next(buf_slice(&prose), &at, &one)) {
		buf_printf(&found, "%s%s%.*s%s%lld", found.n ? " " : "",
		           one.kind == REFERENCE_DUPLICATE ? "dup:"
		           : one.kind == REFERENCE_FIX     ? "fix:"
		                                           : "",
		           (int)one.repo.n, one.repo.n ? one.repo.data : "", one.repo.n ? "!" : "",
		           (long long)one.number);
	}
	assert_string_equal(buf_cstr(&found), expected);
	buf_release(&prose);
	buf_release(&found);
}

static void a_number_sign_and_a_number_refer(void **state)
{
	(void)state;
	assert_references("#1", "1");
	assert_references("see #12, (#13) and [#14]: #15.\n* #16/#17", "12 13 14 15 16 17");
	assert_references("\xe3\x80\x81#12\xe3\x80\x82", "12");
	assert_references("#123456789 #1234567890", "123456789");
}

static void what_only_looks_like_it_does_not(void **state)
{
	(void)state;
	assert_references("# 12 a#12 &#39; ##12 #0 #012 #12a #12_ # #a _#12", "");
	assert_references("https://example.org/#12 https://example.org/a/b#12", "");
}

static void another_repository_is_named(void **state)
{
	(void)state;
	assert_references("a/b#1 (tlswg/tls13-spec#22) some.one/re_po#3",
	                  "a/b!1 tlswg/tls13-spec!22 "
	                  "some.one/re_po!3");
	assert_references("a/b/c#1 /b#2 b#3", "");
}

static void an_address_of_an_issue_refers(void **state)
{
	(void)state;
	assert_references("https://github.com/a/b/issues/12", "a/b!12");
	assert_references("(http://www.github.com/a/b/pull/12/files#r5)", "a/b!12");
	assert_references("<https://github.com/a/b/pull/7#issuecomment-3>, #8", "a/b!7 8");
	assert_references("https://github.com/a/b/issues/new https://github.com/a/b/commit/12", "");
	assert_references("https://notgithub.com/a/b/issues/12 https://github.com/a/issues/12", "");
	assert_references("https://api.github.com/repos/a/b/issues/12", "");
}

static void duplicates_are_told_from_mentions(void **state)
{
	(void)state;
	assert_references("Duplicate of #7. Also #8", "dup:7 8");
	assert_references("this is a duplicate of: a/b#7", "dup:a/b!7");
	assert_references("DUPLICATE OF https://github.com/a/b/issues/7", "dup:a/b!7");
	assert_references("preduplicate of #7, duplicate ofs #8", "7 8");
	assert_references("Fixes #7, closed: #8 and resolve (#9)", "fix:7 fix:8 fix:9");
	assert_references("Resolves https://github.com/a/b/issues/7", "fix:a/b!7");
	assert_references("prefixes #7, fixing #8, fix of #9", "7 8 9");
}

static void code_is_no_prose(void **state)
{
	(void)state;
	assert_references("`#1` #2 ``#3 ` #4`` #5", "2 5");
	assert_references("`one\ntwo #1` #2", "2");
	assert_references("` #1\n\n` #2", "1 2");
	assert_references("```c\n#1\n```\n#2\n~~~~\n#3\n~~~\n#4\n~~~~\n#5", "2 5");
	assert_references("#1\n```\n#2", "1");
	assert_references("a\n\n    #1\n\n    #2\n#3\n    #4", "3 4");
	assert_references("\t#1\n#2", "2");
	assert_references("- a\n\n    #1\n\n  ```\n  #2\n  ```\n\nb\n\n    #3", "1");
}

static void quotes_and_comments_are_no_prose(void **state)
{
	(void)state;
	assert_references("> #1\n>> #2\nmine #3\n  > #4", "3");
	assert_references("<!-- Fixes #1 --> #2 <!--\n#3\n--> #4", "2 4");
	assert_references("a <!-- #1\n\n#2\n\n#3 --> \n\n#4", "4");
	assert_references("<!-- #1", "");
	assert_references("`<!--` #1", "1");
}

static void whatever_comes_it_ends_and_stays_inside(void **state)
{
	static const char *const pieces[] = {
	        "#",    "1",   "23",   "`",   "```",         "~~~",     "\n", "\n\n",
	        ">",    " ",   "    ", "\t",  "a/",          "b",       "-",  "1. ",
	        "<!--", "-->", "\r\n", "://", "github.com/", "issues/", "",   "\xc3\xa9"};
	struct seed seed = seed_start("references");
	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct buf text = {0}, prose = {0};
		struct reference one;
		size_t at = 0, before = 0, n = 0;
		for (uint64_t k = seed_below(&seed, 60); k; k--)
			buf_append_str(&text,
			               pieces[seed_below(&seed, sizeof pieces / sizeof *pieces)]);
		/* exactly as long as it is, so that a sanitizer sees a step outside */
		char *exact = mem_new(text.n + 1);
		if (text.n)
			memcpy(exact, text.data, text.n);
		references_prose(slice_of(exact, text.n), &prose);
		assert_true(prose.n <= text.n + 1);
		for (; references_next(buf_slice(&prose), &at, &one); before = at, n++) {
			assert_true(at > before && at <= prose.n && one.number > 0);
			assert_true(n < text.n);
		}
		free(exact);
		buf_release(&text);
		buf_release(&prose);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_number_sign_and_a_number_refer),
	        cmocka_unit_test(what_only_looks_like_it_does_not),
	        cmocka_unit_test(another_repository_is_named),
	        cmocka_unit_test(an_address_of_an_issue_refers),
	        cmocka_unit_test(duplicates_are_told_from_mentions),
	        cmocka_unit_test(code_is_no_prose),
	        cmocka_unit_test(quotes_and_comments_are_no_prose),
	        cmocka_unit_test(whatever_comes_it_ends_and_stays_inside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
