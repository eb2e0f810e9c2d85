/* A status that is removed with a replacement is replaced on boards as it is in workflows. */
#include "core/domain/board.h"
#include "core/domain/configuration.h"
#include "core/domain/organization.h"

struct replacing {
	struct judge *judge;
	const struct uuid *project;
	struct slice status, replacement;
	bool has_place; /* the replacement, on this board */
};

static bool has_status(struct slice_array statuses, struct slice status)
{
	for (uint32_t i = 0; i < statuses.n; i++)
		if (slice_equal(statuses.items[i], status))
			return true;
	return false;
}

static bool is_on(const struct board_configuration *board, struct slice status)
{
	for (uint32_t i = 0; i < board->columns.n; i++)
		if (has_status(board->columns.items[i].statuses, status))
			return true;
	return has_status(board->backlog, status);
}

static bool has_another(const struct replacing *r, const struct board_configuration *board)
{
	struct row_item item;

	for (uint32_t i = 0; i < board->projects.n; i++)
		if (!uuid_equal(&board->projects.items[i], r->project) &&
		    read_item(r->judge->state, &board->projects.items[i], ITEM_STATUS, r->status,
		              &item))
			return true;
	return false;
}

/* False when there is no room. */
static bool replace_in(const struct replacing *r, struct slice_array *statuses)
{
	struct slice *items;
	uint32_t n = 0;

	if (!has_status(*statuses, r->status))
		return true;
	items = emit_room(r->judge, statuses->n * sizeof(*items));
	for (uint32_t i = 0; i < statuses->n && items; i++) {
		bool is_it = slice_equal(statuses->items[i], r->status);
		if (!is_it || !r->has_place)
			items[n++] = is_it ? r->replacement : statuses->items[i];
	}
	*statuses = (struct slice_array){items, n};
	return items != NULL;
}

static bool replace_all(const struct replacing *r, struct board_configuration *board)
{
	struct board_column *columns =
	        emit_room(r->judge, (board->columns.n + 1) * sizeof(*columns));

	for (uint32_t i = 0; i < board->columns.n && columns; i++) {
		columns[i] = board->columns.items[i];
		if (!replace_in(r, &columns[i].statuses))
			return false;
	}
	board->columns.items = columns;
	return columns && replace_in(r, &board->backlog);
}

static void replace_on_board(struct replacing *r, const struct uuid *id)
{
	struct row_board row;
	struct board_configuration before, after;
	bool found = read_board(r->judge->state, id, &row);

	assert(found && !row.deleted);
	(void)found;
	struct arena mark = *r->judge->decision->arena;
	if (!unpack_board(r->judge, &row, &before))
		return;
	if (!is_on(&before, r->status) || has_another(r, &before)) {
		*r->judge->decision->arena = mark;
		return;
	}
	r->has_place = is_on(&before, r->replacement);
	after = before;
	if (replace_all(r, &after))
		emit_board(r->judge, EVENT_BOARD_EDITED, id, row.version + 1)->board_edited =
		        (struct board_edited){before, after};
}

void replace_on_boards(struct judge *judge, const struct uuid *project, struct slice status,
                       struct slice replacement)
{
	struct replacing r = {judge, project, status, replacement, false};
	struct uuid id, *after = NULL;

	for (; next_pair(judge->state, ROW_PROJECT_BOARD, project, after, &id); after = &id) {
		if (judge->decision->reject != REJECT_NONE)
			return;
		replace_on_board(&r, &id);
	}
}
