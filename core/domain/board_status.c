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

void replace_on_boards(struct judge *judge, const struct uuid *project, struct slice status,
                       struct slice replacement)
{
	struct replacing r = {judge, project, status, replacement, false};
	struct board_walk walk = {.judge = judge, .project = project};

	while (next_board(&walk)) {
		struct board_configuration after = walk.board;
		if (!is_on(&walk.board, status) || has_another(&r, &walk.board)) {
			pass_board(&walk);
			continue;
		}
		r.has_place = is_on(&walk.board, replacement);
		if (replace_all(&r, &after))
			emit_board_edited(&walk, &after);
	}
}
