#include <stdio.h>
#include "policies/pol.h"

/*
 * Days from 1970-01-01 to a date of the proleptic Gregorian calendar, with
 * years that begin in March so that the leap day is the last one.
 * Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms",
 * days_from_civil; here for years 1970 and later only.
 */
static uint64_t
days_from_civil(unsigned y, unsigned m, unsigned d)
{
	unsigned year = m <= 2 ? y - 1 : y;
	unsigned era = year / 400, of_era = year % 400;
	unsigned of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	unsigned day = of_era * 365 + of_era / 4 - of_era / 100 + of_year;

	return (uint64_t)era * 146097 + day - 719468;
}

static bool
take_number(const char *text, size_t n, unsigned *out)
{
	unsigned v = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (unsigned)(text[i] - '0');
	}
	*out = v;
	return true;
}

static unsigned
days_of(unsigned y, unsigned m)
{
	static const unsigned days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return m == 2 && leap ? 29 : days[m - 1];
}

enum d4_status
pol_date_read(const char *text, uint64_t *out)
{
	unsigned y, m, d;

	if (!take_number(text, 4, &y) || text[4] != '-' ||
	    !take_number(text + 5, 2, &m) || text[7] != '-' ||
	    !take_number(text + 8, 2, &d) || text[10] != '\0')
		return D4_EMALFORMED;
	if (y < 1970 || m < 1 || m > 12 || d < 1 || d > days_of(y, m))
		return D4_EMALFORMED;
	*out = days_from_civil(y, m, d) * POL_DAY_S;
	return D4_OK;
}

/* The same algorithm backwards (civil_from_days). */
void
pol_date_text(uint64_t s, char out[16])
{
	uint64_t z = s / POL_DAY_S + 719468, era = z / 146097;
	unsigned of_era = (unsigned)(z % 146097);
	unsigned year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned mp = (5 * of_year + 2) / 153;
	unsigned day = of_year - (153 * mp + 2) / 5 + 1;
	unsigned month = mp < 10 ? mp + 3 : mp - 9;

	(void)snprintf(out, 16, "%04u-%02u-%02u",
	    (unsigned)(year + era * 400 + (month <= 2)) % 10000, month % 100,
	    day % 100);
}
