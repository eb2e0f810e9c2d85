#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "query-api/page_cache.h"

static bool finds(const struct page_cache *cache, struct page_key key, struct slice expected)
{
	struct slice page;
	return page_cache_get(cache, key, &page) && slice_equal(page, expected);
}

static void a_page_is_found_under_its_key_alone(void **state)
{
	struct page_cache *cache = page_cache_new();
	struct page_key key = {1, 2}, same_slot = {1, 2 + PAGE_CACHE_SLOTS}, other = {3, 2};
	struct slice page;
	(void)state;
	assert_false(page_cache_get(cache, key, &page));
	page_cache_put(cache, key, SLICE("one"));
	assert_true(finds(cache, key, SLICE("one")));
	assert_false(page_cache_get(cache, same_slot, &page));
	assert_false(page_cache_get(cache, other, &page));
	page_cache_put(cache, same_slot, SLICE("two"));
	assert_true(finds(cache, same_slot, SLICE("two")));
	assert_false(page_cache_get(cache, key, &page));
	page_cache_put(cache, same_slot, SLICE("three"));
	assert_true(finds(cache, same_slot, SLICE("three")));
	page_cache_free(cache);
	page_cache_free(NULL);
}

/* Forty of the largest are more than it holds: the first ones go, the last stays. */
static void it_holds_so_many_bytes(void **state)
{
	struct page_cache *cache = page_cache_new();
	char *bytes = mem_new(PAGE_BYTES_MAX + 1);
	struct slice largest = slice_of(bytes, PAGE_BYTES_MAX), page;
	size_t held = 0;
	(void)state;
	for (uint64_t i = 0; i < 40; i++)
		page_cache_put(cache, (struct page_key){7, i}, largest);
	assert_true(finds(cache, (struct page_key){7, 39}, largest));
	for (uint64_t i = 0; i < 40; i++)
		held += page_cache_get(cache, (struct page_key){7, i}, &page) ? page.n : 0;
	assert_true(held <= PAGE_CACHE_BYTES_MAX);
	page_cache_put(cache, (struct page_key){8, 100}, slice_of(bytes, PAGE_BYTES_MAX + 1));
	assert_false(page_cache_get(cache, (struct page_key){8, 100}, &page));
	free(bytes);
	page_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_page_is_found_under_its_key_alone),
	        cmocka_unit_test(it_holds_so_many_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
