#include "projections/name_order.h"

#include <stdlib.h>

#include "core/codec/normal_text.h"

enum { NAMED = 0, NAMELESS = 1, ID_BYTES = sizeof(struct uuid) };

static struct slice place_slice(const struct name_place *place)
{
	return slice_of(place->bytes, place->n);
}

static bool parse_cursor(struct slice text, struct name_place *place)
{
	struct buf bytes = {0};
	bool right = buf_append_unhex(&bytes, text) && bytes.n > ID_BYTES &&
	             bytes.n <= sizeof place->bytes;
	if (right) {
		place->n = (uint8_t)bytes.n;
		memcpy(place->bytes, bytes.data, bytes.n);
	}
	buf_release(&bytes);
	return right;
}

enum status name_order_begin(struct name_order *order, const struct name_page *page,
                             struct error *err)
{
	*order = (struct name_order){.searches = page->text.n > 0};
	text_base_letters(page->text, &order->text);
	if (page->cursor.n && !parse_cursor(page->cursor, &order->after))
		return error_set(err, STATUS_INVALID, "cursor is not one of this list");
	return STATUS_OK;
}

void name_order_release(struct name_order *order)
{
	buf_release(&order->text);
	buf_release(&order->letters);
	buf_release(&order->places);
}

static void put(struct name_place *place, const void *bytes, size_t n)
{
	memcpy(place->bytes + place->n, bytes, n);
	place->n = (uint8_t)(place->n + n);
}

static struct name_place place_of(struct slice letters, const struct uuid *id)
{
	const char named = NAMED, nameless = NAMELESS;
	struct name_place place = {.n = 0};
	put(&place, letters.n ? &named : &nameless, 1);
	if (letters.n) {
		put(&place, letters.data,
		    letters.n < NAME_LETTERS_MAX ? letters.n : NAME_LETTERS_MAX);
		put(&place, "", 1);
	}
	put(&place, id->bytes, ID_BYTES);
	return place;
}

static bool has_text(struct name_order *order, struct slice other)
{
	struct buf letters = {0};
	struct slice text = buf_slice(&order->text);
	bool has = base_letters_have_word(buf_slice(&order->letters), text);
	if (!has && other.n) {
		text_base_letters(other, &letters);
		has = base_letters_have_word(buf_slice(&letters), text);
		buf_release(&letters);
	}
	return has;
}

void name_order_add(struct name_order *order, const struct uuid *id, struct slice name,
                    struct slice other)
{
	buf_clear(&order->letters);
	text_base_letters(name, &order->letters);
	if (order->searches && !has_text(order, other))
		return;
	struct name_place place = place_of(buf_slice(&order->letters), id);
	if (slice_compare(place_slice(&place), place_slice(&order->after)) > 0)
		buf_append(&order->places, &place, sizeof place);
}

static int compare(const void *a, const void *b)
{
	return slice_compare(place_slice(a), place_slice(b));
}

const struct name_place *name_order_sort(struct name_order *order, size_t *n)
{
	*n = order->places.n / sizeof(struct name_place);
	if (*n)
		qsort(order->places.data, *n, sizeof(struct name_place), compare);
	return (const struct name_place *)order->places.data;
}

struct uuid name_place_id(const struct name_place *place)
{
	struct uuid id;
	memcpy(id.bytes, place->bytes + place->n - ID_BYTES, ID_BYTES);
	return id;
}

void name_place_next_json(struct json_out *json, const struct name_place *last)
{
	struct buf text = {0};
	json_out_key(json, "next");
	if (last) {
		buf_append_hex(&text, place_slice(last));
		json_out_string(json, buf_slice(&text));
		buf_release(&text);
	} else {
		json_out_null(json);
	}
}
