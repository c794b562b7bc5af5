/* Dates of the Gregorian calendar. */
#ifndef SAN_DAYS_H
#define SAN_DAYS_H

#include <stdint.h>

#define SAN_DAY_S INT64_C(86400)

/* san_days_of -- days since 1970; m: 1 to 12, d: 1 to 31 or beyond. */
static inline int64_t
san_days_of(int64_t y, int64_t m, int64_t d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

#endif
