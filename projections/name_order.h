/* A list in order of names, made when it is read: names of people lie sealed, so that there is no
 * index of them that one would have to be taken out of when their key is destroyed. Who is
 * forgotten has no place by name at the next read.
 *
 * The order is that of base letters (text_base_letters), of which the first NAME_LETTERS_MAX bytes
 * count, then that of ids; what has no name comes last. A cursor is the place of the last item that
 * was shown, not the item: whoever keeps their name between two pages is on one of them. One
 * thread. */
#ifndef PROJECTIONS_NAME_ORDER_H
#define PROJECTIONS_NAME_ORDER_H

#include "core/base/bytes.h"
#include "core/base/json_out.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#define NAME_LETTERS_MAX 64 /* bytes */

/* 0, letters, 0 (or 1 alone: no name), id: places are in the order of their bytes. */
struct name_place {
	uint8_t n;
	char bytes[1 + NAME_LETTERS_MAX + 1 + sizeof(struct uuid)];
};

struct name_order {
	struct name_place after; /* of the cursor; n is 0: from the start */
	bool searches;
	struct buf text; /* base letters of what is searched for; empty: nothing has it */
	struct buf letters;
	struct buf places;
};

/* What a list by name is asked for. */
struct name_page {
	struct slice cursor; /* "next" of the page before; empty: from the start */
	struct slice
	        text; /* a word of theirs begins with it, whatever case and accents; empty: all */
	uint32_t limit;
};

/* STATUS_INVALID: not a cursor of such a list. To be released in any case. */
enum status name_order_begin(struct name_order *order, const struct name_page *page,
                             struct error *err);
void name_order_release(struct name_order *order);

/* Add what is called @name (empty: nothing), unless it is before the cursor, or neither @name nor
 * @other (empty: there is none) has the text. */
void name_order_add(struct name_order *order, const struct uuid *id, struct slice name,
                    struct slice other);
/* Sort what was added; the places are there until the next call. */
const struct name_place *name_order_sort(struct name_order *order, size_t *n);

struct uuid name_place_id(const struct name_place *place);
/* "next": the cursor behind @last, or null if it is NULL. */
void name_place_next_json(struct json_out *json, const struct name_place *last);

#endif
