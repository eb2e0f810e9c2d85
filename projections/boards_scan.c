/* One walk over the cards of a column in the order of their ranks. Each card belongs to a lane,
 * which is looked up by its key in a hash table; a cell (a column of a lane) counts its cards and
 * keeps the first ones as a list. Nothing is copied: cards borrow from the transaction. */
#include <stdlib.h>

#include "projections/boards_inside.h"
#include "projections/row.h"

#define ANCESTORS_MAX 8 /* issue types have levels of -1 to 5 */
#define TABLE_BEGIN   256

void scan_open(struct scan *scan, struct boards_reading *r, uint32_t columns_n, uint32_t limit,
               struct slice behind)
{
	*scan = (struct scan){.r = r, .columns_n = columns_n, .limit = limit, .behind = behind};
	scan->table_n = TABLE_BEGIN;
	scan->table = mem_new(scan->table_n * sizeof *scan->table);
	scan->totals = mem_new(columns_n * sizeof *scan->totals);
}

void scan_close(struct scan *scan)
{
	free(scan->lanes);
	free(scan->cells);
	free(scan->table);
	free(scan->cards);
	free(scan->totals);
}

/* --- lanes --- */

static uint32_t hash_of(struct slice key)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < key.n; i++)
		hash = (hash ^ (uint8_t)key.data[i]) * 16777619u;
	return hash;
}

static uint32_t *slot_of(const struct scan *scan, struct slice key)
{
	uint32_t at = hash_of(key) & (scan->table_n - 1);
	while (scan->table[at] && !slice_equal(lane_key(&scan->lanes[scan->table[at] - 1]), key))
		at = (at + 1) & (scan->table_n - 1);
	return &scan->table[at];
}

static void grow_table(struct scan *scan)
{
	free(scan->table);
	scan->table_n *= 2;
	scan->table = mem_new(scan->table_n * sizeof *scan->table);
	for (uint32_t i = 0; i < scan->lanes_n; i++)
		*slot_of(scan, lane_key(&scan->lanes[i])) = i + 1;
}

static uint32_t add_lane(struct scan *scan, struct slice key)
{
	if (scan->lanes_n == scan->lanes_cap) {
		scan->lanes_cap = scan->lanes_cap ? scan->lanes_cap * 2 : 16;
		scan->lanes = mem_grow(scan->lanes, scan->lanes_cap * sizeof *scan->lanes);
		scan->cells = mem_grow(scan->cells, (size_t)scan->lanes_cap * scan->columns_n *
		                                            sizeof *scan->cells);
	}
	if (scan->lanes_n * 2 >= scan->table_n)
		grow_table(scan);
	uint32_t number = scan->lanes_n++;
	struct lane *lane = &scan->lanes[number];
	*lane = (struct lane){.key_n = (uint8_t)key.n};
	if (key.n)
		memcpy(lane->key, key.data, key.n);
	memset(&scan->cells[(size_t)number * scan->columns_n], 0,
	       scan->columns_n * sizeof *scan->cells);
	*slot_of(scan, key) = number + 1;
	return number;
}

bool boards_card_row(struct boards_reading *r, const struct uuid *id, struct slice *row)
{
	key_tenant(&r->key, r->tenant);
	row_uuid(&r->key, id);
	return kv_get(r->txn, CARD_ROWS, buf_slice(&r->key), row);
}

/* An epic of a project that is not shown, or not to this caller, makes no lane: what it says of
 * itself could change without the board. */
static bool is_of_board(const struct boards_reading *r, const struct uuid *project)
{
	for (uint32_t i = 0; i < r->projects_n; i++)
		if (uuid_equal(&r->projects[i].id, project))
			return true;
	return false;
}

static bool find_epic(struct scan *scan, const struct card_facts *facts, struct uuid *epic)
{
	struct card_ancestry row_of;
	struct slice row;
	memcpy(epic->bytes, facts->parent, sizeof *epic);
	for (int i = 0; i < ANCESTORS_MAX; i++) {
		if (!boards_card_row(scan->r, epic, &row) || !card_row_ancestry(row, &row_of)) {
			scan->damaged = true;
			return false;
		}
		if (row_of.epic)
			return is_of_board(scan->r, &row_of.project);
		if (!row_of.has_parent || !sight_sees(scan->r->caller.sight, &row_of.project))
			return false;
		*epic = row_of.parent;
	}
	return false;
}

static uint32_t lane_of_key(struct scan *scan, struct slice key)
{
	uint32_t found = *slot_of(scan, key);
	return found ? found - 1 : add_lane(scan, key);
}

static uint32_t lane_of(struct scan *scan, struct slice place, const struct card_facts *facts)
{
	struct slice key = {NULL, 0};
	struct uuid epic;
	switch (scan->r->board.swimlanes) {
	case BOARD_SWIMLANES_ASSIGNEE:
		if (facts->has_assignee)
			key = slice_of(facts->assignee, sizeof(struct uuid));
		break;
	case BOARD_SWIMLANES_EPIC:
		if (facts->epic)
			key = slice_of(place.data + place.n - sizeof epic, sizeof epic);
		else if (facts->has_parent && find_epic(scan, facts, &epic))
			key = slice_of(epic.bytes, sizeof epic);
		break;
	case BOARD_SWIMLANES_PRIORITY:
		key = facts->priority;
		break;
	case BOARD_SWIMLANES_NONE:
	case BOARD_SWIMLANES_UNKNOWN:
		break;
	}
	return lane_of_key(scan, key);
}

/* --- cards --- */

static void show_card(struct scan *scan, struct cell *cell, struct slice place, struct slice value)
{
	if (scan->cards_n == scan->cards_cap) {
		scan->cards_cap = scan->cards_cap ? scan->cards_cap * 2 : 256;
		scan->cards = mem_grow(scan->cards, scan->cards_cap * sizeof *scan->cards);
	}
	scan->cards[scan->cards_n++] = (struct shown_card){place, value, 0};
	if (cell->last)
		scan->cards[cell->last - 1].next = scan->cards_n;
	else
		cell->first = scan->cards_n;
	cell->last = scan->cards_n;
	cell->shown++;
}

/* Of the card that @merge gave last. */
static bool read_facts(const struct card_merge *merge, struct slice place, struct slice value,
                       struct card_facts *facts)
{
	facts->project = merge->project;
	facts->id = place.data + place.n - sizeof(struct uuid);
	return card_facts_read(value, facts);
}

static void take_card(struct scan *scan, uint32_t column, const struct card_merge *merge,
                      struct slice place, struct slice value)
{
	struct card_facts facts;
	if (!read_facts(merge, place, value, &facts)) {
		scan->damaged = true;
		return;
	}
	if (!card_is_of_board(scan->r, &facts))
		return;
	scan->totals[column]++;
	if (!card_passes(scan->r, &facts))
		return;
	uint32_t number = lane_of(scan, place, &facts);
	struct lane *lane = &scan->lanes[number];
	struct cell *cell = &scan->cells[(size_t)number * scan->columns_n + column];
	lane->count++;
	cell->count++;
	if (!lane->place.n || slice_compare(place, lane->place) < 0)
		lane->place = place;
	if (slice_compare(place, scan->behind) <= 0)
		return;
	if (cell->shown < scan->limit)
		show_card(scan, cell, place, value);
	else
		cell->more = true;
}

void scan_column(struct scan *scan, uint32_t column, struct slice_array statuses)
{
	struct card_merge merge;
	struct slice place, value;
	card_merge_open(&merge, scan->r, statuses, slice_of(NULL, 0));
	while (card_merge_next(&merge, &place, &value))
		take_card(scan, column, &merge, place, value);
	card_merge_close(&merge);
}

uint64_t scan_total(struct boards_reading *r, struct slice_array statuses, bool *damaged)
{
	struct card_merge merge;
	struct slice place, value;
	uint64_t total = 0;
	card_merge_open(&merge, r, statuses, slice_of(NULL, 0));
	while (card_merge_next(&merge, &place, &value)) {
		struct card_facts facts;
		if (!read_facts(&merge, place, value, &facts))
			*damaged = true;
		else
			total += card_is_of_board(r, &facts);
	}
	card_merge_close(&merge);
	return total;
}

/* --- the order of lanes --- */

static void load_epics(struct scan *scan)
{
	for (uint32_t i = 0; i < scan->lanes_n; i++) {
		struct lane *lane = &scan->lanes[i];
		struct card card = {.project = NULL};
		struct uuid project, epic;
		if (!lane->key_n)
			continue;
		memcpy(epic.bytes, lane->key, sizeof epic);
		if (boards_card_row(scan->r, &epic, &lane->row) &&
		    card_unpack(lane->row, &card, &project))
			memcpy(lane->rank, card.rank, sizeof lane->rank);
		else
			scan->damaged = true;
		card_release(&card);
	}
}

/* False: no project has this priority; then its number is behind all others. */
static bool priority_number(const struct scan *scan, struct slice priority, uint16_t *number)
{
	*number = 1;
	for (uint32_t p = 0; p < scan->r->projects_n; p++) {
		const struct buf *list = &scan->r->projects[p].priorities;
		for (struct row_in in = row_in(buf_slice(list)); in.at < in.end; *number += 2)
			if (slice_equal(row_take_string(&in), priority))
				return true;
	}
	return false;
}

static int compare_lanes(const struct scan *scan, const struct lane *x, const struct lane *y)
{
	int order = 0;
	if (!x->key_n || !y->key_n)
		return (!x->key_n) - (!y->key_n);
	if (scan->r->board.swimlanes == BOARD_SWIMLANES_PRIORITY)
		order = x->number - y->number;
	else if (scan->r->board.swimlanes == BOARD_SWIMLANES_EPIC)
		order = strcmp(x->rank, y->rank);
	else
		order = slice_compare(x->place, y->place);
	return order ? order : slice_compare(lane_key(x), lane_key(y));
}

static int compare_numbers(const void *a, const void *b, void *context)
{
	const struct scan *scan = context;
	return compare_lanes(scan, &scan->lanes[*(const uint32_t *)a],
	                     &scan->lanes[*(const uint32_t *)b]);
}

void scan_sort(struct scan *scan, uint32_t *order)
{
	if (scan->r->board.swimlanes == BOARD_SWIMLANES_EPIC)
		load_epics(scan);
	for (uint32_t i = 0; i < scan->lanes_n; i++) {
		struct lane *lane = &scan->lanes[i];
		order[i] = i;
		if (scan->r->board.swimlanes == BOARD_SWIMLANES_PRIORITY)
			priority_number(scan, lane_key(lane), &lane->number);
	}
	if (scan->lanes_n)
		qsort_r(order, scan->lanes_n, sizeof *order, compare_numbers, scan);
}

uint32_t scan_behind(const struct scan *scan, const uint32_t *order, const struct lane *shown)
{
	struct lane at = *shown;
	if (scan->r->board.swimlanes == BOARD_SWIMLANES_PRIORITY &&
	    !priority_number(scan, lane_key(shown), &at.number))
		at.number = (uint16_t)(shown->number -
		                       1); /* what took its place is still to be shown */
	uint32_t n = 0;
	while (n < scan->lanes_n && compare_lanes(scan, &scan->lanes[order[n]], &at) <= 0)
		n++;
	return n;
}
