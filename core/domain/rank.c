/* Numbers are arrays of base-36 digits behind one digit that takes the carry: index 0 is the whole
 * part (1 only for "behind all"), index i the i-th digit of the fraction. A spread of n ranks is
 * (high - low) / (n + 1) with as few digits as give a quotient that is not zero. Both ends are cut
 * to those digits: low + step is still greater than low, because cutting takes less than one unit,
 * and low + n * step is at most high - step. */
#include "core/domain/rank.h"

#define BASE          36
#define APPEND_LENGTH 6

static const char digit_text[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	return -1;
}

bool rank_is_valid(struct slice rank)
{
	if (!rank.n || rank.n > RANK_MAX || rank.data[rank.n - 1] == '0')
		return false;
	for (size_t i = 0; i < rank.n; i++)
		if (digit_value(rank.data[i]) < 0)
			return false;
	return true;
}

static void digits_of(struct slice rank, bool behind_all, uint8_t digits[RANK_MAX + 1])
{
	memset(digits, 0, RANK_MAX + 1);
	if (behind_all)
		digits[0] = 1;
	for (size_t i = 0; i < rank.n && i < RANK_MAX; i++)
		digits[i + 1] = (uint8_t)digit_value(rank.data[i]);
}

static struct rank rank_of(const uint8_t *digits, uint8_t n)
{
	struct rank rank = {0, {0}};

	while (n && !digits[n])
		n--;
	for (uint8_t i = 0; i < n; i++)
		rank.text[i] = digit_text[digits[i + 1]];
	rank.n = n;
	return rank;
}

/* @out = (@high - @low) / @divisor on @n digits behind the whole part; whether it is not zero. */
static bool digits_divide(const uint8_t *low, const uint8_t *high, uint8_t n, uint32_t divisor,
                          uint8_t *out)
{
	uint64_t rest = 0;
	bool borrow = false, some = false;
	uint8_t difference[RANK_MAX + 1];

	for (int i = n; i >= 0; i--) {
		int d = high[i] - low[i] - borrow;
		borrow = d < 0;
		difference[i] = (uint8_t)(borrow ? d + BASE : d);
	}
	assert(!borrow);
	for (int i = 0; i <= n; i++) {
		rest = rest * BASE + difference[i];
		out[i] = (uint8_t)(rest / divisor);
		rest %= divisor;
		some |= out[i] != 0;
	}
	return some;
}

bool rank_spread_init(struct rank_spread *spread, struct slice low, struct slice high, uint32_t n)
{
	uint8_t end[RANK_MAX + 1];

	assert(n && (!high.n || slice_compare(low, high) < 0));
	digits_of(low, false, spread->low);
	digits_of(high, !high.n, end);
	uint8_t digits = 1;
	while (digits < RANK_MAX && spread->low[digits] == end[digits] && !end[0])
		digits++;
	for (; digits <= RANK_MAX; digits++) {
		if (!digits_divide(spread->low, end, digits, n + 1, spread->step))
			continue;
		spread->digits = digits;
		return true;
	}
	return false;
}

struct rank rank_spread_skip(struct rank_spread *spread, uint32_t n)
{
	uint64_t carry = 0;

	for (int i = spread->digits; i >= 0; i--) {
		uint64_t sum = spread->low[i] + (uint64_t)spread->step[i] * n + carry;
		spread->low[i] = (uint8_t)(sum % BASE);
		carry = sum / BASE;
	}
	assert(!spread->low[0]);
	return rank_of(spread->low, spread->digits);
}

struct rank rank_spread_next(struct rank_spread *spread)
{
	return rank_spread_skip(spread, 1);
}

bool rank_between(struct slice low, struct slice high, struct rank *out)
{
	struct rank_spread spread;

	if (!rank_spread_init(&spread, low, high, 1))
		return false;
	*out = rank_spread_next(&spread);
	return true;
}

#define APPEND_UNITS 2176782336LL /* BASE to the power of APPEND_LENGTH */

static int64_t units_of(struct slice rank)
{
	int64_t units = 0;

	for (size_t i = 0; i < APPEND_LENGTH; i++)
		units = units * BASE + (i < rank.n ? digit_value(rank.data[i]) : 0);
	return units;
}

static struct rank rank_of_units(int64_t units)
{
	uint8_t digits[APPEND_LENGTH + 1] = {0};

	for (int i = APPEND_LENGTH; i > 0; i--) {
		digits[i] = (uint8_t)(units % BASE);
		units /= BASE;
	}
	return rank_of(digits, APPEND_LENGTH);
}

static struct rank rank_middle(struct slice low, struct slice high)
{
	struct rank rank;
	bool found = rank_between(low, high, &rank);

	/* Digits of the ends cannot run out before ranks of RANK_LONG have made room. */
	assert(found);
	(void)found;
	return rank;
}

struct rank rank_behind(struct slice last, uint32_t places)
{
	int64_t units = last.n ? units_of(last) + places : APPEND_UNITS / 2;

	if (units < APPEND_UNITS)
		return rank_of_units(units);
	return rank_middle(last, SLICE(""));
}

struct rank rank_before(struct slice first, uint32_t places)
{
	int64_t units = first.n ? units_of(first) - places : APPEND_UNITS / 2;

	if (units > 0)
		return rank_of_units(units);
	return rank_middle(SLICE(""), first);
}
