/* Texts in one spelling, so that equal texts are equal bytes: Unicode's normal form C. What Unicode
 * says of characters is libutf8proc's. Any thread. */
#ifndef CORE_CODEC_NORMAL_TEXT_H
#define CORE_CODEC_NORMAL_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/status.h"

/* Combining marks in a row, as stream-safe text has them at most (UAX #15, 13); ordering them takes
 * their square. */
#define NORMAL_MARKS_MAX 30

/* Arena bytes that a text of @n bytes may need: 2 bytes become 3 code points of 4 (U+01D5). */
#define NORMAL_TEXT_ROOM(n) (6 * (n) + 16)

/* @text, which is valid UTF-8, in NFC: itself if it is that already, otherwise from @arena.
 * INVALID: more than NORMAL_MARKS_MAX marks in a row. FULL: the arena is used up. */
enum status normal_text(struct slice text, struct arena *arena, struct slice *out);

/* Append @text as commands take it: in NFC, U+FFFD for every hidden character (of a @name only) and
 * for what is more than NORMAL_MARKS_MAX marks in a row. Returns how many were replaced. */
size_t normal_text_mend(struct slice text, bool name, struct buf *out);

/* Append what is the same for all texts that differ in case alone. */
void text_fold(struct slice text, struct buf *out);

/* Whether @part is in @text, in whatever case; both are valid UTF-8. */
bool text_contains(struct slice text, struct slice part);

/* Append what names are sorted and found by: the letters of @text (valid UTF-8) without case,
 * accents and compatibility forms, so that "ÉLAN", "Élan" and "elan" are one. Accents are the marks
 * U+0300 to U+036F: those that other scripts write vowels with stay, and so do letters that are no
 * others with a mark (ø, ł). */
void text_base_letters(struct slice text, struct buf *out);
/* Whether a word of @text begins with @part, both as given by text_base_letters; false if @part is
 * empty. A word begins where no letter, digit or mark is before. */
bool base_letters_have_word(struct slice text, struct slice part);

#endif
