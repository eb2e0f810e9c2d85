/* Days and dates by the method of H. Hinnant, "chrono-Compatible Low-Level Date Algorithms":
 * years begin in March, so that the leap day is the last one, and eras have 400 years. */
#include "core/base/clock.h"

#define DAY_MS    86400000LL
#define YEAR_0_MS (-62167219200000LL) /* 0000-01-01T00:00:00Z */

static void put2(char *to, uint32_t v)
{
	to[0] = (char)('0' + v / 10);
	to[1] = (char)('0' + v % 10);
}

void clock_format(int64_t ms, char text[CLOCK_TEXT])
{
	if (ms < YEAR_0_MS)
		ms = YEAR_0_MS;
	if (ms > CLOCK_MS_MAX)
		ms = CLOCK_MS_MAX;
	uint64_t since = (uint64_t)(ms - YEAR_0_MS);
	uint32_t in_day = (uint32_t)(since % DAY_MS);
	/* days since 0000-03-01, moved up by one era to stay positive in January of year 0 */
	uint32_t day = (uint32_t)(since / DAY_MS) + 146097 - 60;
	uint32_t era = day / 146097, of_era = day % 146097;
	uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint32_t month = (5 * of_year + 2) / 153;
	uint32_t mday = of_year - (153 * month + 2) / 5 + 1;
	year += era * 400;
	month = month < 10 ? month + 3 : month - 9;
	if (month <= 2)
		year++;
	year -= 400;

	put2(text, year / 100);
	put2(text + 2, year % 100);
	text[4] = '-';
	put2(text + 5, month);
	text[7] = '-';
	put2(text + 8, mday);
	text[10] = 'T';
	put2(text + 11, in_day / 3600000);
	text[13] = ':';
	put2(text + 14, in_day / 60000 % 60);
	text[16] = ':';
	put2(text + 17, in_day / 1000 % 60);
	text[19] = '.';
	text[20] = (char)('0' + in_day % 1000 / 100);
	put2(text + 21, in_day % 100);
	text[23] = 'Z';
}

struct reader {
	const char *at;
	const char *end;
	bool ok;
};

static int number(struct reader *r, int digits, int min, int max)
{
	int v = 0;
	for (int i = 0; i < digits; i++, r->at++) {
		if (r->at == r->end || *r->at < '0' || *r->at > '9') {
			r->ok = false;
			return min;
		}
		v = v * 10 + (*r->at - '0');
	}
	if (v < min || v > max) {
		r->ok = false;
		return min;
	}
	return v;
}

static bool one_of(struct reader *r, const char *chars)
{
	if (r->at == r->end || *r->at == '\0' || !strchr(chars, *r->at))
		return false;
	r->at++;
	return true;
}

static void expect(struct reader *r, const char *chars)
{
	if (!one_of(r, chars))
		r->ok = false;
}

/* milliseconds; digits behind the third are read and dropped */
static int fraction(struct reader *r)
{
	int ms = 0, n = 0;
	for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, n++)
		if (n < 3)
			ms = ms * 10 + (*r->at - '0');
	if (n < 1 || n > 9)
		r->ok = false;
	for (; n < 3; n++)
		ms *= 10;
	return ms;
}

static int offset_minutes(struct reader *r)
{
	if (one_of(r, "Zz"))
		return 0;
	int sign = r->at < r->end && *r->at == '-' ? -1 : 1;
	expect(r, "+-");
	int hours = number(r, 2, 0, 23);
	expect(r, ":");
	return sign * (hours * 60 + number(r, 2, 0, 59));
}

static int days_of_month(int year, int month)
{
	static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : days[month - 1];
}

static int64_t days_since_1970(int year, int month, int day)
{
	int64_t y = year + 400 - (month <= 2); /* one era up, to stay positive */
	int64_t era = y / 400, of_era = y % 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return (era - 1) * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool clock_parse(struct slice text, int64_t *ms)
{
	struct reader r = {text.data, text.data + text.n, true};
	if (text.n < 20)
		return false;
	int year = number(&r, 4, 0, 9999);
	expect(&r, "-");
	int month = number(&r, 2, 1, 12);
	expect(&r, "-");
	int day = number(&r, 2, 1, days_of_month(year, month));
	expect(&r, "Tt");
	int hour = number(&r, 2, 0, 23);
	expect(&r, ":");
	int minute = number(&r, 2, 0, 59);
	expect(&r, ":");
	int second = number(&r, 2, 0, 60);
	int milli = one_of(&r, ".") ? fraction(&r) : 0;
	int offset = offset_minutes(&r);
	if (!r.ok || r.at != r.end)
		return false;

	int64_t at = days_since_1970(year, month, day) * DAY_MS +
	             (int64_t)(hour * 60 + minute - offset) * 60000;
	if (second == 60) {
		/* only a UTC day's end has a leap second; here it is that day's last ms */
		if ((at + 60000) % DAY_MS != 0)
			return false;
		at += 59999;
	} else {
		at += second * 1000 + milli;
	}
	if (at < CLOCK_MS_MIN || at > CLOCK_MS_MAX)
		return false;
	*ms = at;
	return true;
}
