#include "core/domain/board.h"
#include "core/domain/configuration.h"
#include "core/domain/field.h"
#include "core/domain/workflow.h"

static bool is_status(const struct tenant_state *state, struct uuid_array projects,
                      struct slice status)
{
	struct row_item item;

	for (uint32_t i = 0; i < projects.n; i++)
		if (status.n <= NAME_MAX_ID &&
		    read_item(state, &projects.items[i], ITEM_STATUS, status, &item))
			return true;
	return false;
}

static bool check_known(struct judge *judge, struct uuid_array projects,
                        struct slice_array statuses, const char *pointer)
{
	for (uint32_t i = 0; i < statuses.n; i++)
		if (!is_status(judge->state, projects, statuses.items[i]))
			return REFUSE(judge, REJECT_UNKNOWN_STATUS, pointer,
			              SLICE("no project of the board has the status "),
			              statuses.items[i]);
	return true;
}

static bool check_limits(struct judge *judge, const struct board_column *column, uint32_t index)
{
	const struct {
		const char *member;
		bool has;
		int32_t limit;
	} limits[] = {{"/min", column->has_min, column->min},
	              {"/max", column->has_max, column->max}};

	for (int i = 0; i < 2; i++)
		if (limits[i].has && (limits[i].limit < 0 || limits[i].limit > BOARD_LIMIT_MAX))
			return REFUSE(judge, REJECT_BAD_LIMITS,
			              place_of("/columns", index, limits[i].member).text,
			              SLICE("0 to 10000"));
	if (column->has_min && column->has_max && column->min > column->max)
		return REFUSE(judge, REJECT_BAD_LIMITS, place_of("/columns", index, "/max").text,
		              SLICE("min is greater than max"));
	return true;
}

static bool check_column(struct judge *judge, const struct board_configuration *board,
                         uint32_t index)
{
	const struct board_column *column = &board->columns.items[index];

	if (!text_is_id(column->id))
		return REFUSE(judge, REJECT_BAD_ID, place_of("/columns", index, "/id").text,
		              SLICE("not an id: "), column->id);
	for (uint32_t i = 0; i < index; i++)
		if (slice_equal(board->columns.items[i].id, column->id))
			return REFUSE(judge, REJECT_BAD_BOARD,
			              place_of("/columns", index, "/id").text,
			              SLICE("two columns have the id "), column->id);
	return check_short_name(judge, column->name, place_of("/columns", index, "/name").text) &&
	       check_known(judge, board->projects, column->statuses,
	                   place_of("/columns", index, "/statuses").text) &&
	       check_limits(judge, column, index);
}

static bool is_among(struct slice_array statuses, uint32_t n, struct slice status)
{
	for (uint32_t i = 0; i < n; i++)
		if (slice_equal(statuses.items[i], status))
			return true;
	return false;
}

static bool refuse_twice(struct judge *judge, struct slice status, const char *pointer)
{
	return REFUSE(judge, REJECT_STATUS_TWICE, pointer, SLICE("the status "), status,
	              SLICE(" has a place already"));
}

/* A status lies in one column or in the backlog, and there once. */
static bool check_places(struct judge *judge, const struct board_configuration *board)
{
	for (uint32_t c = 0; c < board->columns.n; c++) {
		struct slice_array statuses = board->columns.items[c].statuses;
		for (uint32_t i = 0; i < statuses.n; i++) {
			bool twice = is_among(statuses, i, statuses.items[i]);
			for (uint32_t other = 0; other < c && !twice; other++)
				twice = is_among(board->columns.items[other].statuses,
				                 board->columns.items[other].statuses.n,
				                 statuses.items[i]);
			if (twice)
				return refuse_twice(judge, statuses.items[i],
				                    place_of("/columns", c, "/statuses").text);
		}
	}
	for (uint32_t i = 0; i < board->backlog.n; i++) {
		bool twice = is_among(board->backlog, i, board->backlog.items[i]);
		for (uint32_t c = 0; c < board->columns.n && !twice; c++)
			twice = is_among(board->columns.items[c].statuses,
			                 board->columns.items[c].statuses.n,
			                 board->backlog.items[i]);
		if (twice)
			return refuse_twice(judge, board->backlog.items[i], "/backlog");
	}
	return true;
}

/* Some project of the board has it; a paragraph is too long for a card. */
static bool check_custom_field(struct judge *judge, struct uuid_array projects, struct slice id)
{
	struct row_field field;
	bool found = false;

	for (uint32_t i = 0; i < projects.n; i++) {
		if (!read_field(judge->state, &projects.items[i], id, &field))
			continue;
		if (field.kind != FIELD_KIND_PARAGRAPH)
			return true;
		found = true;
	}
	if (found)
		return REFUSE(judge, REJECT_BAD_BOARD, "/card_fields", id,
		              SLICE(" is a paragraph, which cards do not show"));
	return REFUSE(judge, REJECT_UNKNOWN_FIELD, "/card_fields",
	              SLICE("no project of the board has the field "), id);
}

static bool check_card_fields(struct judge *judge, const struct board_configuration *board)
{
	struct slice_array fields = board->card_fields;
	char room[TEXT_NUMBER_MAX];
	uint32_t custom = 0;

	for (uint32_t i = 0; i < fields.n; i++) {
		bool is_custom = board_card_field_find(fields.items[i]) == BOARD_CARD_FIELDS;
		if (is_custom && !check_custom_field(judge, board->projects, fields.items[i]))
			return false;
		if (is_among(fields, i, fields.items[i]))
			return REFUSE(judge, REJECT_BAD_BOARD, "/card_fields", fields.items[i],
			              SLICE(" is there twice"));
		custom += is_custom;
	}
	return custom <= BOARD_CUSTOM_FIELDS_MAX ||
	       REFUSE(judge, REJECT_TOO_MANY, "/card_fields", SLICE("cards show at most "),
	              text_number(BOARD_CUSTOM_FIELDS_MAX, room), SLICE(" custom fields"));
}

static bool check_size(struct judge *judge, const struct board_configuration *board)
{
	char bytes[BOARD_BYTES_MAX], room[TEXT_NUMBER_MAX];

	if (board->columns.n <= BOARD_COLUMNS_MAX && board_pack(board, bytes))
		return true;
	return REFUSE(judge, REJECT_BAD_BOARD, "", SLICE("a board has at most 32 columns and "),
	              text_number(BOARD_BYTES_MAX, room), SLICE(" bytes of what it shows"));
}

bool check_board(struct judge *judge, struct board_configuration *board, struct board_given given)
{
	if (given.name && !check_short_name(judge, board->name, "/name"))
		return false;
	for (uint32_t i = 0; given.columns && i < board->columns.n; i++)
		if (!check_column(judge, board, i))
			return false;
	if (given.backlog && !check_known(judge, board->projects, board->backlog, "/backlog"))
		return false;
	if (given.filter && !check_board_filter(judge, board))
		return false;
	if (given.filters && !check_board_filters(judge, board))
		return false;
	if (given.card_fields && !check_card_fields(judge, board))
		return false;
	return check_places(judge, board) && check_size(judge, board);
}
