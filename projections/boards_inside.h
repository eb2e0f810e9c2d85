/* Internal to boards*.c and the fold of the board view. */
#ifndef PROJECTIONS_BOARDS_INSIDE_H
#define PROJECTIONS_BOARDS_INSIDE_H

#include "core/base/json_out.h"
#include "core/domain/board.h"
#include "projections/board_card.h"
#include "projections/boards.h"
#include "projections/boards_facts.h"

/* Rank, 0 and id of an issue: what follows the column in the key of a card. */
#define CARD_PLACE_MAX (CARD_RANK_MAX + 1 + sizeof(struct uuid))

/* What a project has under the id of a custom field that the board shows or asks for. */
struct custom_field {
	bool is_there;
	struct field_row row; /* borrows from the transaction */
};

/* A filter, and what the projects have of the fields that it asks for. */
struct asked_filter {
	const struct board_filter *filter;
	struct custom_field *fields; /* projects[p]: from p * filter->fields.n on */
};

struct boards_reading {
	struct kv_txn *txn;
	struct slice tenant;
	struct boards_caller caller;
	struct uuid id;
	uint64_t version;
	uint64_t seq; /* that changed the board itself last */
	struct board_configuration board;
	struct arena arena;
	struct project *projects; /* those that the caller sees, in the board's order */
	uint32_t projects_n;
	struct board_filter own;       /* filter of the board; without one it asks nothing */
	struct asked_filter asked_own; /* of a board that is read */
	struct asked_filter filters[BOARD_FILTERS_MAX]; /* that were asked for */
	uint32_t filters_n;
	uint32_t fields;                              /* of a card, a bit each */
	struct slice custom[BOARD_CUSTOM_FIELDS_MAX]; /* ids of custom fields of a card */
	uint32_t custom_n;                            /* without any field: the ready JSON */
	struct custom_field *custom_of;               /* projects[p]: from p * custom_n on */
	struct buf key, json;
};

/* Row of a board: version u64, seq u64, as board.h packs it. */
#define BOARD_ROW_HEAD 16

/* What the event does to the rows of boards. */
enum status boards_apply(struct view *view, const struct event *event, struct error *err);

/* The row of a project; false if there is none. */
bool boards_project(struct kv_txn *txn, struct slice tenant, const struct uuid *id,
                    struct project *out);
void boards_projects_json(const struct boards_reading *r, struct json_out *json);
bool boards_card_row(struct boards_reading *r, const struct uuid *id, struct slice *row);
/* NULL: no such status (any more). */
const struct column *boards_status(const struct project *project, struct slice status);

/* The cards of some statuses of the projects, in the order of their ranks. */
struct card_source {
	struct kv_cursor *cursor;
	struct project *project;
	const struct column *column;
	struct slice prefix; /* of the keys; lies in the merge */
	struct slice key, value;
};
struct card_merge {
	struct card_source *sources; /* those that have cards left */
	uint32_t n;
	const struct project *project; /* of the card that was given last */
	struct buf prefixes;
};
/* Begins behind @place (empty: at the top). */
void card_merge_open(struct card_merge *merge, struct boards_reading *r,
                     struct slice_array statuses, struct slice place);
/* False at the end. *@place and *@card borrow from the transaction. */
bool card_merge_next(struct card_merge *merge, struct slice *place, struct slice *card);
void card_merge_close(struct card_merge *merge);

struct field_reading boards_field_reading(struct boards_reading *r);
/* Keeps @filter, and what the projects have of its fields. */
void boards_ask(struct boards_reading *r, const struct board_filter *filter,
                struct asked_filter *asked);
/* Whether the issue is on the board: its own filter lets it pass. */
bool card_is_of_board(struct boards_reading *r, const struct card_facts *facts);
/* Whether the card passes the quick filters that were asked for. */
bool card_passes(struct boards_reading *r, const struct card_facts *facts);
/* What the cards show: fields that some project of the board has. */
void boards_load_fields(struct boards_reading *r);
void boards_fields_json(const struct boards_reading *r, struct json_out *json);
/* The card as the board shows it, appended as the next value. False if its row is damaged. */
bool card_shown_json(struct boards_reading *r, struct slice place, struct slice value,
                     struct json_out *json);

/* Cards of some columns, told apart by swimlane. */
#define LANE_KEY_MAX NAME_MAX_ID
struct shown_card {
	struct slice place, value; /* borrow from the transaction */
	uint32_t next;             /* of the same cell; index + 1 */
};
struct cell {
	uint64_t count;
	uint32_t shown, first, last; /* index + 1 */
	bool more;                   /* than those that are shown */
};
struct lane {
	uint8_t key_n; /* 0: of nobody, no epic, or the only one */
	char key[LANE_KEY_MAX];
	uint64_t count;
	struct slice place; /* of its first card */
	uint16_t number; /* of a priority: its place in the lists of the projects, odd ones: 1, 3 */
	/* of an epic */
	char rank[CARD_RANK_MAX + 1];
	struct slice row;
};
struct scan {
	struct boards_reading *r;
	uint64_t *totals;   /* cards of each column, before quick filters */
	uint32_t columns_n; /* of a lane: cells[lane * columns_n + column] */
	uint32_t limit;
	struct slice behind; /* cards before and at this place are counted, not shown */
	struct lane *lanes;
	struct cell *cells;
	uint32_t lanes_n, lanes_cap;
	uint32_t *table; /* lane + 1 by hash of its key */
	uint32_t table_n;
	struct shown_card *cards;
	uint32_t cards_n, cards_cap;
	bool damaged;
};
void scan_open(struct scan *scan, struct boards_reading *r, uint32_t columns_n, uint32_t limit,
               struct slice behind);
void scan_column(struct scan *scan, uint32_t column, struct slice_array statuses);
/* How many cards of these statuses are on the board. */
uint64_t scan_total(struct boards_reading *r, struct slice_array statuses, bool *damaged);
static inline struct slice lane_key(const struct lane *lane)
{
	return slice_of(lane->key, lane->key_n);
}
/* Put the lanes into their order. */
void scan_sort(struct scan *scan, uint32_t *order);
/* How many lanes of @order do not come behind @shown, which need not be there any more. */
uint32_t scan_behind(const struct scan *scan, const uint32_t *order, const struct lane *shown);
void scan_close(struct scan *scan);

/* Where a page begins: behind a card of a column (in a lane), or, without a column, behind a lane.
 */
#define LANE_PLACE_MAX (1 + CARD_PLACE_MAX)
struct cursor {
	bool given;
	char bytes[2 + NAME_MAX_ID + LANE_KEY_MAX + LANE_PLACE_MAX];
	struct slice column, lane; /* lie in bytes */
	struct slice place;        /* empty: from the top */
};
/* False if no page of a board with these swimlanes has such a cursor. Empty: from the top. */
bool cursor_parse(struct slice text, enum board_swimlanes swimlanes, struct cursor *out);
/* The lane that a cursor without a column names, as it was; borrows from the cursor. */
void cursor_lane(const struct cursor *cursor, enum board_swimlanes swimlanes, struct lane *lane);
/* "next" behind the card at @place, "next_lanes" behind @lane. */
void cursor_card_json(struct json_out *json, struct slice column, struct slice lane,
                      struct slice place);
void cursor_lane_json(struct json_out *json, enum board_swimlanes swimlanes,
                      const struct lane *lane);

#endif
