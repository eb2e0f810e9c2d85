#include "bench/text.h"

#include <stdio.h>

enum { WORDS = 4096, SYLLABLES = 64 };

/* splitmix64 (Steele, Lea, Flood 2014) */
uint64_t chance_next(struct chance *chance)
{
	uint64_t z = chance->state += 0x9e3779b97f4a7c15;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

uint32_t chance_below(struct chance *chance, uint32_t n)
{
	return (uint32_t)((chance_next(chance) >> 32) * n >> 32);
}

void chance_uuid(struct chance *chance, struct buf *out)
{
	uint64_t a = chance_next(chance), b = chance_next(chance);
	char text[40];
	snprintf(text, sizeof text, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)(a >> 32),
	         (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff), (unsigned)(b >> 52),
	         (unsigned long long)(b & 0xffffffffffff));
	buf_append_str(out, text);
}

static void syllable(uint32_t i, struct buf *out)
{
	static const char first[] = "bdfgklmnprstvzhj", second[] = "aeio";
	buf_append_char(out, first[i / 4 % 16]);
	buf_append_char(out, second[i % 4]);
}

/* The cube of a uniform share: the first tenth of the words is drawn in nearly half of all cases.
 */
static uint32_t draw_word(struct chance *chance)
{
	double share = (double)(chance_next(chance) >> 11) / 9007199254740992.0;
	return (uint32_t)(share * share * share * WORDS);
}

static void put_word(uint32_t word, struct buf *out)
{
	syllable(word % SYLLABLES, out);
	syllable(word / SYLLABLES, out);
	if (word % 3)
		syllable((word * 7 + 5) % SYLLABLES, out);
}

void text_words(struct chance *chance, uint32_t n, struct buf *out)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			buf_append_char(out, ' ');
		put_word(draw_word(chance), out);
	}
}

void text_word(struct chance *chance, struct buf *out)
{
	put_word(chance_below(chance, WORDS), out);
}
