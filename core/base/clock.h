/* Time: milliseconds since 1970 UTC (wall clock) or since an arbitrary start (monotonic). */
#ifndef CORE_BASE_CLOCK_H
#define CORE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"

#define CLOCK_TEXT 24 /* 2026-11-21T10:00:00.000Z, without NUL */

int64_t clock_now_ms(void);       /* wall clock */
int64_t clock_monotonic_ms(void); /* for deadlines and waits */
int64_t clock_monotonic_us(void); /* for measuring */

/* RFC 3339 in UTC with milliseconds, years 0000 to 9999 (others are clamped). */
void clock_format(int64_t ms, char text[CLOCK_TEXT]);
/* RFC 3339 with any offset and up to 9 fraction digits (cut to ms). */
bool clock_parse(struct slice text, int64_t *ms);

/* Ranges: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z */
#define CLOCK_MS_MIN (-62135596800000LL)
#define CLOCK_MS_MAX 253402300799999LL

#endif
