/* Internal to boards*.c and the fold of the board view. */
#ifndef PROJECTIONS_BOARDS_INSIDE_H
#define PROJECTIONS_BOARDS_INSIDE_H

#include "core/base/json_out.h"
#include "core/domain/board.h"
#include "projections/board_card.h"
#include "projections/boards.h"

/* Rank, 0 and id of an issue: what follows the column in the key of a card. */
#define CARD_PLACE_MAX (CARD_RANK_MAX + 1 + sizeof(struct uuid))

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
	struct buf key;
};

/* Row of a board: version u64, seq u64, as board.h packs it. */
#define BOARD_ROW_HEAD 16

/* What the event does to the rows of boards. */
enum status boards_apply(struct view *view, const struct event *event, struct error *err);

/* The row of a project; false if there is none. */
bool boards_project(struct kv_txn *txn, struct slice tenant, const struct uuid *id,
                    struct project *out);
void boards_projects_json(const struct boards_reading *r, struct json_out *json);
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
	struct buf prefixes;
};
/* Begins behind @place (empty: at the top). */
void card_merge_open(struct card_merge *merge, struct boards_reading *r,
                     struct slice_array statuses, struct slice place);
/* False at the end. *@place and *@card borrow from the transaction. */
bool card_merge_next(struct card_merge *merge, struct slice *place, struct slice *card);
void card_merge_close(struct card_merge *merge);

#endif
