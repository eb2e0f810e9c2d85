/* Values of custom fields are texts. Here: what is a value of a kind, its one canonical form, and
 * how the values of a field are packed in a row. Pure. */
#ifndef CORE_DOMAIN_FIELD_VALUE_H
#define CORE_DOMAIN_FIELD_VALUE_H

#include "core/domain/tenant_state.h"

#define FIELD_VALUES_MAX        100   /* of a field */
#define FIELD_NUMBER_DIGITS_MAX 38    /* before and behind the point together */
#define FIELD_PARAGRAPH_MAX     32767 /* characters */
#define FIELD_URL_MAX           2000  /* bytes */

/* Room for the canonical form of a number, date, datetime, id of a member. */
#define FIELD_VALUE_ROOM 48

/* Whether @given is a value of @kind, as far as its text tells; options and members are only looked
 * at as ids. *@canonical is the same value in its one form, and borrows from @given or @room:
 *   number    -?digits[.digits], no exponent, no zeros that say nothing, never -0
 *   datetime  UTC with milliseconds, as clock_format writes it
 *   member    small letters
 *   others    as given */
bool field_value_canonical(enum field_kind kind, struct slice given, char room[FIELD_VALUE_ROOM],
                           struct slice *canonical);
/* What a value of @kind looks like, for people. */
const char *field_value_form(enum field_kind kind);

/* Greatest number of values that a field of @kind has. */
uint32_t field_values_max(enum field_kind kind);
/* Several values that have no order: kept sorted, each once. */
bool field_is_set(enum field_kind kind);
bool field_has_options(enum field_kind kind);
bool field_has_members(enum field_kind kind);

/* Pack @values behind each other; false if they are too large for a row. */
bool field_pack(struct slice_array values, char packed[FIELD_BYTES_MAX], uint32_t *n);
/* The next value of *@packed, which becomes the rest; false at the end. */
bool field_next(struct slice *packed, struct slice *value);
bool field_packed_has(struct slice packed, struct slice value);
/* Add @value to the @n sorted ones, unless it is there; @items has room for one more. */
void field_values_add(struct slice *items, uint32_t *n, struct slice value);

#endif
