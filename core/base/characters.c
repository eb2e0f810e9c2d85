#include "core/base/characters.h"

#include <ctype.h>
#include <utf8proc.h>

#define JOINER_AFTER_MIN 0x300 /* the Latin script, before it, joins nothing */
#define FOLDED_MAX       4096  /* code points: of 1,000 characters, each of which has at most 4 */

int32_t next_character(struct slice text, size_t *at)
{
	utf8proc_int32_t character;
	utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text.data + *at,
	                                      (utf8proc_ssize_t)(text.n - *at), &character);

	*at += n > 0 ? (size_t)n : 1;
	return n > 0 ? character : 0xfffd;
}

static bool is_space(int32_t character)
{
	switch (utf8proc_get_property(character)->category) {
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return true;
	default:
		return character == '\t' || character == '\n' || character == '\r';
	}
}

static bool is_visible(int32_t character)
{
	const utf8proc_property_t *property = utf8proc_get_property(character);

	switch (property->category) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
		return false;
	default:
		return !property->ignorable && !is_space(character);
	}
}

bool has_visible_character(struct slice text)
{
	for (size_t at = 0; at < text.n;)
		if (is_visible(next_character(text, &at)))
			return true;
	return false;
}

bool has_space(struct slice text)
{
	for (size_t at = 0; at < text.n;)
		if (is_space(next_character(text, &at)))
			return true;
	return false;
}

static bool is_continuation(char c)
{
	return ((uint8_t)c & 0xc0) == 0x80;
}

/* Where the last character begins. */
static size_t last_character(struct slice text)
{
	size_t at = text.n - 1;

	while (at && is_continuation(text.data[at]))
		at--;
	return at;
}

struct slice trim_spaces(struct slice text)
{
	size_t at;

	while (text.n) {
		size_t last = at = last_character(text);
		if (!is_space(next_character(text, &at)))
			break;
		text.n = last;
	}
	while (text.n) {
		at = 0;
		if (!is_space(next_character(text, &at)))
			break;
		text = slice_of(text.data + at, text.n - at);
	}
	return text;
}

static bool is_hidden(int32_t character)
{
	const utf8proc_property_t *property = utf8proc_get_property(character);

	switch (property->boundclass) {
	case UTF8PROC_BOUNDCLASS_CONTROL:
	case UTF8PROC_BOUNDCLASS_CR:
	case UTF8PROC_BOUNDCLASS_LF:
		return true;
	case UTF8PROC_BOUNDCLASS_EXTEND: /* marks, selectors of variants, tags of flags */
	case UTF8PROC_BOUNDCLASS_ZWJ:
		return false;
	default:
		return property->ignorable;
	}
}

static bool is_joiner(int32_t character)
{
	return character == 0x200c || character == 0x200d;
}

bool is_hidden_behind(int32_t before, int32_t character)
{
	bool joins = before >= JOINER_AFTER_MIN && !is_joiner(before);

	return is_hidden(character) || (is_joiner(character) && !joins);
}

uint32_t hidden_character(struct slice text)
{
	int32_t before = 0;

	for (size_t at = 0; at < text.n;) {
		int32_t character = next_character(text, &at);
		if (is_hidden_behind(before, character))
			return (uint32_t)character;
		before = character;
	}
	return 0;
}

static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.data[i] & 0x80)
			return false;
	return true;
}

static bool same_ascii(struct slice a, struct slice b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++)
		if (tolower((unsigned char)a.data[i]) != tolower((unsigned char)b.data[i]))
			return false;
	return a.n == b.n;
}

/* How many code points, negative: it is no text; more than FOLDED_MAX: there was no room. */
static utf8proc_ssize_t fold(struct slice text, utf8proc_int32_t folded[FOLDED_MAX])
{
	const utf8proc_option_t form = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD;

	return utf8proc_decompose((const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.n,
	                          folded, FOLDED_MAX, form);
}

bool same_but_case(struct slice a, struct slice b)
{
	utf8proc_int32_t left[FOLDED_MAX], right[FOLDED_MAX];

	if (slice_equal(a, b))
		return true;
	if (is_ascii(a) && is_ascii(b))
		return same_ascii(a, b);
	utf8proc_ssize_t n = fold(a, left);
	return n > 0 && n <= FOLDED_MAX && fold(b, right) == n &&
	       memcmp(left, right, (size_t)n * sizeof *left) == 0;
}
