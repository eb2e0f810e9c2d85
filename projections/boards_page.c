/* A cursor is the hexadecimal form of the id of the column (empty: the backlog), 0, and the place
 * of the last card shown, so that the next page begins behind it whatever has moved since. */
#include "projections/boards_inside.h"

enum { CURSOR_BYTES_MAX = NAME_MAX_ID + 1 + CARD_PLACE_MAX };
_Static_assert(2 * CURSOR_BYTES_MAX <= BOARDS_CURSOR_MAX, "a cursor has room");

struct cursor {
	char bytes[CURSOR_BYTES_MAX];
	struct slice column;
	struct slice place; /* empty: from the top */
};

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_cursor(struct slice text, struct cursor *out)
{
	size_t n = text.n / 2;
	*out = (struct cursor){.place = {NULL, 0}};
	if (!text.n)
		return true;
	if (text.n % 2 || n > CURSOR_BYTES_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(text.data[2 * i]), low = hex_value(text.data[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out->bytes[i] = (char)(high << 4 | low);
	}
	const char *end = memchr(out->bytes, 0, n);
	if (!end)
		return false;
	out->column = slice_of(out->bytes, (size_t)(end - out->bytes));
	out->place = slice_of(end + 1, n - out->column.n - 1);
	return out->place.n > sizeof(struct uuid) + 1 && out->place.n <= CARD_PLACE_MAX &&
	       out->place.data[out->place.n - sizeof(struct uuid) - 1] == 0;
}

static enum status bad_cursor(struct error *err)
{
	return error_set(err, STATUS_INVALID, "not a cursor of this board");
}

static void cursor_json(struct json_out *json, struct slice column, struct slice place)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * CURSOR_BYTES_MAX];
	size_t n = 0;
	for (size_t i = 0; i < column.n + 1 + place.n; i++) {
		char c = 0;
		if (i < column.n)
			c = column.data[i];
		else if (i > column.n)
			c = place.data[i - column.n - 1];
		text[n++] = digits[(uint8_t)c >> 4];
		text[n++] = digits[(uint8_t)c & 15];
	}
	json_out_string(json, slice_of(text, n));
}

/* --- columns --- */

static uint64_t count_cards(const struct boards_reading *r, struct slice_array statuses)
{
	uint64_t count = 0;
	for (uint32_t p = 0; p < r->projects_n; p++)
		for (uint32_t i = 0; i < statuses.n && !r->projects[p].archived; i++) {
			const struct column *column =
			        boards_status(&r->projects[p], statuses.items[i]);
			count += column ? column->count : 0;
		}
	return count;
}

static bool is_there(const struct boards_reading *r, struct slice status)
{
	for (uint32_t p = 0; p < r->projects_n; p++)
		if (boards_status(&r->projects[p], status))
			return true;
	return false;
}

static void statuses_json(const struct boards_reading *r, struct slice_array statuses,
                          struct json_out *json)
{
	json_out_key(json, "statuses");
	json_out_array(json);
	for (uint32_t i = 0; i < statuses.n; i++)
		if (is_there(r, statuses.items[i]))
			json_out_string(json, statuses.items[i]);
	json_out_array_end(json);
}

/* "cards" and "next". */
static void cards_json(struct boards_reading *r, struct slice column, struct slice_array statuses,
                       struct slice place, uint32_t limit, struct json_out *json)
{
	struct card_merge merge;
	struct slice card, last = {NULL, 0};
	card_merge_open(&merge, r, statuses, place);
	json_out_key(json, "cards");
	json_out_array(json);
	for (uint32_t n = 0; n < limit && card_merge_next(&merge, &last, &card); n++)
		json_out_raw(json, card);
	json_out_array_end(json);
	json_out_key(json, "next");
	if (merge.n)
		cursor_json(json, column, last);
	else
		json_out_null(json);
	card_merge_close(&merge);
}

static void limit_json(struct json_out *json, const char *key, bool has, int32_t limit)
{
	json_out_key(json, key);
	if (has)
		json_out_int(json, limit);
	else
		json_out_null(json);
}

static void column_json(struct boards_reading *r, const struct board_column *column,
                        struct slice place, uint32_t limit, struct json_out *json)
{
	int64_t count = (int64_t)count_cards(r, column->statuses);
	json_out_object(json);
	json_out_member_string(json, "id", column->id);
	json_out_member_string(json, "name", column->name);
	statuses_json(r, column->statuses, json);
	limit_json(json, "min", column->has_min, column->min);
	limit_json(json, "max", column->has_max, column->max);
	json_out_member_int(json, "count", count);
	json_out_member_int(json, "missing",
	                    column->has_min && count < column->min ? column->min - count : 0);
	json_out_member_int(json, "excess",
	                    column->has_max && count > column->max ? count - column->max : 0);
	cards_json(r, column->id, column->statuses, place, limit, json);
	json_out_object_end(json);
}

static const struct board_column *find_column(const struct boards_reading *r, struct slice id)
{
	for (uint32_t i = 0; i < r->board.columns.n; i++)
		if (slice_equal(r->board.columns.items[i].id, id))
			return &r->board.columns.items[i];
	return NULL;
}

enum status boards_read(struct boards_reading *r, const struct boards_page *page, struct buf *out,
                        struct error *err)
{
	struct cursor cursor;
	struct json_out json;
	const struct board_column *only = NULL;
	if (!parse_cursor(page->cursor, &cursor))
		return bad_cursor(err);
	if (page->cursor.n) {
		only = find_column(r, cursor.column);
		if (!only)
			return bad_cursor(err);
	}
	json_out_init(&json, out);
	json_out_object(&json);
	json_out_member_uuid(&json, "id", &r->id);
	json_out_member_string(&json, "name", r->board.name);
	json_out_member_int(&json, "version", (int64_t)r->version);
	boards_projects_json(r, &json);
	json_out_key(&json, "columns");
	json_out_array(&json);
	for (uint32_t i = 0; i < r->board.columns.n; i++)
		if (!only || only == &r->board.columns.items[i])
			column_json(r, &r->board.columns.items[i], cursor.place, page->limit,
			            &json);
	json_out_array_end(&json);
	json_out_key(&json, "backlog");
	json_out_object(&json);
	statuses_json(r, r->board.backlog, &json);
	json_out_member_int(&json, "count", (int64_t)count_cards(r, r->board.backlog));
	json_out_object_end(&json);
	json_out_object_end(&json);
	return STATUS_OK;
}

enum status boards_read_backlog(struct boards_reading *r, const struct boards_page *page,
                                struct buf *out, struct error *err)
{
	struct cursor cursor;
	struct json_out json;
	if (!parse_cursor(page->cursor, &cursor) || cursor.column.n)
		return bad_cursor(err);
	json_out_init(&json, out);
	json_out_object(&json);
	json_out_member_uuid(&json, "id", &r->id);
	json_out_member_string(&json, "name", r->board.name);
	statuses_json(r, r->board.backlog, &json);
	json_out_member_int(&json, "count", (int64_t)count_cards(r, r->board.backlog));
	cards_json(r, slice_of(NULL, 0), r->board.backlog, cursor.place, page->limit, &json);
	json_out_object_end(&json);
	return STATUS_OK;
}
