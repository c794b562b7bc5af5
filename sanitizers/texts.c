/* texts_avx2.c and texts_avx512.c are this file again, see wide.h. */
#include "sanitizers/texts.h"
#include "sanitizers/wide.h"

/* Their first, second and last bytes. */
struct texts {
	WIDE x[SAN_TEXTS], y[SAN_TEXTS], z[SAN_TEXTS];
};

/* texts_fold -- as the texts have it: lower case, and a dot for a dash. */
static uint8_t
texts_fold(uint8_t c)
{
	if (c == '-')
		return '.';
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool
texts_same(struct d4_slice out, size_t at, const char *text, size_t n)
{
	size_t k = 0;

	if (at >= out.n || out.n - at < n)
		return false;
	while (k < n && texts_fold(out.p[at + k]) == (uint8_t)text[k])
		k++;
	return k == n;
}

/* texts_second -- a dash becomes the same as a dot; so do pairs of digits. */
WIDE_INLINE WIDE
texts_second(WIDE y)
{
	return ((y | 0x20) + 1) & 0xfe;
}

/*
 * texts_may -- a bit for each position of a vector at which one of them may
 * begin; p shows its bytes and some behind. Of digits and marks OR 0x20 changes
 * nothing, of letters it makes lower case; what it confuses is looked at.
 */
WIDE_INLINE uint64_t
texts_may(const uint8_t *p, const struct san_texts *t, const struct texts *w)
{
	WIDE x = wide_load(p) | 0x20, y = texts_second(wide_load(p + 1));
	WIDE_MASK any = wide_none();

#pragma GCC unroll 4
	for (unsigned k = 0; k < SAN_TEXTS; k++) {
		WIDE z = wide_load(p + t->n[k] - 1) | 0x20;

		any |= wide_eq(x, w->x[k]) & wide_eq(y, w->y[k]) &
		       wide_eq(z, w->z[k]);
	}
	return wide_bits(any);
}

/* texts_at -- one of them begins at one of these positions. */
static bool
texts_at(
    struct d4_slice out, size_t at, uint64_t bits, const struct san_texts *t)
{
	for (; bits != 0; bits &= bits - 1) {
		size_t i = at + (size_t)__builtin_ctzll(bits);

		for (unsigned k = 0; k < SAN_TEXTS; k++) {
			if (texts_same(out, i, t->b[k], t->n[k]))
				return true;
		}
	}
	return false;
}

/* The last ones have zeros behind them. */
static bool
texts_last(struct d4_slice out, size_t at, const struct san_texts *t,
    const struct texts *w)
{
	uint8_t last[4 * WIDE_BYTES] = {0};

	if (out.n == at)
		return false;
	memcpy(last, out.p + at, out.n - at);
	return texts_at(out, at, texts_may(last, t, w), t) ||
	       texts_at(
		   out, at + WIDE_BYTES, texts_may(last + WIDE_BYTES, t, w), t);
}

bool
WIDE_NAME(san_texts)(struct d4_slice out, const struct san_texts *t)
{
	struct texts w;
	size_t i = 0;
	bool hit = false;

	for (unsigned k = 0; k < SAN_TEXTS; k++) {
		w.x[k] = wide_of((uint8_t)t->b[k][0]);
		w.y[k] = texts_second(wide_of((uint8_t)t->b[k][1]));
		w.z[k] = wide_of((uint8_t)t->b[k][t->n[k] - 1]);
	}
	for (; !hit && i + 2 * WIDE_BYTES <= out.n; i += WIDE_BYTES) {
		uint64_t bits = texts_may(out.p + i, t, &w);

		hit = bits != 0 && texts_at(out, i, bits, t);
	}
	hit = hit || texts_last(out, i, t, &w);
	wide_done();
	return hit;
}

/* texts_pair -- the two bytes beside one another, in either order. */
WIDE_INLINE WIDE_MASK
texts_pair(const uint8_t *p, WIDE a, WIDE b)
{
	WIDE x = wide_load(p), y = wide_load(p + 1);

	return (wide_eq(x, a) & wide_eq(y, b)) |
	       (wide_eq(x, b) & wide_eq(y, a));
}

/* The last ones are looked at first, so that the others need no end. */
bool
WIDE_NAME(san_texts_pair)(struct d4_slice out, uint8_t a, uint8_t b)
{
	WIDE x = wide_of(a), y = wide_of(b);
	size_t last = out.n - WIDE_BYTES - 1;
	WIDE_MASK m = texts_pair(out.p + last, x, y);

	for (size_t i = 0; i < last; i += WIDE_BYTES)
		m |= texts_pair(out.p + i, x, y);
	return wide_bits(m) != 0;
}

#ifdef WIDE_FIRST
bool
san_texts_has(struct d4_slice out, const struct san_texts *t)
{
	return WIDE_CHOOSE(san_texts, out, t);
}

bool
san_texts_pair(struct d4_slice out, uint8_t a, uint8_t b)
{
	return WIDE_CHOOSE(san_texts_pair, out, a, b);
}
#endif
