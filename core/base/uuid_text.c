/* The text form of UUIDs. Apart from uuid.c because it is pure: the domain links it, and the domain
 * links nothing that knows a clock or a source of randomness. */
#include "core/base/uuid.h"

/* where the two digits of each byte stand */
static const uint8_t place[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

void uuid_format(const struct uuid *uuid, char text[UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	for (int i = 0; i < 16; i++) {
		text[place[i]] = digits[uuid->bytes[i] >> 4];
		text[place[i] + 1] = digits[uuid->bytes[i] & 15];
	}
	text[8] = text[13] = text[18] = text[23] = '-';
}

/* value of a hexadecimal digit plus one; 0 is no digit */
static const uint8_t hex[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
        ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
        ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
        ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

bool uuid_parse(struct slice text, struct uuid *out)
{
	if (text.n != UUID_TEXT || text.data[8] != '-' || text.data[13] != '-' ||
	    text.data[18] != '-' || text.data[23] != '-')
		return false;
	struct uuid uuid;
	for (int i = 0; i < 16; i++) {
		unsigned high = hex[(uint8_t)text.data[place[i]]];
		unsigned low = hex[(uint8_t)text.data[place[i] + 1]];
		if (!high || !low)
			return false;
		uuid.bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	*out = uuid;
	return true;
}
