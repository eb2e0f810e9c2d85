/* A million issues put into the worst place, one after the other, by the decisions themselves: no
 * rank is longer than 64 characters, no move is refused, and it takes at most 1.1 events a move.
 *
 * The state is a linked list of ranks that answers for the few rows a RankIssue looks at; a tree
 * with whole issues would take minutes. Places that have shown to be no worse than others, and
 * sanitizers, make do with a hundred thousand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/domain/decide.h"
#include "core/domain/rank.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MILLION 100000u
#else
#define MILLION 1000000u
#endif
#define FEWER       100000u
#define ARENA_BYTES (32u << 20) /* as command-api has it */

struct node {
	struct rank rank;
	uint32_t before, behind;
	int64_t version;
};

struct ranks {
	struct tenant_state face; /* first */
	struct node *nodes;       /* issues are numbered from 1; 0 is both ends of the list */
	uint32_t issues;
	uint32_t target; /* where the moved issue goes: beside it */
	bool in_order;   /* a spread: nobody passes anybody */
	int64_t organization_version;
	struct arena arena;
	uint64_t events;
	uint8_t longest;
};

static const struct uuid organization_id = {{1}}, project_id = {{2}}, admin = {{3}};

static struct uuid id_of_issue(uint32_t number)
{
	struct uuid id = {{4}};
	put_u32(id.bytes + 12, number);
	return id;
}

static uint32_t number_of(const void *id)
{
	return get_u32((const char *)id + 12);
}

/* --- the state --- */

static void get_issue(const struct ranks *ranks, uint32_t number, struct row_issue *row)
{
	const struct node *node = &ranks->nodes[number];
	memset(row, 0, sizeof *row);
	row->id = id_of_issue(number);
	row->project_id = project_id;
	row->number = number;
	row->version = node->version;
	memcpy(row->rank, node->rank.text, node->rank.n);
}

static bool ranks_get(const struct tenant_state *face, const struct row_key *key, void *row)
{
	const struct ranks *ranks = (const struct ranks *)face;
	switch ((int)key->kind) {
	case ROW_ORGANIZATION:
		*(struct row_organization *)row = (struct row_organization){
		        .id = organization_id, .version = ranks->organization_version};
		return true;
	case ROW_MEMBER:
		*(struct row_member *)row = (struct row_member){.role = ORG_ROLE_ADMIN};
		return true;
	case ROW_PROJECT:
		*(struct row_project *)row = (struct row_project){.id = project_id, .key = "TLS"};
		return true;
	case ROW_ISSUE:
		get_issue(ranks, number_of(key->bytes), row);
		return true;
	default:
		return false;
	}
}

static bool ranks_next(const struct tenant_state *face, struct row_key *key, bool backwards,
                       void *row)
{
	const struct ranks *ranks = (const struct ranks *)face;
	(void)row;
	assert_int_equal(key->kind, ROW_RANK);
	/* From before all, from behind all, or from a row that is there. */
	uint32_t at = key->n > 16 ? number_of(key->bytes + key->n - 16) : 0;
	if (at > ranks->issues)
		at = 0;
	at = backwards ? ranks->nodes[at].before : ranks->nodes[at].behind;
	if (!at)
		return false;
	struct uuid id = id_of_issue(at);
	*key = row_key_rank(rank_slice(&ranks->nodes[at].rank), &id);
	return true;
}

static bool fits(const struct ranks *ranks, uint32_t behind, uint32_t before, struct slice rank)
{
	return (!behind || slice_compare(rank_slice(&ranks->nodes[behind].rank), rank) < 0) &&
	       (!before || slice_compare(rank, rank_slice(&ranks->nodes[before].rank)) < 0);
}

static void link_between(struct ranks *ranks, uint32_t behind, uint32_t number, uint32_t before)
{
	ranks->nodes[number].before = behind;
	ranks->nodes[number].behind = before;
	ranks->nodes[behind].behind = ranks->nodes[before].before = number;
}

static void put_rank(struct ranks *ranks, uint32_t number, struct slice rank)
{
	struct node *node = &ranks->nodes[number], *target = &ranks->nodes[ranks->target];
	assert_true(rank_is_valid(rank));
	node->rank.n = (uint8_t)rank.n;
	memcpy(node->rank.text, rank.data, rank.n);
	ranks->longest = rank.n > ranks->longest ? (uint8_t)rank.n : ranks->longest;
	if (ranks->in_order)
		return;
	if (fits(ranks, target->before, ranks->target, rank))
		link_between(ranks, target->before, number, ranks->target);
	else if (fits(ranks, ranks->target, target->behind, rank))
		link_between(ranks, ranks->target, number, target->behind);
	else
		fail_msg("the issue is not beside the one it was to go to");
}

static void ranks_put(struct tenant_state *face, const struct row_key *key, const void *row)
{
	struct ranks *ranks = (struct ranks *)face;
	if (key->kind == ROW_ORGANIZATION)
		ranks->organization_version = ((const struct row_organization *)row)->version;
	else if (key->kind == ROW_ISSUE)
		ranks->nodes[number_of(key->bytes)].version =
		        ((const struct row_issue *)row)->version;
	else if (key->kind == ROW_RANK)
		put_rank(ranks, number_of(key->bytes + key->n - 16),
		         slice_of(key->bytes, key->n - 17u));
	else
		fail_msg("RankIssue changes a row of %s", row_kind_name(key->kind));
}

static void ranks_del(struct tenant_state *face, const struct row_key *key)
{
	struct ranks *ranks = (struct ranks *)face;
	assert_int_equal(key->kind, ROW_RANK);
	if (ranks->in_order)
		return;
	const struct node *node = &ranks->nodes[number_of(key->bytes + key->n - 16)];
	ranks->nodes[node->before].behind = node->behind;
	ranks->nodes[node->behind].before = node->before;
}

/* All issues in the order in which they were created. */
static struct ranks *ranks_new(uint32_t issues)
{
	struct ranks *ranks = calloc(1, sizeof *ranks);
	ranks->face = (struct tenant_state){ranks_get, ranks_next, ranks_put, ranks_del};
	ranks->issues = issues;
	ranks->nodes = calloc(issues + 1, sizeof *ranks->nodes);
	ranks->organization_version = 1;
	arena_init(&ranks->arena, malloc(ARENA_BYTES), ARENA_BYTES);
	for (uint32_t i = 1; i <= issues; i++) {
		ranks->nodes[i].rank = rank_behind(rank_slice(&ranks->nodes[i - 1].rank), 1);
		ranks->nodes[i].version = 1;
		link_between(ranks, i - 1, i, 0);
	}
	return ranks;
}

static void check_order(const struct ranks *ranks)
{
	uint32_t n = 0;
	for (uint32_t at = ranks->nodes[0].behind; at; at = ranks->nodes[at].behind, n++)
		assert_true(fits(ranks, ranks->nodes[at].before, ranks->nodes[at].behind,
		                 rank_slice(&ranks->nodes[at].rank)));
	assert_int_equal(n, ranks->issues);
}

static void ranks_free(struct ranks *ranks)
{
	free(ranks->arena.block);
	free(ranks->nodes);
	free(ranks);
}

/* --- moving --- */

static void happen(struct ranks *ranks, struct event *event)
{
	event->meta.tenant = SLICE("acme");
	ranks->in_order = event->type == EVENT_RANKS_REBALANCED;
	evolve(&ranks->face, event);
	if (!ranks->in_order)
		return;
	const struct rank_change_array *changed = &event->ranks_rebalanced.ranks;
	assert_in_range(changed->n, 1, RANK_WINDOW);
}

static void move(struct ranks *ranks, uint32_t number, uint32_t target, bool before)
{
	struct uuid ids[2] = {id_of_issue(number), id_of_issue(target)};
	char texts[2][UUID_TEXT];
	struct slice other = (uuid_format(&ids[1], texts[1]), slice_of(texts[1], UUID_TEXT));
	struct request request = {.tenant = SLICE("acme"),
	                          .actor = {.kind = ACTOR_KIND_MEMBER, .id = admin}};
	struct command command = {.type = COMMAND_RANK_ISSUE};
	struct decision decision = {.arena = &ranks->arena};
	uuid_format(&ids[0], texts[0]);
	command.rank_issue = (struct rank_issue){.issue = slice_of(texts[0], UUID_TEXT),
	                                         .has_before = before,
	                                         .before = other,
	                                         .has_after = !before,
	                                         .after = other};
	arena_clear(&ranks->arena);
	decide(&ranks->face, &request, &command, &decision);
	if (decision.reject != REJECT_NONE)
		fail_msg("issue %u: %s %s", number, reject_code(decision.reject), decision.detail);
	ranks->target = target;
	for (struct decided *at = decision.first; at; at = at->next)
		happen(ranks, &at->event);
	ranks->events += decision.events_n;
}

/* Where the next issue goes: beside which, and on which side. */
struct spot {
	uint32_t target;
	bool before;
};
typedef struct spot choose_fn(const struct ranks *ranks, uint32_t number);

static void move_all(const char *pattern, choose_fn *choose, uint32_t moves)
{
	struct ranks *ranks = ranks_new(moves + 2);
	for (uint32_t number = 3; number <= moves + 2; number++) {
		struct spot spot = choose(ranks, number);
		move(ranks, number, spot.target, spot.before);
	}
	printf("%u %s: longest rank %u, %.4f events a move\n", moves, pattern, ranks->longest,
	       (double)ranks->events / moves);
	check_order(ranks);
	assert_true(ranks->longest <= RANK_MAX);
	assert_true(ranks->events * 10 <= moves * 11ull);
	ranks_free(ranks);
}

static struct spot behind_the_first(const struct ranks *ranks, uint32_t number)
{
	(void)ranks, (void)number;
	return (struct spot){1, false};
}

static struct spot before_the_second(const struct ranks *ranks, uint32_t number)
{
	(void)ranks, (void)number;
	return (struct spot){2, true};
}

static struct spot between_the_last_two(const struct ranks *ranks, uint32_t number)
{
	(void)ranks;
	return (struct spot){number == 3 ? 1 : number - 1, number % 2 == 0};
}

static struct spot to_the_top(const struct ranks *ranks, uint32_t number)
{
	(void)number;
	return (struct spot){ranks->nodes[0].behind, true};
}

static struct spot to_the_bottom(const struct ranks *ranks, uint32_t number)
{
	(void)number;
	return (struct spot){ranks->nodes[0].before, false};
}

/* Top and bottom of the gap by turns, so that both ends are crowded. */
static struct spot both_sides_of_the_gap(const struct ranks *ranks, uint32_t number)
{
	return number % 2 ? behind_the_first(ranks, number) : before_the_second(ranks, number);
}

#define PATTERN(name, moves)                                                                       \
	static void all_go_##name(void **state)                                                    \
	{                                                                                          \
		(void)state;                                                                       \
		move_all(#name, name, moves);                                                      \
	}
PATTERN(behind_the_first, MILLION)
PATTERN(before_the_second, FEWER)
PATTERN(between_the_last_two, MILLION)
PATTERN(both_sides_of_the_gap, FEWER)
PATTERN(to_the_top, FEWER)
PATTERN(to_the_bottom, FEWER)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(all_go_behind_the_first),
	        cmocka_unit_test(all_go_before_the_second),
	        cmocka_unit_test(all_go_between_the_last_two),
	        cmocka_unit_test(all_go_both_sides_of_the_gap),
	        cmocka_unit_test(all_go_to_the_top),
	        cmocka_unit_test(all_go_to_the_bottom),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
