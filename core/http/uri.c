#include "core/http/uri.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Length of the well-formed sequence at @p (Unicode 15, table 3-7), 0 if there is none. */
static size_t utf8_sequence(const unsigned char *p, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		length = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		length = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (n < length || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static bool utf8_valid(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;

	while (n > 0) {
		size_t length = utf8_sequence(p, n);
		if (length == 0)
			return false;
		p += length;
		n -= length;
	}
	return true;
}

ptrdiff_t uri_decode(struct slice text, bool plus, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.data[i];
		if (c == '%') {
			int high = i + 2 < text.n ? hex(text.data[i + 1]) : -1;
			int low = i + 2 < text.n ? hex(text.data[i + 2]) : -1;
			if (high < 0 || low < 0)
				return -1;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c == '\0')
			return -1;
		to[n++] = c;
	}
	return utf8_valid(to, n) ? (ptrdiff_t)n : -1;
}

bool uri_is_plain(struct slice text, bool plus)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.data[i];
		if (c == '%' || c >= 0x80 || c == '\0' || (plus && c == '+'))
			return false;
	}
	return true;
}
