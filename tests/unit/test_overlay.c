/* An overlay answers as a state to which the same changes were made. */
#include "core/domain/overlay.h"
#include "tests/lib/memory_state.h"
#include "tests/unit/seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define IDS   40
#define STEPS 30000

static struct row_key some_key(struct seed *seed)
{
	struct uuid id = {{(uint8_t)seed_below(seed, IDS)}};
	uint64_t kind = seed_below(seed, 3);
	if (kind == 0)
		return row_key_child(&id, &id);
	return kind == 1 ? row_key_issue(&id) : row_key_summary(&id);
}

static void change(struct tenant_state *a, struct tenant_state *b, struct seed *seed)
{
	static struct row_issue issue;
	static struct row_summary summary;
	static const struct row_child child;
	struct row_key key = some_key(seed);
	const void *row = key.kind == ROW_ISSUE   ? (void *)&issue
	                  : key.kind == ROW_CHILD ? (const void *)&child
	                                          : &summary;
	if (seed_below(seed, 3) == 0) {
		static struct row_issue unused;
		if (!a->get(a, &key, &unused))
			return;
		a->del(a, &key);
		b->del(b, &key);
		return;
	}
	issue.number = (int64_t)seed_below(seed, 1000);
	summary.n = (uint16_t)seed_below(seed, 20);
	memset(summary.text, 'a' + (int)seed_below(seed, 26), summary.n);
	a->put(a, &key, row);
	b->put(b, &key, row);
}

static void compare(const struct tenant_state *a, const struct tenant_state *b, struct seed *seed)
{
	struct row_key key = some_key(seed), at_a = key, at_b = key;
	static struct row_issue row_a, row_b;
	bool backwards = seed_below(seed, 2);
	memset(&row_a, 0, sizeof row_a);
	memset(&row_b, 0, sizeof row_b);
	assert_int_equal(a->get(a, &key, &row_a), b->get(b, &key, &row_b));
	assert_memory_equal(&row_a, &row_b, sizeof row_a);
	bool found = a->next(a, &at_a, backwards, &row_a);
	assert_int_equal(found, b->next(b, &at_b, backwards, &row_b));
	if (!found)
		return;
	assert_int_equal(row_key_compare(&at_a, &at_b), 0);
	assert_memory_equal(&row_a, &row_b, row_stored_size(key.kind, &row_b));
}

static void an_overlay_is_the_state_with_its_changes(void **state)
{
	static struct memory_state base, same;
	struct seed seed = seed_start("overlay");
	size_t room = 64 << 20;
	struct arena arena;
	struct overlay low, high;

	(void)state;
	arena_init(&arena, malloc(room), room);
	memory_state_init(&base);
	memory_state_init(&same);
	for (int i = 0; i < 100; i++)
		change(&base.face, &same.face, &seed);
	overlay_open(&low, &base.face, &arena);
	overlay_open(&high, &low.face, &arena);
	for (int i = 0; i < STEPS; i++) {
		change(&high.face, &same.face, &seed);
		for (int j = 0; j < 3; j++)
			compare(&high.face, &same.face, &seed);
		if (seed_below(&seed, 10) == 0)
			overlay_merge(&low, &high);
	}
	memory_state_release(&base);
	memory_state_release(&same);
	free(arena.block);
}

static void what_is_cleared_was_never_there(void **state)
{
	static struct memory_state base;
	static const struct row_child child;
	struct uuid id = {{1}};
	struct row_key key = row_key_child(&id, &id);
	struct row_child row;
	char block[4096];
	struct arena arena;
	struct overlay overlay;

	(void)state;
	arena_init(&arena, block, sizeof block);
	memory_state_init(&base);
	overlay_open(&overlay, &base.face, &arena);
	overlay.face.put(&overlay.face, &key, &child);
	assert_true(overlay.face.get(&overlay.face, &key, &row));
	overlay_clear(&overlay);
	assert_false(overlay.face.get(&overlay.face, &key, &row));
	assert_false(base.face.get(&base.face, &key, &row));
	memory_state_release(&base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_overlay_is_the_state_with_its_changes),
	        cmocka_unit_test(what_is_cleared_was_never_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
