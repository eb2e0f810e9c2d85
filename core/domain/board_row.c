/* How the row of a board, and a view, keep what it shows. A limit is stored plus 1; 0: none. */
#include "core/domain/board.h"
#include "core/domain/pack.h"

static void pack_column(struct packing *p, const struct board_column *column)
{
	pack_text(p, column->id);
	pack_text(p, column->name);
	pack_texts(p, column->statuses);
	pack_number(p, column->has_min ? (uint32_t)column->min + 1 : 0);
	pack_number(p, column->has_max ? (uint32_t)column->max + 1 : 0);
}

uint32_t board_pack(const struct board_configuration *board, char bytes[BOARD_BYTES_MAX])
{
	struct packing p = {bytes, 0, BOARD_BYTES_MAX, false};

	pack_text(&p, board->name);
	pack_ids(&p, board->projects);
	pack_number(&p, board->columns.n);
	for (uint32_t i = 0; i < board->columns.n; i++)
		pack_column(&p, &board->columns.items[i]);
	pack_texts(&p, board->backlog);
	return p.full ? 0 : p.n;
}

static void take_limit(struct unpacking *u, bool *has, int32_t *limit)
{
	uint32_t number = take_number(u);

	*has = number > 0;
	*limit = number ? (int32_t)number - 1 : 0;
}

static void take_column(struct unpacking *u, struct board_column *column)
{
	memset(column, 0, sizeof(*column));
	column->id = take_text(u);
	column->name = take_text(u);
	column->statuses = take_texts(u);
	take_limit(u, &column->has_min, &column->min);
	take_limit(u, &column->has_max, &column->max);
}

bool board_unpack(const char *bytes, struct arena *arena, struct board_configuration *out)
{
	struct unpacking u = {bytes, arena, false};

	memset(out, 0, sizeof(*out));
	out->name = take_text(&u);
	out->projects = take_ids(&u);
	out->columns.n = take_number(&u);
	struct board_column *columns = take_room(&u, out->columns.n, sizeof(*columns));
	for (uint32_t i = 0; i < out->columns.n && !u.full; i++)
		take_column(&u, &columns[i]);
	out->columns.items = columns;
	if (!u.full)
		out->backlog = take_texts(&u);
	return !u.full;
}
