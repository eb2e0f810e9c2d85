/* A cursor is the hexadecimal form of the id of a column and the key of a lane, each with its
 * length in front (1 byte), and of a place: of the last card shown, or, without a column, of the
 * last lane shown. The place of a lane begins with how the lanes are told apart (1 byte); of a
 * priority its number follows (2 bytes, the high one first), of an epic its rank, 0 and id, of an
 * assignee the place of the first card. So the next page begins behind it whatever has moved, or
 * gone, since. */
#include "projections/boards_inside.h"

enum {
	CURSOR_BYTES_MAX = 1 + NAME_MAX_ID + 1 + LANE_KEY_MAX + LANE_PLACE_MAX,
	PRIORITY_PLACE = 1 + 2
};
_Static_assert(2 * CURSOR_BYTES_MAX <= BOARDS_CURSOR_MAX, "a cursor has room");
_Static_assert(CURSOR_BYTES_MAX <= sizeof((struct cursor *)NULL)->bytes, "and its bytes");

static bool take_part(struct slice *rest, size_t max, struct slice *part)
{
	if (!rest->n || (uint8_t)rest->data[0] > max || (uint8_t)rest->data[0] >= rest->n)
		return false;
	*part = slice_of(rest->data + 1, (uint8_t)rest->data[0]);
	*rest = slice_of(rest->data + 1 + part->n, rest->n - 1 - part->n);
	return true;
}

static bool is_card_place(struct slice place)
{
	return place.n > sizeof(struct uuid) + 1 && place.n <= CARD_PLACE_MAX &&
	       memchr(place.data, 0, place.n) == place.data + place.n - sizeof(struct uuid) - 1;
}

static bool is_lane(enum board_swimlanes swimlanes, struct slice key)
{
	return !key.n || swimlanes == BOARD_SWIMLANES_PRIORITY || key.n == sizeof(struct uuid);
}

/* Of a page of lanes. The lane of nobody, or of no epic, has none behind it. */
static bool is_lane_place(enum board_swimlanes swimlanes, struct slice key, struct slice place)
{
	if (!key.n || !place.n || (uint8_t)place.data[0] != (uint8_t)swimlanes)
		return false;
	if (swimlanes == BOARD_SWIMLANES_PRIORITY)
		return place.n == PRIORITY_PLACE;
	const struct slice card = slice_of(place.data + 1, place.n - 1);
	return is_card_place(card) && (swimlanes != BOARD_SWIMLANES_EPIC ||
	                               memcmp(card.data + card.n - key.n, key.data, key.n) == 0);
}

static bool unhex(struct slice text, struct cursor *out, struct slice *rest)
{
	struct buf bytes = {0};
	bool fits = buf_append_unhex(&bytes, text) && bytes.n && bytes.n <= CURSOR_BYTES_MAX;
	if (fits)
		memcpy(out->bytes, bytes.data, bytes.n);
	*rest = slice_of(out->bytes, bytes.n);
	buf_release(&bytes);
	return fits;
}

bool cursor_parse(struct slice text, enum board_swimlanes swimlanes, struct cursor *out)
{
	const bool has_lanes = swimlanes > BOARD_SWIMLANES_NONE;
	struct slice rest;
	*out = (struct cursor){.given = text.n > 0};
	if (!text.n)
		return true;
	if (!unhex(text, out, &rest) || !take_part(&rest, NAME_MAX_ID, &out->column) ||
	    !take_part(&rest, LANE_KEY_MAX, &out->lane) ||
	    !(has_lanes ? is_lane(swimlanes, out->lane) : !out->lane.n))
		return false;
	out->place = rest;
	if (has_lanes && !out->column.n)
		return is_lane_place(swimlanes, out->lane, rest);
	return is_card_place(rest);
}

static void cursor_json(struct json_out *json, const char *key, struct slice column,
                        struct slice lane, struct slice place)
{
	struct buf bytes = {0}, text = {0};
	buf_append_char(&bytes, (char)column.n);
	buf_append_slice(&bytes, column);
	buf_append_char(&bytes, (char)lane.n);
	buf_append_slice(&bytes, lane);
	buf_append_slice(&bytes, place);
	buf_append_hex(&text, buf_slice(&bytes));
	json_out_key(json, key);
	json_out_string(json, buf_slice(&text));
	buf_release(&bytes);
	buf_release(&text);
}

void cursor_card_json(struct json_out *json, struct slice column, struct slice lane,
                      struct slice place)
{
	cursor_json(json, "next", column, lane, place);
}

void cursor_lane_json(struct json_out *json, enum board_swimlanes swimlanes,
                      const struct lane *lane)
{
	struct buf place = {0};
	buf_append_char(&place, (char)swimlanes);
	switch (swimlanes) {
	case BOARD_SWIMLANES_PRIORITY:
		buf_append_char(&place, (char)(lane->number >> 8));
		buf_append_char(&place, (char)lane->number);
		break;
	case BOARD_SWIMLANES_EPIC:
		buf_append(&place, lane->rank, strlen(lane->rank) + 1);
		buf_append_slice(&place, lane_key(lane));
		break;
	case BOARD_SWIMLANES_ASSIGNEE:
	case BOARD_SWIMLANES_NONE:
	case BOARD_SWIMLANES_UNKNOWN:
		buf_append_slice(&place, lane->place);
		break;
	}
	cursor_json(json, "next_lanes", slice_of(NULL, 0), lane_key(lane), buf_slice(&place));
	buf_release(&place);
}

void cursor_lane(const struct cursor *cursor, enum board_swimlanes swimlanes, struct lane *lane)
{
	const struct slice place = slice_of(cursor->place.data + 1, cursor->place.n - 1);
	*lane = (struct lane){.key_n = (uint8_t)cursor->lane.n};
	memcpy(lane->key, cursor->lane.data, cursor->lane.n);
	if (swimlanes == BOARD_SWIMLANES_PRIORITY)
		lane->number = (uint16_t)((uint8_t)place.data[0] << 8 | (uint8_t)place.data[1]);
	else if (swimlanes == BOARD_SWIMLANES_EPIC)
		memcpy(lane->rank, place.data, place.n - sizeof(struct uuid));
	else
		lane->place = place;
}
