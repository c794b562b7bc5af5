#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* "hh:mm", bounded; seconds. */
static bool
take_minutes(const char *text, unsigned *out)
{
	unsigned h, m;

	if (!take_number(text, 2, &h) || text[2] != ':' ||
	    !take_number(text + 3, 2, &m) || h > 23 || m > 59)
		return false;
	*out = h * 3600 + m * 60;
	return true;
}

/* "Z", "+hh:mm" or "-hh:mm" to the end: what to subtract. */
static bool
take_offset(const char *text, int64_t *out)
{
	unsigned s;

	*out = 0;
	if ((text[0] == 'Z' || text[0] == 'z') && text[1] == '\0')
		return true;
	if ((text[0] != '+' && text[0] != '-') || !take_minutes(text + 1, &s) ||
	    text[6] != '\0')
		return false;
	*out = text[0] == '+' ? (int64_t)s : -(int64_t)s;
	return true;
}

/* Behind the date: "Thh:mm:ss[.fraction]" and an offset. RFC 3339, 5.6. */
static bool
take_clock(const char *text, int64_t *out)
{
	unsigned minutes, s;
	int64_t offset;

	if (text[0] == '\0' || strchr("Tt ", text[0]) == NULL ||
	    !take_minutes(text + 1, &minutes) || text[6] != ':' ||
	    !take_number(text + 7, 2, &s) || s > 60)
		return false;
	text += 9;
	if (text[0] == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (!take_offset(text, &offset))
		return false;
	*out = (int64_t)minutes + s - offset;
	return true;
}

enum d4_status
pol_time_read(const char *text, uint64_t *out)
{
	size_t digits = strspn(text, "0123456789");
	char date[11] = "";
	uint64_t day;
	int64_t clock;

	if (digits != 0 && digits <= 12 && text[digits] == '\0') {
		*out = strtoull(text, NULL, 10);
		return D4_OK;
	}
	if (strlen(text) < 10)
		return D4_EMALFORMED;
	memcpy(date, text, 10);
	if (pol_date_read(date, &day) != D4_OK)
		return D4_EMALFORMED;
	if (text[10] == '\0') {
		*out = day;
		return D4_OK;
	}
	if (!take_clock(text + 10, &clock) || (int64_t)day + clock < 0)
		return D4_EMALFORMED;
	*out = (uint64_t)((int64_t)day + clock);
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

/* "T10:00:00.001Z" is later than what pol_time_read makes of it. */
static bool
has_fraction(const char *text)
{
	const char *dot = strchr(text, '.');

	return dot != NULL && dot[1 + strspn(dot + 1, "0")] >= '1' &&
	       dot[1 + strspn(dot + 1, "0")] <= '9';
}

enum d4_status
pol_embargo_read(const char *text, uint64_t *out)
{
	uint64_t s;

	if (text[strspn(text, "0123456789")] == '\0')
		return D4_EMALFORMED; /* seconds are for programs */
	if (pol_time_read(text, &s) != D4_OK)
		return D4_EMALFORMED;
	if (strlen(text) == 10)
		s += POL_DAY_S;
	else if (has_fraction(text))
		s++;
	if (s == 0)
		return D4_EMALFORMED;
	*out = s;
	return D4_OK;
}

void
pol_time_text(uint64_t s, char out[POL_TIME_TEXT])
{
	unsigned of_day = (unsigned)(s % POL_DAY_S);
	char date[16];

	pol_date_text(s, date);
	(void)snprintf(out, POL_TIME_TEXT, "%.10sT%02u:%02u:%02uZ", date,
	    of_day / 3600, of_day / 60 % 60, of_day % 60);
}
