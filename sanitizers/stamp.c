#include <string.h>
#include "sanitizers/days.h"
#include "sanitizers/stamp.h"

#define SECOND_US INT64_C(1000000)
#define DAY_S     INT64_C(86400)

static bool
stamp_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* stamp_number -- takes n digits off *in; -1 when they are not there. */
static int64_t
stamp_number(struct d4_slice *in, size_t n)
{
	int64_t v = 0;

	if (in->n < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!stamp_is_digit(in->p[i]))
			return -1;
		v = v * 10 + (in->p[i] - '0');
	}
	(void)d4_slice_skip(in, n);
	return v;
}

static size_t
stamp_digits(struct d4_slice in)
{
	size_t n = 0;

	while (n < in.n && stamp_is_digit(in.p[n]))
		n++;
	return n;
}

/* stamp_put -- v with n digits. */
static void
stamp_put(struct san_stamp *out, int64_t v, size_t n)
{
	for (size_t i = n; i-- > 0; v /= 10)
		out->text[out->n + i] = (uint8_t)('0' + v % 10);
	out->n += n;
}

static void
stamp_put_byte(struct san_stamp *out, uint8_t c)
{
	out->text[out->n++] = c;
}

/*
 * fraction -- takes a point and 1 to 9 digits off *in, if a point is there.
 * *us gets the microseconds, *n the digits; false when they are not digits.
 */
static bool
stamp_fraction(struct d4_slice *in, int64_t *us, size_t *n)
{
	*us = 0;
	*n = 0;
	if (in->n == 0 || (in->p[0] != '.' && in->p[0] != ','))
		return true;
	(void)d4_slice_skip(in, 1);
	*n = stamp_digits(*in);
	if (*n == 0 || *n > 9)
		return false;
	for (size_t i = 0; i < 6; i++)
		*us = *us * 10 + (i < *n ? in->p[i] - '0' : 0);
	(void)d4_slice_skip(in, *n);
	return true;
}

static void
stamp_put_fraction(struct san_stamp *out, uint8_t point, int64_t us, size_t n)
{
	static const int64_t scale[] = {1000000, 100000, 10000, 1000, 100, 10};

	if (n == 0)
		return;
	stamp_put_byte(out, point);
	if (n < 6)
		stamp_put(out, us / scale[n], n);
	else
		stamp_put(out, us, 6);
	for (size_t i = 6; i < n; i++)
		stamp_put_byte(out, '0');
}

/* stamp_floor_to -- towards the past, also before 1970. */
static int64_t
stamp_floor_to(int64_t us, uint64_t unit_us)
{
	int64_t unit = (int64_t)unit_us, rest = us % unit;

	return us - (rest < 0 ? rest + unit : rest);
}

/* stamp_part -- microseconds that the last of n digits behind a point counts.
 */
static int64_t
stamp_part(size_t n)
{
	int64_t us = SECOND_US;

	for (; n > 0 && us > 1; n--)
		us /= 10;
	return us;
}

/*
 * stamp_floor -- to the unit, or to the next longer one that the digits can
 * show: 1500ms is 2s for whole seconds. So flooring twice changes nothing.
 */
static int64_t
stamp_floor(int64_t us, uint64_t unit_us, int64_t shown)
{
	int64_t unit = ((int64_t)unit_us + shown - 1) / shown * shown;

	return stamp_floor_to(us, (uint64_t)unit);
}

static size_t
stamp_width(int64_t v)
{
	size_t n = 1;

	while (v >= 10) {
		v /= 10;
		n++;
	}
	return n;
}

/* What whole numbers count. */
static const struct {
	size_t digits;  /* up to so many */
	size_t zeros;   /* nanoseconds: no unit is finer than 1000 */
	int64_t per_us; /* microseconds in one */
} stamp_scale[] = {{10, 0, SECOND_US}, {13, 0, 1000}, {16, 0, 1}, {19, 3, 1}};

#define STAMP_SCALES (sizeof(stamp_scale) / sizeof(stamp_scale[0]))

/* stamp_count -- the time of in.n digits, us; its scale, or STAMP_SCALES. */
static size_t
stamp_count(struct d4_slice in, int64_t *us)
{
	size_t i = 0;

	while (i < STAMP_SCALES && in.n > stamp_scale[i].digits)
		i++;
	if (i < STAMP_SCALES)
		*us = stamp_number(&in, in.n - stamp_scale[i].zeros) *
		      stamp_scale[i].per_us;
	return i;
}

/* stamp_floor_count -- a whole number of seconds or a thousandth of it, ... */
static enum d4_reason
stamp_floor_count(struct d4_slice in, uint64_t unit_us, struct san_stamp *out)
{
	int64_t v = 0, per_us;
	size_t i = stamp_count(in, &v);

	if (i == STAMP_SCALES)
		return D4_R_TIME_VALUE;
	per_us = stamp_scale[i].per_us;
	v = stamp_floor(v, unit_us, per_us) / per_us;
	/* A few weeks of 1970 would turn into another scale. */
	if (i > 0 &&
	    stamp_width(v) + stamp_scale[i].zeros <= stamp_scale[i - 1].digits)
		return D4_R_TIME_VALUE;
	stamp_put(out, v, stamp_width(v));
	stamp_put(out, 0, stamp_scale[i].zeros);
	return D4_R_NONE;
}

/* ---- ISO 8601 ---- */

struct iso {
	int64_t year, month, day, hour, minute, second, us;
	size_t n_fraction;    /* digits */
	bool time, seconds;   /* which parts were written */
	uint8_t gap, point;   /* 'T', 't' or ' '; '.' or ',' */
	int64_t offset_s;     /* east of UTC */
	struct d4_slice zone; /* as written */
};

/* The date of a day since 1970. */
static void
stamp_date_of(int64_t days, struct iso *t)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	t->day = doy - (153 * mp + 2) / 5 + 1;
	t->month = mp + (mp < 10 ? 3 : -9);
	t->year = yoe + era * 400 + (t->month <= 2);
}

static bool
stamp_take(struct d4_slice *in, uint8_t c)
{
	if (in->n == 0 || in->p[0] != c)
		return false;
	(void)d4_slice_skip(in, 1);
	return true;
}

static bool
stamp_iso_date(struct d4_slice *in, struct iso *t)
{
	struct iso back;

	t->year = stamp_number(in, 4);
	if (t->year < 0 || !stamp_take(in, '-'))
		return false;
	t->month = stamp_number(in, 2);
	if (t->month < 1 || t->month > 12 || !stamp_take(in, '-'))
		return false;
	t->day = stamp_number(in, 2);
	if (t->day < 1 || t->day > 31)
		return false;
	stamp_date_of(san_days_of(t->year, t->month, t->day), &back);
	return back.day == t->day; /* no 30 February */
}

static bool
stamp_iso_clock(struct d4_slice *in, struct iso *t)
{
	t->hour = stamp_number(in, 2);
	if (t->hour < 0 || t->hour > 23 || !stamp_take(in, ':'))
		return false;
	t->minute = stamp_number(in, 2);
	if (t->minute < 0 || t->minute > 59)
		return false;
	t->seconds = stamp_take(in, ':');
	if (!t->seconds)
		return true;
	t->second = stamp_number(in, 2);
	if (t->second < 0 || t->second > 60)
		return false;
	t->point = in->n != 0 ? in->p[0] : 0;
	return stamp_fraction(in, &t->us, &t->n_fraction);
}

static bool
stamp_iso_zone(struct d4_slice in, struct iso *t)
{
	int64_t h, m, sign;

	t->zone = in;
	if (in.n == 0 || (in.n == 1 && (in.p[0] == 'Z' || in.p[0] == 'z')))
		return true;
	if (in.p[0] != '+' && in.p[0] != '-')
		return false;
	sign = d4_slice_skip(&in, 1).p[0] == '-' ? -1 : 1;
	h = stamp_number(&in, 2);
	(void)stamp_take(&in, ':');
	m = in.n == 0 && t->zone.n == 3 ? 0 : stamp_number(&in, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59 || in.n != 0)
		return false;
	t->offset_s = sign * (h * 3600 + m * 60);
	return true;
}

static bool
stamp_iso_read(struct d4_slice in, struct iso *t)
{
	*t = (struct iso){0};
	if (!stamp_iso_date(&in, t))
		return false;
	if (in.n == 0)
		return true;
	t->time = true;
	t->gap = d4_slice_skip(&in, 1).p[0];
	if (t->gap != 'T' && t->gap != 't' && t->gap != ' ')
		return false;
	return stamp_iso_clock(&in, t) && stamp_iso_zone(in, t);
}

static enum d4_reason
stamp_iso_write(
    int64_t local_us, const struct iso *shape, struct san_stamp *out)
{
	int64_t s = stamp_floor_to(local_us, (uint64_t)SECOND_US) / SECOND_US;
	int64_t day = stamp_floor_to(s, (uint64_t)DAY_S) / DAY_S;
	struct iso t;

	stamp_date_of(day, &t);
	if (t.year < 0 || t.year > 9999)
		return D4_R_TIME_VALUE;
	stamp_put(out, t.year, 4);
	stamp_put_byte(out, '-');
	stamp_put(out, t.month, 2);
	stamp_put_byte(out, '-');
	stamp_put(out, t.day, 2);
	if (!shape->time)
		return D4_R_NONE;
	s -= day * DAY_S;
	stamp_put_byte(out, shape->gap);
	stamp_put(out, s / 3600, 2);
	stamp_put_byte(out, ':');
	stamp_put(out, s / 60 % 60, 2);
	if (shape->seconds) {
		stamp_put_byte(out, ':');
		stamp_put(out, s % 60, 2);
	}
	stamp_put_fraction(out, shape->point,
	    local_us - (day * DAY_S + s) * SECOND_US, shape->n_fraction);
	memcpy(out->text + out->n, shape->zone.p, shape->zone.n);
	out->n += shape->zone.n;
	return D4_R_NONE;
}

/* stamp_shown -- microseconds that the last digit written counts. */
static int64_t
stamp_shown(const struct iso *t)
{
	if (!t->time)
		return DAY_S * SECOND_US;
	return t->seconds ? stamp_part(t->n_fraction) : 60 * SECOND_US;
}

static int64_t
stamp_iso_seconds(const struct iso *t)
{
	return san_days_of(t->year, t->month, t->day) * DAY_S + t->hour * 3600 +
	       t->minute * 60 + t->second - t->offset_s;
}

static enum d4_reason
stamp_floor_iso(struct d4_slice in, uint64_t unit_us, struct san_stamp *out)
{
	struct iso t;
	int64_t us;

	if (!stamp_iso_read(in, &t))
		return D4_R_TIME_VALUE;
	us = stamp_iso_seconds(&t);
	us = stamp_floor(us * SECOND_US + t.us, unit_us, stamp_shown(&t));
	return stamp_iso_write(us + t.offset_s * SECOND_US, &t, out);
}

enum d4_reason
san_stamp_floor(struct d4_slice in, uint64_t unit_us, struct san_stamp *out)
{
	struct san_floor f = {.unit_us = unit_us};
	struct san_epoch t;
	size_t n;

	if (san_stamp_floor_clock(in, unit_us, out))
		return D4_R_NONE;
	n = stamp_digits(in);
	out->n = 0;
	if (n != 0 && n == in.n)
		return stamp_floor_count(in, unit_us, out);
	if (n == 4 && in.p[4] == '-')
		return stamp_floor_iso(in, unit_us, out);
	if (san_epoch_read(in, &t) != D4_R_NONE)
		return D4_R_TIME_VALUE;
	*out = *san_floor_epoch(&f, &t);
	return D4_R_NONE;
}

bool
san_stamp_seconds(struct d4_slice in, uint64_t *t_s)
{
	size_t n = stamp_digits(in);
	struct san_epoch e;
	struct iso t;
	int64_t s = -1;

	if (n != 0 && n == in.n) {
		if (stamp_count(in, &s) != STAMP_SCALES)
			s /= SECOND_US;
	} else if (n == 4 && in.p[4] == '-') {
		if (stamp_iso_read(in, &t))
			s = stamp_iso_seconds(&t);
	} else if (san_epoch_read(in, &e) == D4_R_NONE) {
		s = (int64_t)(e.us / (uint64_t)SECOND_US);
	}
	if (s < 0)
		return false;
	*t_s = (uint64_t)s;
	return true;
}
