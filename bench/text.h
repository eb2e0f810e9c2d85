/* Made-up text that a search index has real work with: 4,096 words, a few of them common and most
 * of them rare. Same seed, same text. One thread. */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

#include "core/base/bytes.h"

struct chance {
	uint64_t state;
};

uint64_t chance_next(struct chance *chance);
uint32_t chance_below(struct chance *chance, uint32_t n);
/* Version 4, as a client's library makes them. */
void chance_uuid(struct chance *chance, struct buf *out);

/* @n words with blanks between them; letters only, so that they need no escapes anywhere. */
void text_words(struct chance *chance, uint32_t n, struct buf *out);
/* One to search for: each of the 4,096 as likely; half of them are in fewer than 0.6 % of texts of
 * 46 words. */
void text_word(struct chance *chance, struct buf *out);

#endif
