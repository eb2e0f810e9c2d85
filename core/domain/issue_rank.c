/* RankIssue. The new rank is the shortest one between the two neighbours, or, when more issues are
 * to go there, one of as many as stand evenly between them. When that is too long,
 * the issues around it get the ranks of an even spread between the two that stand outside: first
 * 50 issues, then 1,000, and if those lie too close together as well, four times as many until it
 * is enough. Each RanksRebalanced has at most RANK_WINDOW of them. See docs/decisions/0005. */
#include "core/domain/issue.h"
#include "core/domain/rank.h"

#define WINDOW_SMALL  50
#define WINDOW_GROWTH 4

/* An issue in its place. */
struct place {
	struct rank rank;
	struct uuid issue;
	bool exists;
};

static struct place place_of(const struct row_issue *issue)
{
	struct slice text = PADDED(issue->rank);
	struct place place = {.issue = issue->id, .exists = true};

	assert(text.n && text.n <= RANK_MAX);
	memcpy(place.rank.text, text.data, text.n);
	place.rank.n = (uint8_t)text.n;
	return place;
}

/* The neighbour of @place (the outermost one if it does not exist), leaving out @moved, which is
 * about to go somewhere else. */
static struct place place_next(const struct tenant_state *state, const struct place *place,
                               bool backwards, const struct uuid *moved)
{
	struct row_key key = place->exists ? row_key_rank(rank_slice(&place->rank), &place->issue)
	                     : backwards   ? row_key_last(ROW_RANK)
	                                   : row_key_first(ROW_RANK);
	struct place next = {.exists = false};
	struct row_rank row;

	do {
		if (!state->next(state, &key, backwards, &row))
			return next;
		next.rank.n = (uint8_t)(key.n - 1 - sizeof(next.issue.bytes));
		memcpy(next.rank.text, key.bytes, next.rank.n);
		memcpy(next.issue.bytes, key.bytes + next.rank.n + 1, sizeof(next.issue.bytes));
	} while (uuid_equal(&next.issue, moved));
	next.exists = true;
	return next;
}

/* Issues around the gap that the moved one goes into; low and high are the two just outside. */
struct window {
	const struct tenant_state *state;
	const struct uuid *moved;
	struct place low, high;
	uint32_t below, above; /* issues of the window below and above the gap */
};

static uint32_t window_walk(struct window *window, bool down, uint32_t steps)
{
	struct place *end = down ? &window->low : &window->high;
	uint32_t taken = 0;

	for (; taken < steps && end->exists; taken++)
		*end = place_next(window->state, end, down, window->moved);
	return taken;
}

/* Take @wanted issues, half of them on each side; what one side lacks, the other gives. */
static void window_widen(struct window *window, uint32_t wanted)
{
	window->below += window_walk(window, true, wanted / 2 - window->below);
	window->above += window_walk(window, false, wanted - window->below - window->above);
	window->below += window_walk(window, true, wanted - window->below - window->above);
}

/* The ranks that bound the window. Where nobody stands outside, as far away as it takes to give
 * each issue a place of its own. */
static bool window_spread(const struct window *window, struct rank_spread *spread)
{
	uint32_t n = window->below + window->above + 1;
	struct rank low = window->low.rank, high = window->high.rank;

	if (!window->low.exists) {
		struct place first = place_next(window->state, &window->low, false, window->moved);
		low = rank_before(rank_slice(&first.rank), n + 1);
	}
	if (!window->high.exists) {
		struct place last = place_next(window->state, &window->high, true, window->moved);
		high = rank_behind(rank_slice(&last.rank), n + 1);
	}
	return rank_spread_init(spread, rank_slice(&low), rank_slice(&high), n);
}

static bool window_is_all(const struct window *window)
{
	return !window->low.exists && !window->high.exists;
}

static uint8_t spread_wanted(uint32_t window)
{
	if (window < RANK_WINDOW)
		return RANK_SPREAD;
	return window == RANK_WINDOW ? RANK_SPREAD_WINDOW : RANK_SPREAD_MORE;
}

/* Widen the window until its issues have room for short ranks. */
static bool window_open(struct window *window, struct rank_spread *spread)
{
	uint32_t wanted = WINDOW_SMALL;

	for (;;) {
		window_widen(window, wanted);
		bool found = window_spread(window, spread);
		if (found && spread->digits <= spread_wanted(wanted))
			return true;
		if (window_is_all(window))
			return found;
		wanted = wanted < RANK_WINDOW ? RANK_WINDOW : wanted * WINDOW_GROWTH;
	}
}

static void emit_ranked(struct judge *judge, const struct rank *to, struct row_issue *issue)
{
	struct slice from = emit_copy(judge, PADDED(issue->rank));
	struct slice copy = emit_copy(judge, rank_slice(to));

	emit_issue(judge, EVENT_ISSUE_RANKED, issue)->issue_ranked =
	        (struct issue_ranked){from, copy};
}

static void emit_rebalanced(struct judge *judge, const struct rank_change *changes, uint32_t n)
{
	struct row_organization *organization = &judge->organization;

	if (!n)
		return;
	organization->version++;
	emit(judge, EVENT_RANKS_REBALANCED, AGGREGATE_KIND_ORGANIZATION, &organization->id,
	     organization->version)
	        ->ranks_rebalanced.ranks = (struct rank_change_array){changes, n};
}

/* Give the issues of the window the ranks of @spread, in events of RANK_WINDOW at most; the one
 * that belongs into the gap is returned. */
static struct rank window_rebalance(struct judge *judge, struct window *window,
                                    struct rank_spread *spread)
{
	uint32_t left = window->below + window->above, below = window->below, n = 0;
	struct place at = window->low;
	struct rank gap = {0, {0}};
	struct rank_change *changes = NULL;

	for (; left && judge->decision->reject == REJECT_NONE; left--, below--) {
		if (below == 0)
			gap = rank_spread_next(spread);
		at = place_next(window->state, &at, false, window->moved);
		struct rank to = rank_spread_next(spread);
		if (!changes)
			changes = emit_room(judge, (left < RANK_WINDOW ? left : RANK_WINDOW) *
			                                   sizeof(*changes));
		if (!changes)
			break;
		if (slice_equal(rank_slice(&at.rank), rank_slice(&to)))
			continue;
		changes[n++] =
		        (struct rank_change){at.issue, emit_copy(judge, rank_slice(&at.rank)),
		                             emit_copy(judge, rank_slice(&to))};
		if (n < RANK_WINDOW)
			continue;
		emit_rebalanced(judge, changes, n);
		changes = NULL;
		n = 0;
	}
	emit_rebalanced(judge, changes, n);
	return gap.n ? gap : rank_spread_next(spread);
}

static bool refuse_goal(struct judge *judge, const struct rank_goal *goal)
{
	bool is_relative = goal->has_before || goal->has_after;
	const char *pointer = is_relative && goal->has_to ? "/to" : is_relative ? "/after" : "";

	return REFUSE(judge, REJECT_BAD_RANK_TARGET, pointer,
	              SLICE("exactly one of before, after and to"));
}

bool find_rank_goal(struct judge *judge, const struct rank_goal *goal, struct row_issue *other)
{
	if (goal->has_before + goal->has_after + goal->has_to != 1)
		return refuse_goal(judge, goal);
	return goal->has_to ||
	       find_active_issue(judge, goal->has_before ? goal->before : goal->after,
	                         goal->has_before ? "/before" : "/after", other);
}

/* Between which two @issue is to lie. */
static bool find_gap(struct judge *judge, const struct rank_goal *goal,
                     const struct row_issue *issue, struct window *gap)
{
	struct row_issue other;

	if (!find_rank_goal(judge, goal, &other))
		return false;
	*gap = (struct window){.state = judge->state, .moved = &issue->id};
	if (goal->has_to && goal->to == RANK_END_TOP) {
		gap->high = place_next(judge->state, &gap->low, false, &issue->id);
		return true;
	}
	if (goal->has_to) {
		gap->low = place_next(judge->state, &gap->high, true, &issue->id);
		return true;
	}
	if (uuid_equal(&issue->id, &other.id))
		return REFUSE(judge, REJECT_BAD_RANK_TARGET,
		              goal->has_before ? "/before" : "/after",
		              SLICE("an issue has no place relative to itself"));
	gap->low = gap->high = place_of(&other);
	if (goal->has_before)
		gap->low = place_next(judge->state, &gap->high, true, &issue->id);
	else
		gap->high = place_next(judge->state, &gap->low, false, &issue->id);
	return true;
}

/* The shortest rank for the gap that leaves room for the others that are to go there; false when it
 * would be a long one. */
static bool rank_of_gap(const struct window *gap, const struct rank_goal *goal, struct rank *rank)
{
	struct slice low = rank_slice(&gap->low.rank), high = rank_slice(&gap->high.rank);
	struct rank_spread spread;
	bool found = true;

	if (!gap->high.exists)
		*rank = rank_behind(low, goal->in_front + 1);
	else if (!gap->low.exists)
		*rank = rank_before(high, goal->behind + 1);
	else if (rank_spread_init(&spread, low, high, goal->in_front + 1 + goal->behind))
		*rank = rank_spread_skip(&spread, goal->in_front + 1);
	else
		found = false;
	return found && rank->n <= RANK_LONG;
}

static bool is_in_gap(const struct window *gap, const struct row_issue *issue)
{
	struct slice rank = PADDED(issue->rank);

	return (!gap->low.exists || slice_compare(rank_slice(&gap->low.rank), rank) < 0) &&
	       (!gap->high.exists || slice_compare(rank, rank_slice(&gap->high.rank)) < 0);
}

static void move(struct judge *judge, struct window *gap, const struct rank_goal *goal,
                 struct row_issue *issue)
{
	struct rank_spread spread;
	struct rank rank;

	if (rank_of_gap(gap, goal, &rank)) {
		emit_ranked(judge, &rank, issue);
		return;
	}
	if (!window_open(gap, &spread)) {
		REFUSE(judge, REJECT_TOO_LARGE, "", SLICE("there is no room for another rank"));
		return;
	}
	rank = window_rebalance(judge, gap, &spread);
	emit_ranked(judge, &rank, issue);
}

void rank_issue(struct judge *judge, const struct rank_goal *goal, struct row_issue *issue)
{
	struct window gap;

	if (find_gap(judge, goal, issue, &gap) && !is_in_gap(&gap, issue))
		move(judge, &gap, goal, issue);
}

void decide_rank_issue(struct judge *judge, const struct rank_issue *command)
{
	const struct rank_goal goal = {.has_before = command->has_before,
	                               .has_after = command->has_after,
	                               .has_to = command->has_to,
	                               .before = command->before,
	                               .after = command->after,
	                               .to = command->to};
	struct row_issue issue;

	if (find_subject(judge, command->issue, command->has_expected_version,
	                 command->expected_version, &issue))
		rank_issue(judge, &goal, &issue);
}

static void set_rank(struct tenant_state *state, struct row_issue *issue, struct slice rank)
{
	static const struct row_rank row;
	struct row_key key = row_key_rank(PADDED(issue->rank), &issue->id);

	assert(rank_is_valid(rank));
	state->del(state, &key);
	PADDED_SET(issue->rank, rank);
	key = row_key_rank(rank, &issue->id);
	state->put(state, &key, &row);
}

void evolve_issue_ranked(struct tenant_state *state, const struct event_meta *meta,
                         const struct issue_ranked *event)
{
	struct row_issue issue = load_issue(state, meta);

	issue.field_version[ISSUE_FIELD_RANK] = issue.version;
	set_rank(state, &issue, event->to);
	save_issue(state, &issue);
}

void evolve_ranks_rebalanced(struct tenant_state *state, const struct event_meta *meta,
                             const struct ranks_rebalanced *event)
{
	struct row_organization organization = load_organization_beside(state, meta);

	save_organization(state, &organization);
	for (uint32_t i = 0; i < event->ranks.n; i++) {
		struct row_issue issue;
		bool found = read_issue(state, &event->ranks.items[i].issue_id, &issue);
		assert(found);
		(void)found;
		set_rank(state, &issue, event->ranks.items[i].to);
		save_issue(state, &issue);
	}
}
