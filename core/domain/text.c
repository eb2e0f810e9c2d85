#include "core/domain/text.h"

#include "core/base/characters.h"

static bool is_continuation(char c)
{
	return ((uint8_t)c & 0xc0) == 0x80;
}

size_t text_characters(struct slice text)
{
	size_t characters = 0;

	for (size_t i = 0; i < text.n; i++)
		characters += !is_continuation(text.data[i]);
	return characters;
}

static bool is_line_end_or_tab(uint8_t c)
{
	return c == '\t' || c == '\n' || c == '\r';
}

/* C0, DEL and C1 (U+0080..U+009F, in UTF-8 C2 80..C2 9F). */
static bool has_control(struct slice text, bool lines)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = (uint8_t)text.data[i];
		if (c < 0x20 && !(lines && is_line_end_or_tab(c)))
			return true;
		if (c == 0x7f)
			return true;
		if (c == 0xc2 && i + 1 < text.n && (uint8_t)text.data[i + 1] < 0xa0)
			return true;
	}
	return false;
}

bool text_is_blank(struct slice text)
{
	return !has_visible_character(text);
}

bool text_is_line(struct slice text)
{
	return !text_is_blank(text) && !has_control(text, false) &&
	       text_characters(text) <= TEXT_LINE_MAX && text.n <= TEXT_LINE_MAX * 4;
}

bool text_is_body(struct slice text)
{
	return !has_control(text, true) && text_characters(text) <= TEXT_BODY_MAX;
}

bool text_is_label(struct slice text)
{
	if (!text.n || text.n > TEXT_LABEL_MAX * 4 || text_characters(text) > TEXT_LABEL_MAX)
		return false;
	return trim_spaces(text).n == text.n && !text_is_blank(text) && !has_control(text, false) &&
	       !hidden_character(text) && !memchr(text.data, ',', text.n);
}

bool text_is_project_key(struct slice text)
{
	if (text.n < 2 || text.n > TEXT_KEY_MAX || is_digit(text.data[0]))
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (!is_digit(text.data[i]) && !(text.data[i] >= 'A' && text.data[i] <= 'Z'))
			return false;
	return true;
}

static bool is_small_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

bool text_is_slug(struct slice text)
{
	if (text.n < 2 || text.n > 40 || !is_small_letter(text.data[0]))
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (!is_digit(text.data[i]) && !is_small_letter(text.data[i]) &&
		    text.data[i] != '-')
			return false;
	return true;
}

bool text_to_project_key(struct slice text, char room[TEXT_KEY_MAX], struct slice *key)
{
	if (text.n > TEXT_KEY_MAX)
		return false;
	for (size_t i = 0; i < text.n; i++)
		room[i] = (char)(is_small_letter(text.data[i]) ? text.data[i] - 'a' + 'A'
		                                               : text.data[i]);
	*key = slice_of(room, text.n);
	return text_is_project_key(*key);
}

static bool to_issue_number(struct slice digits, int64_t *number)
{
	*number = 0;
	if (!digits.n || digits.n > 18 || digits.data[0] == '0')
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		if (!is_digit(digits.data[i]))
			return false;
		*number = *number * 10 + (digits.data[i] - '0');
	}
	return true;
}

bool text_to_issue_key(struct slice text, char room[TEXT_KEY_MAX], struct slice *key,
                       int64_t *number)
{
	const char *hyphen = text.n ? memchr(text.data, '-', text.n) : NULL;

	if (!hyphen)
		return false;
	size_t key_n = (size_t)(hyphen - text.data);
	return text_to_project_key(slice_of(text.data, key_n), room, key) &&
	       to_issue_number(slice_of(hyphen + 1, text.n - key_n - 1), number);
}

static bool is_in_word(char c)
{
	return is_digit(c) || is_small_letter(c) || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

bool text_next_mention(struct slice *text, struct uuid *member)
{
	struct slice at = *text;

	for (size_t i = 0; i + 1 + UUID_TEXT <= at.n; i++) {
		size_t end = i + 1 + UUID_TEXT;
		if (at.data[i] != '@' || (i && is_in_word(at.data[i - 1])) ||
		    (end < at.n && is_in_word(at.data[end])) ||
		    !uuid_parse(slice_of(at.data + i + 1, UUID_TEXT), member))
			continue;
		*text = slice_of(at.data + end, at.n - end);
		return true;
	}
	return false;
}

bool text_is_id(struct slice text)
{
	if (!text.n || text.n > 32 || !is_small_letter(text.data[0]))
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (!is_digit(text.data[i]) && !is_small_letter(text.data[i]) &&
		    text.data[i] != '_')
			return false;
	return true;
}

static uint64_t mix(uint64_t word)
{
	word ^= word >> 33;
	word *= 0xff51afd7ed558ccdULL;
	word ^= word >> 33;
	word *= 0xc4ceb9fe1a85ec53ULL;
	return word ^ word >> 33;
}

/* Two lanes over words of 8 bytes, each word mixed in full; the length tells a short last word
 * from zeros. The mixer is the finalizer of MurmurHash3 (public domain). */
struct text_hash text_hash(struct slice text)
{
	uint64_t a = 0x9e3779b97f4a7c15ULL ^ text.n;
	uint64_t b = 0xd1b54a32d192ed03ULL + text.n;

	for (size_t i = 0; i < text.n; i += 8) {
		uint64_t word = 0;
		memcpy(&word, text.data + i, text.n - i < 8 ? text.n - i : 8);
		a = mix(a ^ word);
		b = mix(b + word) ^ a;
	}
	return (struct text_hash){{a, mix(b)}};
}

struct slice text_number(uint64_t number, char room[TEXT_NUMBER_MAX])
{
	char *end = room + TEXT_NUMBER_MAX;
	char *at = end;

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return slice_of(at, (size_t)(end - at));
}

void text_add(char *text, size_t room, struct slice part)
{
	size_t used = strlen(text);
	size_t n = part.n < room - 1 - used ? part.n : room - 1 - used;

	while (n && n < part.n && ((uint8_t)part.data[n] & 0xc0) == 0x80)
		n--;
	if (n)
		memcpy(text + used, part.data, n);
	text[used + n] = '\0';
}
