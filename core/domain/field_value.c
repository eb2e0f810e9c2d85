#include "core/domain/field_value.h"

#include "core/base/characters.h"
#include "core/base/clock.h"
#include "core/base/date.h"
#include "core/domain/judge.h"

#define NUMBER_TEXT_MAX   128 /* bytes of a number as it is given */
#define EXPONENT_MAX_TEXT 4   /* digits */

struct kind_facts {
	uint32_t values_max;
	bool is_set;
	const char *form;
};

static const struct kind_facts facts[FIELD_KINDS] = {
        [FIELD_KIND_TEXT] = {1, false, "1 to 255 characters in one line"},
        [FIELD_KIND_PARAGRAPH] = {1, false, "1 to 32767 characters"},
        [FIELD_KIND_NUMBER] = {1, false, "a decimal number of at most 38 digits, like 12.5"},
        [FIELD_KIND_DATE] = {1, false, "a day from 1900-01-01 to 9999-12-31"},
        [FIELD_KIND_DATETIME] = {1, false, "a time like 2026-11-30T10:00:00Z, from 1900 to 9999"},
        [FIELD_KIND_SELECT] = {1, false, "the id of an option"},
        [FIELD_KIND_MULTI_SELECT] = {FIELD_VALUES_MAX, true, "the id of an option"},
        [FIELD_KIND_CASCADING_SELECT] = {2, false, "an option, and one below it"},
        [FIELD_KIND_MEMBER] = {1, false, "the id of a member"},
        [FIELD_KIND_MEMBERS] = {FIELD_VALUES_MAX, true, "the id of a member"},
        [FIELD_KIND_CHECKBOX] = {1, false, "true or false"},
        [FIELD_KIND_URL] = {1, false,
                            "http:// or https:// and at most 2000 bytes, without spaces or "
                            "characters that cannot be seen"},
        [FIELD_KIND_LABELS] = {FIELD_VALUES_MAX, true,
                               "1 to 64 characters without commas, or spaces at the ends"},
};

uint32_t field_values_max(enum field_kind kind)
{
	return facts[kind].values_max;
}

bool field_is_set(enum field_kind kind)
{
	return facts[kind].is_set;
}

const char *field_value_form(enum field_kind kind)
{
	return facts[kind].form;
}

bool field_has_options(enum field_kind kind)
{
	return kind == FIELD_KIND_SELECT || kind == FIELD_KIND_MULTI_SELECT ||
	       kind == FIELD_KIND_CASCADING_SELECT;
}

bool field_has_members(enum field_kind kind)
{
	return kind == FIELD_KIND_MEMBER || kind == FIELD_KIND_MEMBERS;
}

/* --- numbers --- */

/* The digits of a number without zeros at the ends, and how many of them, or zeros in front of or
 * behind them, lie before the point. */
struct number {
	bool negative;
	int32_t n;
	int32_t point;
	char digits[NUMBER_TEXT_MAX];
};

static size_t take_digits(const char **at, const char *end, struct number *number)
{
	size_t n = 0;

	for (; *at < end && is_digit(**at); (*at)++, n++)
		number->digits[number->n++] = **at;
	return n;
}

static bool take_exponent(const char **at, const char *end, int32_t *exponent)
{
	bool negative = false;
	int n = 0;

	*exponent = 0;
	if (*at == end || (**at != 'e' && **at != 'E'))
		return true;
	if (++*at < end && (**at == '+' || **at == '-'))
		negative = *(*at)++ == '-';
	for (; *at < end && is_digit(**at) && n < EXPONENT_MAX_TEXT; (*at)++, n++)
		*exponent = *exponent * 10 + (**at - '0');
	if (negative)
		*exponent = -*exponent;
	return n > 0;
}

static bool read_number(struct slice text, struct number *number)
{
	const char *at = text.data, *end = at + text.n;
	int32_t exponent;

	number->n = 0;
	if (!text.n || text.n > NUMBER_TEXT_MAX)
		return false;
	number->negative = *at == '-';
	at += number->negative;
	size_t whole = take_digits(&at, end, number);
	if (!whole)
		return false;
	if (at < end && *at == '.') {
		at++;
		if (!take_digits(&at, end, number))
			return false;
	}
	if (!take_exponent(&at, end, &exponent) || at != end)
		return false;
	number->point = (int32_t)whole + exponent;
	return true;
}

static void strip_zeros(struct number *number)
{
	int32_t zeros = 0;

	while (zeros < number->n && number->digits[zeros] == '0')
		zeros++;
	number->n -= zeros;
	number->point -= zeros;
	memmove(number->digits, number->digits + zeros, (size_t)number->n);
	while (number->n && number->digits[number->n - 1] == '0')
		number->n--;
	if (!number->n) {
		number->point = 0;
		number->negative = false;
	}
}

static struct slice write_number(const struct number *number, char room[FIELD_VALUE_ROOM])
{
	char *to = room;
	int32_t at = 0;

	if (number->negative)
		*to++ = '-';
	if (number->point <= 0)
		*to++ = '0';
	for (; at < number->point; at++)
		*to++ = at < number->n ? number->digits[at] : '0';
	if (number->point < number->n)
		*to++ = '.';
	for (int32_t zeros = number->point; zeros < 0 && number->n; zeros++)
		*to++ = '0';
	for (; at < number->n; at++)
		*to++ = number->digits[at];
	return slice_of(room, (size_t)(to - room));
}

static bool number_canonical(struct slice given, char room[FIELD_VALUE_ROOM],
                             struct slice *canonical)
{
	struct number number;

	if (!read_number(given, &number))
		return false;
	strip_zeros(&number);
	int32_t whole = number.point > 0 ? number.point : 0;
	int32_t behind = number.n > number.point ? number.n - number.point : 0;
	if (whole > FIELD_NUMBER_DIGITS_MAX || behind > FIELD_NUMBER_DIGITS_MAX ||
	    whole + behind > FIELD_NUMBER_DIGITS_MAX)
		return false;
	*canonical = write_number(&number, room);
	return true;
}

/* --- the other kinds --- */

static bool is_paragraph(struct slice text)
{
	return text_is_body(text) && !text_is_blank(text) &&
	       text_characters(text) <= FIELD_PARAGRAPH_MAX;
}

static bool begins_with(struct slice text, struct slice start)
{
	return text.n > start.n && memcmp(text.data, start.data, start.n) == 0;
}

static bool is_url(struct slice text)
{
	return text.n <= FIELD_URL_MAX && text_is_body(text) && !has_space(text) &&
	       !hidden_character(text) &&
	       (begins_with(text, SLICE("https://")) || begins_with(text, SLICE("http://")));
}

static bool is_date(struct slice text)
{
	int32_t days;

	return date_parse(text, &days) && day_in_range(days);
}

static bool datetime_canonical(struct slice given, char room[FIELD_VALUE_ROOM],
                               struct slice *canonical)
{
	int64_t ms;

	if (!clock_parse(given, &ms) || !time_in_range(ms))
		return false;
	clock_format(ms, room);
	*canonical = slice_of(room, CLOCK_TEXT);
	return true;
}

static bool member_canonical(struct slice given, char room[FIELD_VALUE_ROOM],
                             struct slice *canonical)
{
	struct uuid id;

	if (!uuid_parse(given, &id))
		return false;
	*canonical = uuid_slice(&id, room);
	return true;
}

bool field_value_canonical(enum field_kind kind, struct slice given, char room[FIELD_VALUE_ROOM],
                           struct slice *canonical)
{
	*canonical = given;
	switch (kind) {
	case FIELD_KIND_TEXT:
		return text_is_line(given) && !hidden_character(given);
	case FIELD_KIND_PARAGRAPH:
		return is_paragraph(given);
	case FIELD_KIND_NUMBER:
		return number_canonical(given, room, canonical);
	case FIELD_KIND_DATE:
		return is_date(given);
	case FIELD_KIND_DATETIME:
		return datetime_canonical(given, room, canonical);
	case FIELD_KIND_SELECT:
	case FIELD_KIND_MULTI_SELECT:
	case FIELD_KIND_CASCADING_SELECT:
		return text_is_id(given);
	case FIELD_KIND_MEMBER:
	case FIELD_KIND_MEMBERS:
		return member_canonical(given, room, canonical);
	case FIELD_KIND_CHECKBOX:
		return slice_is(given, "true") || slice_is(given, "false");
	case FIELD_KIND_URL:
		return is_url(given);
	case FIELD_KIND_LABELS:
		return text_is_label(given);
	case FIELD_KIND_UNKNOWN:
		break;
	}
	return false;
}

/* --- packing --- */

bool field_pack(struct slice_array values, char packed[FIELD_BYTES_MAX], uint32_t *n)
{
	*n = 0;
	for (uint32_t i = 0; i < values.n; i++) {
		struct slice value = values.items[i];
		if (value.n + 2 > FIELD_BYTES_MAX - *n)
			return false;
		packed[(*n)++] = (char)(value.n >> 8);
		packed[(*n)++] = (char)(value.n & 0xff);
		memcpy(packed + *n, value.data, value.n);
		*n += (uint32_t)value.n;
	}
	return true;
}

bool field_next(struct slice *packed, struct slice *value)
{
	if (!packed->n)
		return false;
	assert(packed->n >= 2);
	size_t n = (size_t)(uint8_t)packed->data[0] << 8 | (uint8_t)packed->data[1];
	assert(packed->n >= 2 + n);
	*value = slice_of(packed->data + 2, n);
	*packed = slice_of(packed->data + 2 + n, packed->n - 2 - n);
	return true;
}

bool field_packed_has(struct slice packed, struct slice value)
{
	struct slice item;

	while (field_next(&packed, &item))
		if (slice_equal(item, value))
			return true;
	return false;
}

void field_values_add(struct slice *items, uint32_t *n, struct slice value)
{
	uint32_t at = *n;

	while (at && slice_compare(items[at - 1], value) > 0)
		at--;
	if (at && slice_equal(items[at - 1], value))
		return;
	memmove(items + at + 1, items + at, (*n - at) * sizeof(*items));
	items[at] = value;
	(*n)++;
}
