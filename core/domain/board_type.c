/* An issue type that is removed with a replacement is replaced in the quick filters of boards. */
#include "core/domain/board.h"
#include "core/domain/configuration.h"
#include "core/domain/organization.h"
#include "core/domain/workflow_replace.h"

struct filtering {
	struct judge *judge;
	const struct uuid *project;
	struct slice type;
	struct uuid *at; /* the board looked at last, in room; NULL: none yet */
	struct uuid room;
	struct row_board row;
	struct board_configuration board;
};

static bool filters_by(const struct filtering *f)
{
	for (uint32_t i = 0; i < f->board.filters.n; i++)
		if (names_have(f->board.filters.items[i].types, f->type))
			return true;
	return false;
}

static bool has_another(const struct filtering *f)
{
	struct row_item item;

	for (uint32_t i = 0; i < f->board.projects.n; i++)
		if (!uuid_equal(&f->board.projects.items[i], f->project) &&
		    read_item(f->judge->state, &f->board.projects.items[i], ITEM_ISSUE_TYPE,
		              f->type, &item))
			return true;
	return false;
}

/* The next board of the project that has a filter with the type, which no other project of it has;
 * all of it lies in the arena. */
static bool next_filtering(struct filtering *f)
{
	while (f->judge->decision->reject == REJECT_NONE &&
	       next_pair(f->judge->state, ROW_PROJECT_BOARD, f->project, f->at, &f->room)) {
		struct arena mark = *f->judge->decision->arena;
		bool found = read_board(f->judge->state, &f->room, &f->row);
		assert(found && !f->row.deleted);
		(void)found;
		f->at = &f->room;
		if (!unpack_board(f->judge, &f->row, &f->board))
			return false;
		if (filters_by(f) && !has_another(f))
			return true;
		*f->judge->decision->arena = mark;
	}
	return false;
}

uint32_t count_boards_filtering(struct judge *judge, const struct uuid *project, struct slice type)
{
	struct filtering f = {.judge = judge, .project = project, .type = type};
	struct arena mark = *judge->decision->arena;
	uint32_t n = 0;

	for (; next_filtering(&f); n++)
		*judge->decision->arena = mark;
	return n;
}

static bool replace_in_filters(const struct filtering *f, struct slice replacement,
                               struct board_configuration *board)
{
	struct board_filter *items = emit_room(f->judge, board->filters.n * sizeof(*items));
	char bytes[BOARD_BYTES_MAX], room[UUID_TEXT];

	for (uint32_t i = 0; i < board->filters.n && items; i++) {
		items[i] = board->filters.items[i];
		if (names_have(items[i].types, f->type))
			items[i].types =
			        replace_text(f->judge, items[i].types, f->type, replacement);
	}
	board->filters.items = items;
	return f->judge->decision->reject == REJECT_NONE &&
	       (board_pack(board, bytes) ||
	        REFUSE(f->judge, REJECT_BAD_BOARD, "/replace_with", SLICE("board "),
	               uuid_slice(&f->room, room), SLICE(" would be too large")));
}

void replace_in_board_filters(struct judge *judge, const struct uuid *project, struct slice type,
                              struct slice replacement)
{
	struct filtering f = {.judge = judge, .project = project, .type = type};

	while (next_filtering(&f)) {
		struct board_configuration after = f.board;
		if (replace_in_filters(&f, replacement, &after))
			emit_board(judge, EVENT_BOARD_EDITED, &f.room, f.row.version + 1)
			        ->board_edited = (struct board_edited){f.board, after};
	}
}
