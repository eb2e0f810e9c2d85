#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "query-api/page_cache.h"

static bool finds(const struct page_cache *cache, struct slice identity, struct slice expected)
{
	struct slice page;
	return page_cache_get(cache, identity, &page) && slice_equal(page, expected);
}

static void a_page_is_found_under_its_identity_alone(void **state)
{
	struct page_cache *cache = page_cache_new();
	struct slice one = SLICE("acme 1"), longer = SLICE("acme 12"), page;
	(void)state;
	assert_false(page_cache_get(cache, one, &page));
	page_cache_put(cache, one, SLICE("one"));
	assert_true(finds(cache, one, SLICE("one")));
	assert_false(page_cache_get(cache, longer, &page));
	page_cache_put(cache, one, SLICE("two"));
	assert_true(finds(cache, one, SLICE("two")));
	page_cache_free(cache);
	page_cache_free(NULL);
}

/* More identities than slots: many share one, and none finds the page of another. */
static void identities_that_share_a_slot_are_told_apart(void **state)
{
	enum { N = 4 * PAGE_CACHE_SLOTS };
	struct page_cache *cache = page_cache_new();
	uint32_t found = 0;
	(void)state;
	for (uint32_t i = 0; i < N; i++)
		page_cache_put(cache, slice_of(&i, sizeof i), slice_of(&i, sizeof i));
	for (uint32_t i = 0; i < N; i++) {
		struct slice page;
		if (!page_cache_get(cache, slice_of(&i, sizeof i), &page))
			continue;
		assert_true(slice_equal(page, slice_of(&i, sizeof i)));
		found++;
	}
	assert_true(found > 0 && found <= PAGE_CACHE_SLOTS);
	page_cache_free(cache);
}

/* Forty of the largest are more than it holds: the first ones go, the last stays. */
static void it_holds_so_many_bytes(void **state)
{
	struct page_cache *cache = page_cache_new();
	char *bytes = mem_new(PAGE_BYTES_MAX);
	const size_t id = sizeof(uint32_t);
	struct slice largest = slice_of(bytes, PAGE_BYTES_MAX - id), page;
	size_t held = 0;
	uint32_t i;
	(void)state;
	for (i = 0; i < 40; i++)
		page_cache_put(cache, slice_of(&i, id), largest);
	i = 39;
	assert_true(finds(cache, slice_of(&i, id), largest));
	for (i = 0; i < 40; i++)
		held += page_cache_get(cache, slice_of(&i, id), &page) ? page.n : 0;
	assert_true(held <= PAGE_CACHE_BYTES_MAX);
	i = 100;
	page_cache_put(cache, slice_of(&i, id), slice_of(bytes, PAGE_BYTES_MAX));
	assert_false(page_cache_get(cache, slice_of(&i, id), &page));
	free(bytes);
	page_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_page_is_found_under_its_identity_alone),
	        cmocka_unit_test(identities_that_share_a_slot_are_told_apart),
	        cmocka_unit_test(it_holds_so_many_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
