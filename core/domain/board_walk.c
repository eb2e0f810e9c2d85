#include "core/domain/board.h"
#include "core/domain/organization.h"

bool next_board(struct board_walk *walk)
{
	struct judge *judge = walk->judge;
	bool found;

	if (judge->decision->reject != REJECT_NONE ||
	    !next_pair(judge->state, ROW_PROJECT_BOARD, walk->project, walk->at, &walk->id))
		return false;
	walk->at = &walk->id;
	walk->mark = *judge->decision->arena;
	found = read_board(judge->state, &walk->id, &walk->row);
	assert(found && !walk->row.deleted);
	(void)found;
	return unpack_board(judge, &walk->row, &walk->board);
}

void pass_board(struct board_walk *walk)
{
	*walk->judge->decision->arena = walk->mark;
}

bool check_board_room(const struct board_walk *walk, const struct board_configuration *after,
                      const char *pointer)
{
	char bytes[BOARD_BYTES_MAX], room[UUID_TEXT];

	return board_pack(after, bytes) ||
	       REFUSE(walk->judge, REJECT_BAD_BOARD, pointer, SLICE("board "),
	              uuid_slice(&walk->id, room), SLICE(" would be too large"));
}

void emit_board_edited(const struct board_walk *walk, const struct board_configuration *after)
{
	emit_board(walk->judge, EVENT_BOARD_EDITED, &walk->id, walk->row.version + 1)
	        ->board_edited = (struct board_edited){walk->board, *after};
}
