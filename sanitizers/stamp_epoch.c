#include "sanitizers/digits.h"
#include "sanitizers/stamp.h"

#define SECOND_US UINT64_C(1000000)
#define USUAL     17u /* bytes of seconds, a point, and microseconds */

/* epoch_digits -- all digits at *i, at most max, into *v; how many. */
static inline unsigned
epoch_digits(struct d4_slice in, size_t *i, unsigned max, uint64_t *v)
{
	unsigned n = 0;

	for (; *i < in.n && n < max; (*i)++, n++) {
		uint8_t d = (uint8_t)(in.p[*i] - '0');

		if (d > 9)
			break;
		*v = *v * 10 + d;
	}
	return n;
}

/* epoch_usual -- ten digits, a point and six: as nearly all of them are. */
static inline bool
epoch_usual(struct d4_slice in, struct san_epoch *out)
{
	uint8_t low[SAN_DIGITS];
	uint32_t v[2];

	if (in.n != USUAL || in.p[10] != '.')
		return false;
	memcpy(low, in.p + 9, sizeof(low));
	memcpy(low, in.p + 8, 2); /* no point between them */
	if (!san_digits(in.p, &v[0]) || !san_digits(low, &v[1]))
		return false;
	*out = (struct san_epoch){v[0] * UINT64_C(100000000) + v[1], 6};
	return true;
}

enum d4_reason
san_epoch_read(struct d4_slice in, struct san_epoch *out)
{
	uint64_t v = 0;
	unsigned n;
	size_t i = 0;

	if (epoch_usual(in, out))
		return D4_R_NONE;
	if (epoch_digits(in, &i, 10, &v) == 0)
		return D4_R_TIME_VALUE;
	if (i == in.n) {
		*out = (struct san_epoch){.us = v * SECOND_US};
		return D4_R_NONE;
	}
	if (in.p[i++] != '.')
		return D4_R_TIME_VALUE;
	n = epoch_digits(in, &i, 6, &v);
	out->digits = n;
	if (n == 0)
		return D4_R_TIME_VALUE;
	for (; n < 6; n++)
		v *= 10;
	out->us = v;
	v = 0;
	out->digits += epoch_digits(in, &i, 3, &v);
	return i == in.n ? D4_R_NONE : D4_R_TIME_VALUE;
}

/* epoch_shown -- microseconds that the last of n digits counts. */
static uint64_t
epoch_shown(unsigned n)
{
	uint64_t us = SECOND_US;

	for (; n > 0 && us > 1; n--)
		us /= 10;
	return us;
}

static void
epoch_put(struct san_stamp *out, uint64_t v, size_t n)
{
	for (size_t i = n; i-- > 0; v /= 10)
		out->text[out->n + i] = (uint8_t)('0' + v % 10);
	out->n += n;
}

static size_t
epoch_width(uint64_t v)
{
	size_t n = 1;

	for (; v >= 10; v /= 10)
		n++;
	return n;
}

static void
epoch_write(uint64_t us, unsigned digits, struct san_stamp *out)
{
	uint64_t s = us / SECOND_US, part = us % SECOND_US;

	out->n = 0;
	epoch_put(out, s, epoch_width(s));
	if (digits == 0)
		return;
	out->text[out->n++] = '.';
	if (digits < 6)
		epoch_put(out, part / epoch_shown(digits), digits);
	else
		epoch_put(out, part, 6);
	if (digits > 6)
		epoch_put(out, 0, digits - 6);
}

const struct san_stamp *
san_floor_epoch(struct san_floor *f, const struct san_epoch *t)
{
	uint64_t shown;

	/* Lines come in order of time: the last one's text mostly fits. */
	if (t->digits == f->digits && t->us >= f->base_us &&
	    t->us - f->base_us < f->span_us)
		return &f->text;
	shown = epoch_shown(t->digits);
	f->digits = t->digits;
	f->span_us = (f->unit_us + shown - 1) / shown * shown;
	f->base_us = t->us - t->us % f->span_us;
	epoch_write(f->base_us, f->digits, &f->text);
	return &f->text;
}
