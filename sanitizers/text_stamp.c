/* Time stamps of log lines: where they are, and floored. */
#include <string.h>
#include "sanitizers/days.h"
#include "sanitizers/stamp.h"
#include "sanitizers/text_stamp.h"

#define STAMP_YEAR_S UINT64_C(31556952)     /* 365.2425 days */
#define STAMP_FAR    UINT64_C(253402300799) /* the end of 9999 */

/* "<134>" in front of a syslog line; its length, or 0. */
static size_t
stamp_priority(struct d4_slice s)
{
	size_t n = 1;

	if (s.n < 3 || s.p[0] != '<')
		return 0;
	while (n < s.n && n < 5 && san_is_digit(s.p[n]))
		n++;
	return n > 1 && n < s.n && s.p[n] == '>' ? n + 1 : 0;
}

/* Letters a, digits 0, a blank or digit _; anything else is itself. */
static bool
stamp_shaped(struct d4_slice s, const char *shape)
{
	if (s.n < strlen(shape))
		return false;
	for (size_t i = 0; shape[i] != '\0'; i++) {
		uint8_t c = s.p[i];
		bool ok = c == (uint8_t)shape[i];

		if (shape[i] == 'a')
			ok = san_is_alpha(c);
		else if (shape[i] == '0')
			ok = san_is_digit(c);
		else if (shape[i] == '_')
			ok = san_is_digit(c) || c == ' ';
		if (!ok)
			return false;
	}
	return true;
}

/* A word up to a blank, a bracket or a quote. */
static struct d4_slice
stamp_word(struct d4_slice s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] > ' ' && strchr("]\",;|", s.p[n]) == NULL)
		n++;
	return d4_slice_of(s.p, n);
}

/* ISO 8601 with a blank between date and time is two words. */
static struct d4_slice
stamp_iso(struct d4_slice s)
{
	struct d4_slice day = stamp_word(s), rest = s;

	if (!stamp_shaped(s, "0000-00-00 00:00"))
		return day;
	(void)d4_slice_skip(&rest, 11);
	return d4_slice_of(s.p, 11 + stamp_word(rest).n);
}

bool
san_text_stamp(
    struct d4_slice line, enum san_text_stamp format, struct d4_slice *out)
{
	struct d4_slice s = line;

	(void)d4_slice_skip(&s, stamp_priority(s));
	if (s.n != 0 && (s.p[0] == '[' || s.p[0] == '"'))
		(void)d4_slice_skip(&s, 1);
	switch (format) {
	case SAN_TEXT_NO_STAMP:
		return false;
	case SAN_TEXT_RFC3164:
		*out = d4_slice_of(s.p, s.n < 15 ? s.n : 15);
		return stamp_shaped(s, "aaa _0 00:00:00");
	case SAN_TEXT_RFC5424:
		if (s.p == line.p || !stamp_shaped(s, "0 0000-00-00T00:00:00"))
			return false;
		(void)d4_slice_skip(&s, 2);
		*out = stamp_word(s);
		return true;
	case SAN_TEXT_ISO8601:
		*out = stamp_iso(s);
		return stamp_shaped(s, "0000-00-00");
	case SAN_TEXT_EPOCH:
		*out = stamp_word(s);
		return out->n != 0 && san_is_digit(s.p[0]);
	}
	return false;
}

static unsigned
stamp_two(const uint8_t *p)
{
	return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

static void
stamp_put_two(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)('0' + v / 10);
	p[1] = (uint8_t)('0' + v % 10);
}

/* "Mmm dd hh:mm:ss": no year, so the time of the day is floored. */
static enum d4_reason
stamp_floor_3164(struct d4_slice s, uint64_t unit_us, struct d4_buf *out)
{
	unsigned h = stamp_two(s.p + 7), m = stamp_two(s.p + 10),
		 sec = stamp_two(s.p + 13);
	uint64_t unit_s = unit_us / 1000000, t;
	uint8_t text[15];

	if (h > 23 || m > 59 || sec > 60)
		return D4_R_TIME_VALUE;
	t = h * 3600u + m * 60u + (sec > 59 ? 59 : sec);
	if (unit_s > 1)
		t -= t % unit_s;
	memcpy(text, s.p, 15);
	stamp_put_two(text + 7, (unsigned)(t / 3600) % 24);
	stamp_put_two(text + 10, (unsigned)(t / 60) % 60);
	stamp_put_two(text + 13, (unsigned)t % 60);
	return d4_buf_add(out, text, 15) == D4_OK ? D4_R_NONE : D4_R_INTERNAL;
}

enum d4_reason
san_text_floor(enum san_text_stamp format, struct d4_slice stamp,
    uint64_t unit_us, struct d4_buf *out)
{
	struct san_stamp to;
	enum d4_reason why;

	if (format == SAN_TEXT_RFC3164)
		return stamp_floor_3164(stamp, unit_us, out);
	why = san_stamp_floor(stamp, unit_us, &to);
	if (why != D4_R_NONE)
		return why;
	return d4_buf_add(out, to.text, to.n) == D4_OK ? D4_R_NONE
	                                               : D4_R_INTERNAL;
}

/* "Mmm" as 1 to 12; 13: none. */
static int
stamp_month(const uint8_t *p)
{
	static const char names[][4] = {"jan", "feb", "mar", "apr", "may",
	    "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
	int m = 0;

	while (m < 12 &&
	       (names[m][0] != (p[0] | 0x20) || names[m][1] != (p[1] | 0x20) ||
		   names[m][2] != (p[2] | 0x20)))
		m++;
	return m + 1;
}

static uint64_t
stamp_apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* "Mmm dd hh:mm:ss" of the year that brings it next to *t_s. */
static bool
stamp_seconds_3164(struct d4_slice s, uint64_t *t_s)
{
	int64_t h = stamp_two(s.p + 7), min = stamp_two(s.p + 10),
		sec = stamp_two(s.p + 13);
	int day = (s.p[4] == ' ' ? 0 : s.p[4] - '0') * 10 + s.p[5] - '0';
	int month = stamp_month(s.p);
	uint64_t near = *t_s, best = 0;
	int64_t year;

	if (near == 0 || near > STAMP_FAR || month == 13 || day < 1 ||
	    day > 31 || h > 23 || min > 59 || sec > 60)
		return false;
	year = 1970 + (int64_t)(near / STAMP_YEAR_S);
	for (int64_t y = year - 1; y <= year + 1; y++) {
		int64_t t = san_days_of(y, month, day) * SAN_DAY_S + h * 3600 +
		            min * 60 + sec;

		if (t > 0 && (best == 0 || stamp_apart((uint64_t)t, near) <
					       stamp_apart(best, near)))
			best = (uint64_t)t;
	}
	if (best != 0)
		*t_s = best;
	return best != 0;
}

bool
san_text_seconds(
    struct d4_slice line, enum san_text_stamp format, uint64_t *t_s)
{
	struct d4_slice stamp;

	if (!san_text_stamp(line, format, &stamp))
		return false;
	if (format == SAN_TEXT_RFC3164)
		return stamp_seconds_3164(stamp, t_s);
	return san_stamp_seconds(stamp, t_s);
}
