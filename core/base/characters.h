/* What Unicode says of the characters of a text, with the tables of libutf8proc. Texts are valid
 * UTF-8 (what reads commands has checked it). Pure, any thread. */
#ifndef CORE_BASE_CHARACTERS_H
#define CORE_BASE_CHARACTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"

/* Of ASCII, whatever the locale. */
static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The character at *@at, which moves behind it; U+FFFD for a byte that begins none. */
int32_t next_character(struct slice text, size_t *at);

/* Whether there is something to see: more than white space, controls, formats (spaces of no width,
 * joiners, marks of direction) and fillers. */
bool has_visible_character(struct slice text);

/* Whether there is white space, of whatever width. */
bool has_space(struct slice text);

/* @text without the white space, of whatever width, that it begins and ends with. */
struct slice trim_spaces(struct slice text);

/* The first character that cannot be seen and would make two names of one: controls, separators of
 * lines, what turns the direction of writing, spaces of no width, fillers. Joiners (U+200C, U+200D)
 * are spelling in many scripts and in emoji: they may stand behind a character above U+02FF, once.
 * 0: there is none. */
uint32_t hidden_character(struct slice text);
/* Whether @character may not stand in a name behind @before (0: it begins the name). */
bool is_hidden_behind(int32_t before, int32_t character);

/* Whether two names are one to people: the same but for case, in whatever normal form. Of more than
 * 1,000 characters only equal bytes are. */
bool same_but_case(struct slice a, struct slice b);

#endif
