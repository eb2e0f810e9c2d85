#include <stdio.h>

#include "core/domain/bulk.h"
#include "core/domain/issue.h"
#include "tests/lib/decider.h"
#include "tests/unit/seed.h"

#define LIST(...)                                                                                  \
	.issues = {                                                                                \
	        (const struct slice[]){__VA_ARGS__},                                               \
	        sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice),                \
	}
#define TLS(n)    SLICE("TLS-" #n)
#define BEFORE(n) .has_before = true, .before = TLS(n)
#define AFTER(n)  .has_after = true, .after = TLS(n)
#define TO(END)   .has_to = true, .to = RANK_END_##END

enum { ISSUES = 6 };

static void create_issues(struct decider *decider, int n)
{
	for (int i = 0; i < n; i++)
		GIVEN(cleo, create_issue, ISSUE("task", "one"));
}

static int setup(void **state)
{
	int failed = decider_setup(state);
	create_issues(*state, ISSUES);
	return failed;
}

/* The numbers of all issues in the order of their ranks; how many there are. */
static uint32_t order_of(struct decider *decider, int64_t *numbers, uint32_t room)
{
	const struct tenant_state *face = &decider->state.face;
	struct row_key key = row_key_first(ROW_RANK);
	struct row_rank row;
	uint32_t n = 0;

	while (face->next(face, &key, false, &row)) {
		struct row_issue issue;
		struct uuid id;
		memcpy(id.bytes, key.bytes + key.n - sizeof(id), sizeof(id));
		struct row_key at = row_key_issue(&id);
		assert_true(face->get(face, &at, &issue));
		assert_true(n < room);
		numbers[n++] = issue.number;
	}
	return n;
}

static void expect_order(struct decider *decider, const char *expected)
{
	int64_t numbers[ISSUES];
	char text[64] = "";
	uint32_t n = order_of(decider, numbers, ISSUES);

	for (uint32_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), i ? " %d" : "%d",
		         (int)numbers[i]);
	assert_string_equal(text, expected);
}

static const struct bulk_completed *outcome(struct decider *decider)
{
	uint32_t last = decider->decision.events_n - 1;
	assert_int_equal(decider_event(decider, last)->type, EVENT_BULK_COMPLETED);
	return &decider_event(decider, last)->bulk_completed;
}

static void issues_go_behind_each_other_in_the_order_of_the_list(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, bulk_rank_issues, LIST(TLS(6), TLS(4), TLS(5)), BEFORE(2));
	THEN(EVENT_ISSUE_RANKED, EVENT_ISSUE_RANKED, EVENT_ISSUE_RANKED, EVENT_BULK_COMPLETED);
	assert_slice(outcome(decider)->command, "BulkRankIssues");
	assert_int_equal(outcome(decider)->changed, 3);
	expect_order(decider, "1 6 4 5 2 3");
	WHEN(cleo, bulk_rank_issues, LIST(TLS(3), TLS(6)), AFTER(4));
	THEN(EVENT_ISSUE_RANKED, EVENT_ISSUE_RANKED, EVENT_BULK_COMPLETED);
	expect_order(decider, "1 4 3 6 5 2");
	WHEN(cleo, bulk_rank_issues, LIST(TLS(5), TLS(2)), TO(TOP));
	THEN(EVENT_ISSUE_RANKED, EVENT_ISSUE_RANKED, EVENT_BULK_COMPLETED);
	expect_order(decider, "5 2 1 4 3 6");
	WHEN(cleo, bulk_rank_issues, LIST(TLS(4), TLS(5)), TO(BOTTOM));
	THEN(EVENT_ISSUE_RANKED, EVENT_ISSUE_RANKED, EVENT_BULK_COMPLETED);
	expect_order(decider, "2 1 3 6 4 5");
}

static void issues_that_lie_there_already_are_unchanged(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, bulk_rank_issues, LIST(TLS(2), TLS(4), TLS(3)), AFTER(1));
	THEN(EVENT_ISSUE_RANKED, EVENT_BULK_COMPLETED);
	assert_int_equal(outcome(decider)->unchanged.n, 2);
	assert_int_equal(outcome(decider)->unchanged.items[0], 1);
	assert_int_equal(outcome(decider)->unchanged.items[1], 3);
	expect_order(decider, "1 2 4 3 5 6");
	WHEN(cleo, bulk_rank_issues, LIST(TLS(2), TLS(4), TLS(3)), AFTER(1));
	THEN(EVENT_BULK_COMPLETED);
	WHEN(cleo, bulk_rank_issues, LIST(TLS(1), TLS(2)), TO(TOP));
	THEN(EVENT_BULK_COMPLETED);
	WHEN(cleo, bulk_rank_issues, LIST(TLS(5), TLS(6)), TO(BOTTOM));
	THEN(EVENT_BULK_COMPLETED);
	WHEN(cleo, bulk_rank_issues, LIST(TLS(4), TLS(3)), BEFORE(5));
	THEN(EVENT_BULK_COMPLETED);
	assert_int_equal(outcome(decider)->unchanged.items[0], 1);
	assert_int_equal(outcome(decider)->unchanged.items[1], 2);
}

static void an_issue_that_is_named_twice_goes_next_to_the_goal(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, bulk_rank_issues, LIST(TLS(5), TLS(4), TLS(6), TLS(5)), AFTER(1));
	THEN(EVENT_ISSUE_RANKED, EVENT_ISSUE_RANKED, EVENT_ISSUE_RANKED, EVENT_BULK_COMPLETED);
	assert_int_equal(outcome(decider)->unchanged.n, 1);
	assert_int_equal(outcome(decider)->unchanged.items[0], 4);
	expect_order(decider, "1 5 4 6 2 3");
	WHEN(cleo, bulk_rank_issues, LIST(TLS(3), TLS(2), TLS(9), TLS(3)), BEFORE(1));
	THEN(EVENT_ISSUE_RANKED, EVENT_ISSUE_RANKED, EVENT_BULK_COMPLETED);
	assert_int_equal(outcome(decider)->unchanged.items[0], 1);
	assert_int_equal(outcome(decider)->refusals.items[0].place, 3);
	expect_order(decider, "2 3 1 5 4 6");
}

static void an_issue_that_is_refused_leaves_no_hole(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, archive_issue, .issue = TLS(4));
	WHEN(cleo, bulk_rank_issues, LIST(TLS(9), TLS(6), TLS(4), TLS(2), TLS(3)), BEFORE(2));
	THEN(EVENT_ISSUE_RANKED, EVENT_ISSUE_RANKED, EVENT_BULK_COMPLETED);
	assert_int_equal(outcome(decider)->refused, 3);
	assert_slice(outcome(decider)->refusals.items[0].code, "no_such_issue");
	assert_slice(outcome(decider)->refusals.items[1].code, "issue_archived");
	assert_slice(outcome(decider)->refusals.items[2].code, "bad_rank_target");
	expect_order(decider, "1 6 3 2 4 5");
	WHEN(dan, bulk_rank_issues, LIST(TLS(6)), TO(TOP));
	THEN(EVENT_BULK_COMPLETED);
	assert_slice(outcome(decider)->refusals.items[0].code, "forbidden");
}

static void a_place_that_is_none_refuses_the_whole(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, bulk_rank_issues, LIST(TLS(1)));
	THEN_REFUSED(BAD_RANK_TARGET, "");
	WHEN(cleo, bulk_rank_issues, LIST(TLS(1)), BEFORE(2), AFTER(3));
	THEN_REFUSED(BAD_RANK_TARGET, "/after");
	WHEN(cleo, bulk_rank_issues, LIST(TLS(1)), AFTER(3), TO(TOP));
	THEN_REFUSED(BAD_RANK_TARGET, "/to");
	WHEN(cleo, bulk_rank_issues, LIST(TLS(1)), AFTER(9));
	THEN_REFUSED(NO_SUCH_ISSUE, "/after");
	WHEN(cleo, bulk_rank_issues, BEFORE(1));
	THEN_REFUSED(BAD_CHANGE, "/issues");
	GIVEN(cleo, archive_issue, .issue = TLS(3));
	WHEN(cleo, bulk_rank_issues, LIST(TLS(1)), BEFORE(3));
	THEN_REFUSED(ISSUE_ARCHIVED, "/before");
	WHEN(nobody, bulk_rank_issues, LIST(TLS(1)), TO(TOP));
	THEN_REFUSED(NOT_A_MEMBER, "");
	WHEN(cleo, bulk_rank_issues, LIST(TLS(1)), TO(TOP), .has_bulk_id = true, .bulk_id = cleo);
	THEN_REFUSED(ID_TAKEN, "/bulk_id");
}

static void one_issue_goes_to_the_top_and_the_bottom(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, rank_issue, .issue = TLS(4), TO(TOP));
	THEN(EVENT_ISSUE_RANKED);
	WHEN(cleo, rank_issue, .issue = TLS(4), TO(TOP));
	THEN_UNCHANGED();
	WHEN(cleo, rank_issue, .issue = TLS(2), TO(BOTTOM));
	THEN(EVENT_ISSUE_RANKED);
	WHEN(cleo, rank_issue, .issue = TLS(2), TO(BOTTOM));
	THEN_UNCHANGED();
	expect_order(decider, "4 1 3 5 6 2");
	WHEN(cleo, rank_issue, .issue = TLS(2), TO(TOP), BEFORE(1));
	THEN_REFUSED(BAD_RANK_TARGET, "/to");
}

/* --- laws --- */

struct keys {
	struct slice *slices;
	char (*texts)[16];
};

static struct keys keys_of(int n)
{
	struct keys keys = {calloc((size_t)n, sizeof(*keys.slices)),
	                    calloc((size_t)n, sizeof(*keys.texts))};
	assert_true(keys.slices && keys.texts);
	return keys;
}

static void set_key(struct keys *keys, int at, int64_t number)
{
	snprintf(keys->texts[at], sizeof(keys->texts[at]), "TLS-%lld", (long long)number);
	keys->slices[at] = slice_str(keys->texts[at]);
}

static void free_keys(struct keys *keys)
{
	free(keys->slices);
	free(keys->texts);
}

static size_t longest_rank(struct decider *decider)
{
	const struct tenant_state *face = &decider->state.face;
	struct row_key key = row_key_first(ROW_RANK);
	struct row_rank row;
	size_t longest = 0;

	while (face->next(face, &key, false, &row))
		longest = key.n - 17u > longest ? key.n - 17u : longest;
	return longest;
}

/* As many issues as a list may have go, the last one first, into the gap between two that lie next
 * to each other, again and again: 1.1 events for each at most, and ranks stay short. */
static void ten_thousand_issues_go_into_one_gap(void **state)
{
	enum { ROUNDS = 12 };
	struct decider *decider = decider_new(DECISION_BYTES);
	struct keys keys = keys_of(BULK_ISSUES_MAX);
	uint64_t events = 0;

	(void)state;
	decider_settle(decider);
	create_issues(decider, BULK_ISSUES_MAX + 2);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < BULK_ISSUES_MAX; i++)
			set_key(&keys, round % 2 ? i : BULK_ISSUES_MAX - 1 - i, i + 3);
		WHEN(cleo, bulk_rank_issues, .issues = {keys.slices, BULK_ISSUES_MAX},
		     .has_before = round % 3 > 0, .before = TLS(2), .has_after = round % 3 == 0,
		     .after = TLS(1));
		assert_int_equal(outcome(decider)->refused, 0);
		events += decider->decision.events_n;
	}
	printf("longest rank %zu, %llu events for %d moves\n", longest_rank(decider),
	       (unsigned long long)events, ROUNDS * BULK_ISSUES_MAX);
	assert_true(longest_rank(decider) <= RANK_MAX);
	assert_true(events * 10 <= ROUNDS * BULK_ISSUES_MAX * UINT64_C(11));
	free_keys(&keys);
	decider_free(decider);
}

enum { MODEL = 30 };

static int find(const int64_t *list, int n, int64_t number)
{
	int at = 0;

	while (at < n && list[at] != number)
		at++;
	return at;
}

static int take_out(int64_t *list, int n, int64_t number)
{
	int at = find(list, n, number);

	if (at == n)
		return n;
	memmove(list + at, list + at + 1, (size_t)(n - 1 - at) * sizeof(*list));
	return n - 1;
}

static void put_in(int64_t *list, int n, int at, int64_t number)
{
	memmove(list + at + 1, list + at, (size_t)(n - at) * sizeof(*list));
	list[at] = number;
}

/* What a list of numbers would do: @given come out, and in again, each once, where they belong. */
static void move_in_model(int64_t *order, const int64_t *given, int n, int64_t anchor, int where)
{
	int left = MODEL, at;
	bool backwards = where == 0 || where == 3;

	for (int i = 0; i < n; i++)
		if (given[i] != anchor)
			left = take_out(order, left, given[i]);
	at = where == 2 ? 0 : where == 3 ? left : find(order, left, anchor) + (where == 1 ? 1 : 0);
	for (int i = 0; i < n; i++) {
		int64_t number = given[backwards ? n - 1 - i : i];
		if (number != anchor && find(order, left, number) == left)
			put_in(order, left++, backwards ? at : at++, number);
	}
	assert_int_equal(left, MODEL);
}

static void lists_move_as_they_do_in_a_list(void **state)
{
	struct decider *decider = *state;
	struct keys keys = keys_of(MODEL + 1);
	struct seed seed = seed_start("lists_move_as_they_do_in_a_list");
	int64_t order[MODEL], before[MODEL], given[MODEL], seen[MODEL];

	create_issues(decider, MODEL - ISSUES);
	for (int i = 0; i < MODEL; i++)
		order[i] = i + 1;
	for (int step = 0; step < 3000; step++) {
		int n = 1 + (int)seed_below(&seed, 12), where = (int)seed_below(&seed, 4);
		int64_t anchor = where < 2 ? 1 + (int64_t)seed_below(&seed, 3) : 0;
		for (int i = 0; i < n; i++) {
			given[i] = 1 + (int64_t)seed_below(&seed, MODEL);
			set_key(&keys, i, given[i]);
		}
		set_key(&keys, n, anchor);
		WHEN(cleo, bulk_rank_issues, .issues = {keys.slices, (uint32_t)n},
		     .has_before = where == 0, .before = keys.slices[n], .has_after = where == 1,
		     .after = keys.slices[n], .has_to = where > 1,
		     .to = where == 2 ? RANK_END_TOP : RANK_END_BOTTOM);
		decider_expect_accepted(decider, __FILE__, __LINE__);
		bool moved = decider->decision.events_n > 1;
		memcpy(before, order, sizeof(order));
		move_in_model(order, given, n, anchor, where);
		assert_int_equal(moved, memcmp(before, order, sizeof(order)) != 0);
		assert_int_equal(order_of(decider, seen, MODEL), MODEL);
		assert_memory_equal(seen, order, sizeof(order));
	}
	free_keys(&keys);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(issues_go_behind_each_other_in_the_order_of_the_list),
	        CASE(issues_that_lie_there_already_are_unchanged),
	        CASE(an_issue_that_is_named_twice_goes_next_to_the_goal),
	        CASE(an_issue_that_is_refused_leaves_no_hole),
	        CASE(a_place_that_is_none_refuses_the_whole),
	        CASE(one_issue_goes_to_the_top_and_the_bottom),
	        cmocka_unit_test(ten_thousand_issues_go_into_one_gap),
	        CASE(lists_move_as_they_do_in_a_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
