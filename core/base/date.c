/* Howard Hinnant's days_from_civil and civil_from_days: years begin in March, so that the leap day
 * is the last one, and eras of 400 years have 146,097 days. */
#include "core/base/date.h"

static int32_t days_of(int32_t year, int32_t month, int32_t day)
{
	year -= month <= 2;
	int32_t era = (year >= 0 ? year : year - 399) / 400;
	int32_t year_of_era = year - era * 400;
	int32_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static void put_digits(char *to, int32_t value, unsigned n)
{
	while (n > 0) {
		to[--n] = (char)('0' + value % 10);
		value /= 10;
	}
}

void date_format(int32_t days, char text[DATE_TEXT])
{
	if (days < DATE_MIN)
		days = DATE_MIN;
	if (days > DATE_MAX)
		days = DATE_MAX;
	days += 719468; /* positive from here on */
	int32_t era = days / 146097;
	int32_t day_of_era = days - era * 146097;
	int32_t year_of_era =
	        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int32_t day_of_year =
	        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int32_t shifted = (5 * day_of_year + 2) / 153;
	int32_t month = shifted < 10 ? shifted + 3 : shifted - 9;
	put_digits(text, year_of_era + era * 400 + (month <= 2), 4);
	put_digits(text + 5, month, 2);
	put_digits(text + 8, day_of_year - (153 * shifted + 2) / 5 + 1, 2);
	text[4] = text[7] = '-';
}

static bool read_digits(const char *text, unsigned n, int32_t *value)
{
	*value = 0;
	for (unsigned i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*value = *value * 10 + (text[i] - '0');
	}
	return true;
}

bool date_parse(struct slice text, int32_t *days)
{
	static const uint8_t lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int32_t year, month, day;
	if (text.n != DATE_TEXT || text.data[4] != '-' || text.data[7] != '-' ||
	    !read_digits(text.data, 4, &year) || !read_digits(text.data + 5, 2, &month) ||
	    !read_digits(text.data + 8, 2, &day))
		return false;
	if (year < 1 || month < 1 || month > 12 || day < 1)
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day > lengths[month - 1] + (month == 2 && leap))
		return false;
	*days = days_of(year, month, day);
	return true;
}
