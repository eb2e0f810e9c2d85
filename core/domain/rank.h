/* Ranks: strings of the digits 0-9a-z that sort like fractions in base 36 (docs/decisions/0005).
 *
 * A rank has 1 to RANK_MAX digits and no 0 at its end, so that there is always one between two of
 * them. An empty slice stands for "before all" or "behind all". Pure. */
#ifndef CORE_DOMAIN_RANK_H
#define CORE_DOMAIN_RANK_H

#include "core/domain/tenant_state.h"

/* A new rank longer than this makes room among its neighbours: */
#define RANK_LONG 48
/* the smallest window that gets ranks as short as this, */
#define RANK_SPREAD 24
/* else RANK_WINDOW issues (the most in one RanksRebalanced) if they get ranks as short as this, */
#define RANK_SPREAD_WINDOW 42
/* else as many times more issues as it takes for this, in several RanksRebalanced. */
#define RANK_SPREAD_MORE 40
#define RANK_WINDOW      1000

struct rank {
	uint8_t n;
	char text[RANK_MAX];
};

static inline struct slice rank_slice(const struct rank *rank)
{
	return slice_of(rank->text, rank->n);
}

bool rank_is_valid(struct slice rank);

/* The next rank for what is put behind @last (or first of all when @last is empty): 6 digits for
 * the first thousand million. And its mirror image. Both give ranks @places behind (before) it. */
struct rank rank_behind(struct slice last, uint32_t places);
struct rank rank_before(struct slice first, uint32_t places);

/* Shortest even spread: rank @i (1..@n) of @n between @low and @high, none of them included.
 * False when RANK_MAX digits are not enough. */
struct rank_spread {
	uint8_t digits; /* length before zeros are cut */
	uint8_t low[RANK_MAX + 1];
	uint8_t step[RANK_MAX + 1];
};
bool rank_spread_init(struct rank_spread *spread, struct slice low, struct slice high, uint32_t n);
/* The next rank of the spread, in order; to be called n times. */
struct rank rank_spread_next(struct rank_spread *spread);
/* The n-th of those that follow. */
struct rank rank_spread_skip(struct rank_spread *spread, uint32_t n);

/* The rank in the middle of two. False when RANK_MAX digits are not enough. */
bool rank_between(struct slice low, struct slice high, struct rank *out);

#endif
