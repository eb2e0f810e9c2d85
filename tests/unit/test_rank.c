#include <stdio.h>

#include "core/domain/rank.h"
#include "tests/lib/decider.h"
#include "tests/unit/seed.h"

static void a_rank_between_two_is_between_them(void **state)
{
	static const char *const pairs[][2] = {{"", ""},        {"i", "j"},
	                                       {"i", "i1"},     {"i", "i000001"},
	                                       {"0z", "1"},     {"0zzzzzzzzzzz", "1"},
	                                       {"", "0000001"}, {"zzzzzz", ""}};
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct slice low = slice_str(pairs[i][0]), high = slice_str(pairs[i][1]);
		struct rank rank;
		assert_true(rank_between(low, high, &rank));
		assert_true(rank_is_valid(rank_slice(&rank)));
		assert_true(slice_compare(low, rank_slice(&rank)) < 0);
		assert_true(!high.n || slice_compare(rank_slice(&rank), high) < 0);
	}
}

static void digits_run_out_at_the_limit(void **state)
{
	char text[RANK_MAX];
	struct rank rank;

	(void)state;
	memset(text, 'z', sizeof(text));
	assert_false(rank_between(slice_of(text, sizeof(text)), SLICE(""), &rank));
}

static void a_spread_is_in_order_and_inside(void **state)
{
	struct rank_spread spread;
	struct rank last = {0}, rank = {0};

	(void)state;
	assert_true(rank_spread_init(&spread, SLICE("hzzzzz"), SLICE("i"), 1000));
	last.n = 6;
	memcpy(last.text, "hzzzzz", 6);
	for (int i = 0; i < 1000; i++) {
		rank = rank_spread_next(&spread);
		assert_true(rank_is_valid(rank_slice(&rank)));
		assert_true(slice_compare(rank_slice(&last), rank_slice(&rank)) < 0);
		last = rank;
	}
	assert_true(slice_compare(rank_slice(&rank), SLICE("i")) < 0);
	assert_int_equal(spread.digits, 8);
}

static void a_million_appends_stay_short(void **state)
{
	struct rank last = rank_behind(SLICE(""), 1);

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		struct rank rank = rank_behind(rank_slice(&last), 1);
		assert_true(slice_compare(rank_slice(&last), rank_slice(&rank)) < 0);
		assert_true(rank.n <= 6);
		last = rank;
	}
	for (int i = 0; i < 1000000; i++) {
		struct rank rank = rank_before(rank_slice(&last), 1);
		assert_true(slice_compare(rank_slice(&last), rank_slice(&rank)) > 0);
		assert_true(rank.n <= 6);
		last = rank;
	}
}

static void create_issues(struct decider *decider, int n)
{
	for (int i = 0; i < n; i++)
		GIVEN(cleo, create_issue, ISSUE("task", "one"));
}

static bool is_before(struct decider *decider, int64_t a, int64_t b)
{
	struct row_issue rows[2];
	int64_t numbers[2] = {a, b};
	struct row_key key = row_key_project_key(SLICE("TLS"));
	struct row_project_key project;

	assert_true(decider->state.face.get(&decider->state.face, &key, &project));
	for (int i = 0; i < 2; i++) {
		struct row_issue_number number;
		key = row_key_issue_number(&project.project_id, numbers[i]);
		assert_true(decider->state.face.get(&decider->state.face, &key, &number));
		key = row_key_issue(&number.issue_id);
		assert_true(decider->state.face.get(&decider->state.face, &key, &rows[i]));
	}
	return strncmp(rows[0].rank, rows[1].rank, RANK_MAX) < 0;
}

static void an_issue_moves_before_and_behind_another(void **state)
{
	struct decider *decider = *state;
	create_issues(decider, 4);
	WHEN(cleo, rank_issue, .issue = SLICE("TLS-4"), .has_after = true, .after = SLICE("TLS-1"));
	THEN(EVENT_ISSUE_RANKED);
	assert_true(is_before(decider, 1, 4) && is_before(decider, 4, 2));
	WHEN(cleo, rank_issue, .issue = SLICE("TLS-3"), .has_before = true,
	     .before = SLICE("TLS-1"));
	THEN(EVENT_ISSUE_RANKED);
	assert_true(is_before(decider, 3, 1));
	WHEN(cleo, rank_issue, .issue = SLICE("TLS-3"), .has_after = true, .after = SLICE("TLS-2"));
	THEN(EVENT_ISSUE_RANKED);
	assert_true(is_before(decider, 2, 3));
}

static void an_issue_that_is_there_already_stays(void **state)
{
	struct decider *decider = *state;
	create_issues(decider, 3);
	WHEN(cleo, rank_issue, .issue = SLICE("TLS-2"), .has_after = true, .after = SLICE("TLS-1"));
	THEN_UNCHANGED();
	WHEN(cleo, rank_issue, .issue = SLICE("TLS-2"), .has_before = true,
	     .before = SLICE("TLS-3"));
	THEN_UNCHANGED();
}

static void a_place_is_relative_to_exactly_one_other_issue(void **state)
{
	struct decider *decider = *state;
	create_issues(decider, 3);
	WHEN(cleo, rank_issue, .issue = SLICE("TLS-2"));
	THEN_REFUSED(BAD_RANK_TARGET, "");
	WHEN(cleo, rank_issue, .issue = SLICE("TLS-2"), .has_after = true, .after = SLICE("TLS-1"),
	     .has_before = true, .before = SLICE("TLS-3"));
	THEN_REFUSED(BAD_RANK_TARGET, "/after");
	WHEN(cleo, rank_issue, .issue = SLICE("TLS-2"), .has_after = true, .after = SLICE("TLS-2"));
	THEN_REFUSED(BAD_RANK_TARGET, "/after");
	WHEN(cleo, rank_issue, .issue = SLICE("TLS-2"), .has_before = true,
	     .before = SLICE("TLS-9"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/before");
	WHEN(cleo, rank_issue, .issue = SLICE("TLS-9"), .has_before = true,
	     .before = SLICE("TLS-1"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(cleo, rank_issue, .issue = SLICE("TLS-2"), .has_before = true,
	     .before = SLICE("TLS-1"), .has_expected_version = true, .expected_version = 7);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

/* What is observed while moves go on. */
struct ranks_seen {
	uint64_t events;
	size_t longest;
};

static void see(struct ranks_seen *seen, size_t rank_n, uint32_t changes)
{
	seen->longest = rank_n > seen->longest ? rank_n : seen->longest;
	assert_true(changes <= RANK_WINDOW);
}

static void see_event(void *ctx, const struct event *event)
{
	struct ranks_seen *seen = ctx;

	if (event->type == EVENT_ISSUE_RANKED)
		see(seen, event->issue_ranked.to.n, 0);
	if (event->type == EVENT_RANKS_REBALANCED)
		for (uint32_t i = 0; i < event->ranks_rebalanced.ranks.n; i++)
			see(seen, event->ranks_rebalanced.ranks.items[i].to.n,
			    event->ranks_rebalanced.ranks.n);
	seen->events += event->type == EVENT_ISSUE_RANKED || event->type == EVENT_RANKS_REBALANCED;
}

/* Every rank row belongs to an issue of that rank, in an order that @order tells. */
static void check_rank_rows(struct decider *decider, uint64_t issues)
{
	const struct tenant_state *face = &decider->state.face;
	struct row_key key = row_key_first(ROW_RANK);
	struct row_rank row;
	uint64_t n = 0;

	while (face->next(face, &key, false, &row)) {
		struct row_issue issue;
		struct uuid id;
		size_t rank_n = key.n - 17u;
		memcpy(id.bytes, key.bytes + rank_n + 1, 16);
		struct row_key at = row_key_issue(&id);
		assert_true(face->get(face, &at, &issue));
		assert_int_equal(strnlen(issue.rank, sizeof(issue.rank)), rank_n);
		assert_memory_equal(issue.rank, key.bytes, rank_n);
		n++;
	}
	assert_int_equal(n, issues);
}

/* 10,000 issues, each moved into the same gap, where the last one went: each halves what is
 * left. @side: always behind the first issue, always before the second one, or by turns. */
static void move_all_into_one_gap(struct decider *decider, int side)
{
	const int issues = 10000;
	struct ranks_seen seen = {0, 0};
	char key[32], before[32];

	create_issues(decider, issues + 2);
	decider->on_event = see_event;
	decider->ctx = &seen;
	for (int i = 3; i <= issues + 2; i++) {
		snprintf(key, sizeof(key), "TLS-%d", i);
		snprintf(before, sizeof(before), "TLS-%d", i == 3 ? 2 : i - 1);
		int turn = side == 2 ? i % 2 : side;
		if (turn == 0)
			WHEN(cleo, rank_issue, .issue = slice_str(key), .has_after = true,
			     .after = side == 2 ? slice_str(before) : SLICE("TLS-1"));
		else
			WHEN(cleo, rank_issue, .issue = slice_str(key), .has_before = true,
			     .before = side == 2 ? slice_str(before) : SLICE("TLS-2"));
		decider_expect_accepted(decider, __FILE__, __LINE__);
		assert_true(decider->decision.events_n > 0);
	}
	printf("longest rank %zu, %llu events for %d moves\n", seen.longest,
	       (unsigned long long)seen.events, issues);
	assert_true(seen.longest <= RANK_MAX);
	assert_true(seen.events * 10 <= (uint64_t)issues * 11);
	check_rank_rows(decider, (uint64_t)issues + 2);
}

static void ranks_stay_short_where_everything_goes_behind_one_issue(void **state)
{
	move_all_into_one_gap(*state, 0);
}

static void ranks_stay_short_where_everything_goes_before_one_issue(void **state)
{
	move_all_into_one_gap(*state, 1);
}

static void ranks_stay_short_where_everything_goes_into_the_middle(void **state)
{
	move_all_into_one_gap(*state, 2);
}

/* Few issues that go on changing places, so that everything is a neighbour. */
static void random_moves_keep_the_order_that_a_list_has(void **state)
{
	enum { ISSUES = 40 };
	struct decider *decider = *state;
	int order[ISSUES];
	char key[32], other[32];
	struct seed seed = seed_start("random_moves");

	create_issues(decider, ISSUES);
	for (int i = 0; i < ISSUES; i++)
		order[i] = i + 1;
	for (int step = 0; step < 20000; step++) {
		int from = (int)(seed_below(&seed, ISSUES)), to;
		do
			to = (int)(seed_below(&seed, 3)); /* crowded at the front */
		while (to == from);
		snprintf(key, sizeof(key), "TLS-%d", order[from]);
		snprintf(other, sizeof(other), "TLS-%d", order[to]);
		GIVEN(cleo, rank_issue, .issue = slice_str(key), .has_after = true,
		      .after = slice_str(other));
		int moved = order[from];
		int target = order[to];
		memmove(order + from, order + from + 1,
		        (size_t)(ISSUES - 1 - from) * sizeof(order[0]));
		int at = 0;
		while (order[at] != target)
			at++;
		memmove(order + at + 2, order + at + 1,
		        (size_t)(ISSUES - 2 - at) * sizeof(order[0]));
		order[at + 1] = moved;
	}
	for (int i = 0; i + 1 < ISSUES; i++)
		assert_true(is_before(decider, order[i], order[i + 1]));
	check_rank_rows(decider, ISSUES);
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_rank_between_two_is_between_them),
	        cmocka_unit_test(digits_run_out_at_the_limit),
	        cmocka_unit_test(a_spread_is_in_order_and_inside),
	        cmocka_unit_test(a_million_appends_stay_short),
	        ON_SETTLED(an_issue_moves_before_and_behind_another),
	        ON_SETTLED(an_issue_that_is_there_already_stays),
	        ON_SETTLED(a_place_is_relative_to_exactly_one_other_issue),
	        ON_SETTLED(ranks_stay_short_where_everything_goes_behind_one_issue),
	        ON_SETTLED(ranks_stay_short_where_everything_goes_before_one_issue),
	        ON_SETTLED(ranks_stay_short_where_everything_goes_into_the_middle),
	        ON_SETTLED(random_moves_keep_the_order_that_a_list_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
