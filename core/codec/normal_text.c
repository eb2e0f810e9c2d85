#include "core/codec/normal_text.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/base/characters.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Below U+0300 every character is its own normal form, and combines with nothing before it. */
static bool is_normal_at_sight(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((uint8_t)text.data[i] >= 0xcc)
			return false;
	return true;
}

static bool too_many_marks(struct slice text)
{
	unsigned marks = 0;
	for (size_t at = 0; at < text.n;) {
		if (!utf8proc_get_property(next_character(text, &at))->combining_class)
			marks = 0;
		else if (++marks > NORMAL_MARKS_MAX)
			return true;
	}
	return false;
}

/* Decomposed into the arena, composed and written over it, which leaves what is too much. */
enum status normal_text(struct slice text, struct arena *arena, struct slice *out)
{
	const utf8proc_option_t form = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
	const utf8proc_uint8_t *from = (const utf8proc_uint8_t *)text.data;
	utf8proc_ssize_t size = (utf8proc_ssize_t)text.n;
	*out = text;
	if (is_normal_at_sight(text))
		return STATUS_OK;
	if (too_many_marks(text))
		return STATUS_INVALID;
	utf8proc_ssize_t n = utf8proc_decompose(from, size, NULL, 0, form);
	if (n < 0)
		return STATUS_INVALID;
	size_t before = arena->used;
	utf8proc_int32_t *to = arena_alloc(arena, ((size_t)n + 1) * sizeof *to);
	if (!to)
		return STATUS_FULL;
	utf8proc_decompose(from, size, to, n, form);
	n = utf8proc_reencode(to, n, form);
	if (n < 0)
		return STATUS_INVALID;
	struct slice normal = slice_of((const char *)to, (size_t)n);
	if (slice_equal(normal, text)) {
		arena->used = before;
		return STATUS_OK;
	}
	arena->used = (size_t)((char *)to - arena->block) + normal.n;
	*out = normal;
	return STATUS_OK;
}

static void append_normal(struct slice text, struct buf *out)
{
	char *room = mem_new(NORMAL_TEXT_ROOM(text.n));
	struct arena arena;
	struct slice normal;
	arena_init(&arena, room, NORMAL_TEXT_ROOM(text.n));
	enum status status = normal_text(text, &arena, &normal);
	assert(status == STATUS_OK);
	(void)status;
	buf_append_slice(out, normal);
	free(room);
}

/* Replaced before and after the normal form: marks would keep it from being made, and it is what
 * hidden characters are looked for in. */
size_t normal_text_mend(struct slice text, bool name, struct buf *out)
{
	struct buf few = {0}, normal = {0};
	size_t replaced = 0;
	unsigned marks = 0;
	for (size_t at = 0, begin = 0; at < text.n; begin = at) {
		bool is_mark = utf8proc_get_property(next_character(text, &at))->combining_class;
		marks = is_mark ? marks + 1 : 0;
		if (marks <= NORMAL_MARKS_MAX)
			buf_append(&few, text.data + begin, at - begin);
		else if (marks == NORMAL_MARKS_MAX + 1 && ++replaced)
			buf_append_str(&few, REPLACEMENT);
	}
	append_normal(buf_slice(&few), &normal);
	int32_t before = 0;
	for (size_t at = 0, begin = 0; at < normal.n; begin = at) {
		int32_t character = next_character(buf_slice(&normal), &at);
		bool unfit = name && is_hidden_behind(before, character);
		before = unfit ? 0xfffd : character;
		replaced += unfit;
		if (unfit)
			buf_append_str(out, REPLACEMENT);
		else
			buf_append(out, normal.data + begin, at - begin);
	}
	buf_release(&few);
	buf_release(&normal);
	return replaced;
}

static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.data[i] & 0x80)
			return false;
	return true;
}

static bool begins(const char *text, struct slice part)
{
	for (size_t i = 0; i < part.n; i++)
		if (tolower((unsigned char)text[i]) != tolower((unsigned char)part.data[i]))
			return false;
	return true;
}

/* NULL when there is no memory, or the text is not UTF-8. */
static char *folded(struct slice text)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t n =
	        utf8proc_map((const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.n, &out,
	                     UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
	return n < 0 ? NULL : (char *)out;
}

void text_fold(struct slice text, struct buf *out)
{
	char *alike = folded(text);
	if (alike)
		buf_append_str(out, alike);
	else
		buf_append_slice(out, text);
	free(alike);
}

bool text_contains(struct slice text, struct slice part)
{
	if (is_ascii(text) && is_ascii(part)) {
		for (size_t i = 0; i + part.n <= text.n; i++)
			if (begins(text.data + i, part))
				return true;
		return false;
	}
	char *in = folded(text), *what = folded(part);
	bool found = in && what && strstr(in, what);
	free(in);
	free(what);
	return found;
}

static bool is_accent(int32_t character)
{
	return character >= 0x300 && character <= 0x36f;
}

void text_base_letters(struct slice text, struct buf *out)
{
	const utf8proc_option_t form =
	        UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD;
	utf8proc_uint8_t *apart = NULL;
	if (is_ascii(text)) {
		for (size_t i = 0; i < text.n; i++)
			buf_append_char(out, (char)tolower((unsigned char)text.data[i]));
		return;
	}
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)text.data,
	                                  (utf8proc_ssize_t)text.n, &apart, form);
	struct slice letters = n < 0 ? text : slice_of(apart, (size_t)n);
	for (size_t at = 0, begin = 0; at < letters.n; begin = at)
		if (!is_accent(next_character(letters, &at)))
			buf_append(out, letters.data + begin, at - begin);
	free(apart);
}

/* Whether the place @at of @text is behind a letter, a digit or a mark. */
static bool in_word(struct slice text, size_t at)
{
	size_t from = at;
	if (at == 0)
		return false;
	do
		from--;
	while (from > 0 && ((unsigned char)text.data[from] & 0xC0) == 0x80);
	utf8proc_category_t category = utf8proc_category(next_character(text, &from));
	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

bool base_letters_have_word(struct slice text, struct slice part)
{
	for (size_t at = 0; part.n && at + part.n <= text.n; at++) {
		const char *found = memmem(text.data + at, text.n - at, part.data, part.n);
		if (!found)
			return false;
		at = (size_t)(found - text.data);
		if (!in_word(text, at))
			return true;
	}
	return false;
}
