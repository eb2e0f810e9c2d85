/* Calendar days as Avro's date: days since 1970-01-01, Gregorian. Pure. */
#ifndef CORE_BASE_DATE_H
#define CORE_BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"

#define DATE_TEXT 10        /* YYYY-MM-DD, without NUL */
#define DATE_MIN  (-719162) /* 0001-01-01 */
#define DATE_MAX  2932896   /* 9999-12-31 */

/* Days outside of DATE_MIN to DATE_MAX are clamped. */
void date_format(int32_t days, char text[DATE_TEXT]);
/* Exactly YYYY-MM-DD, a day that exists; *@days is untouched on failure. */
bool date_parse(struct slice text, int32_t *days);

#endif
