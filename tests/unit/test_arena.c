#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdalign.h>

#include "core/base/arena.h"
#include "tests/unit/seed.h"

static alignas(16) char block[4096];

static void memory_is_aligned_and_pieces_never_overlap(void **state)
{
	(void)state;
	struct seed seed = seed_start(__func__);
	for (int round = 0; round < 200; round++) {
		struct arena arena;
		char *end = block;
		arena_init(&arena, block, sizeof(block));
		for (;;) {
			size_t n = seed_below(&seed, 200);
			char *p = arena_alloc(&arena, n);
			if (!p) {
				assert_true(n + 7 > (size_t)(block + sizeof(block) - end));
				break;
			}
			assert_int_equal((uintptr_t)p % 8, 0);
			assert_true(p >= end);
			assert_true(p + n <= block + sizeof(block));
			end = p + n;
		}
	}
}

static void a_full_arena_answers_null_and_stays_usable(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, block, 64);
	assert_non_null(arena_alloc(&arena, 40));
	assert_null(arena_alloc(&arena, 25));
	assert_non_null(arena_alloc(&arena, 24));
	assert_null(arena_alloc(&arena, 1));
	assert_null(arena_copy(&arena, SLICE("x")).data);
	assert_null(arena_zero(&arena, 8));
}

static void a_size_that_would_overflow_is_refused(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, block, 64);
	assert_non_null(arena_alloc(&arena, 3));
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_alloc(&arena, SIZE_MAX - 7));
	assert_int_equal(arena.used, 3);
}

static void a_cap_that_is_no_multiple_of_eight_is_kept(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, block, 13);
	assert_non_null(arena_alloc(&arena, 9));
	assert_null(arena_alloc(&arena, 0));
	arena_clear(&arena);
	assert_null(arena_alloc(&arena, 14));
	assert_non_null(arena_alloc(&arena, 13));
}

static void clearing_gives_the_block_back(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, block, 64);
	void *first = arena_alloc(&arena, 64);
	arena_clear(&arena);
	assert_ptr_equal(arena_alloc(&arena, 64), first);
}

static void zeroed_memory_is_zero_after_use(void **state)
{
	(void)state;
	struct arena arena;
	char zero[64] = {0};
	memset(block, 0xff, 64);
	arena_init(&arena, block, 64);
	assert_memory_equal(arena_zero(&arena, 64), zero, 64);
}

static void a_copy_does_not_depend_on_its_source(void **state)
{
	(void)state;
	struct arena arena;
	char text[] = "hello";
	arena_init(&arena, block, 64);
	struct slice copy = arena_copy(&arena, slice_of(text, 5));
	memset(text, 'x', 5);
	assert_true(slice_is(copy, "hello"));
	struct slice empty = arena_copy(&arena, slice_of(NULL, 0));
	assert_non_null(empty.data); /* not mistaken for a full arena */
	assert_int_equal(empty.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(memory_is_aligned_and_pieces_never_overlap),
	        cmocka_unit_test(a_full_arena_answers_null_and_stays_usable),
	        cmocka_unit_test(a_size_that_would_overflow_is_refused),
	        cmocka_unit_test(a_cap_that_is_no_multiple_of_eight_is_kept),
	        cmocka_unit_test(clearing_gives_the_block_back),
	        cmocka_unit_test(zeroed_memory_is_zero_after_use),
	        cmocka_unit_test(a_copy_does_not_depend_on_its_source),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
