/* texts_avx2.c is this file once more, see wide.h. */
#include "sanitizers/texts.h"
#include "sanitizers/wide.h"

#ifdef __AVX2__
#define TEXTS_NAME san_texts_avx2
#else
#define TEXTS_NAME san_texts_plain
#endif

/* Their first, second and last bytes; m: where all three of them stood. */
struct texts {
	WIDE x[SAN_TEXTS], y[SAN_TEXTS], z[SAN_TEXTS], m[SAN_TEXTS];
};

/*
 * texts_part -- the positions of one vector. Of digits and marks OR 0x20
 * changes nothing, of letters it makes lower case; what it confuses is looked
 * at by whoever asked.
 */
WIDE_INLINE void
texts_part(const uint8_t *p, const struct san_texts *t, struct texts *w)
{
	WIDE x = wide_load(p) | 0x20, y = wide_load(p + 1) | 0x20;

#pragma GCC unroll 4
	for (unsigned k = 0; k < SAN_TEXTS; k++) {
		WIDE z = wide_load(p + t->n[k] - 1) | 0x20;

		w->m[k] |=
		    (WIDE)((x == w->x[k]) & (y == w->y[k]) & (z == w->z[k]));
	}
}

/* The last ones have zeros behind them. */
static void
texts_last(struct d4_slice out, const struct san_texts *t, struct texts *w)
{
	uint8_t last[4 * WIDE_BYTES] = {0};

	if (out.n != 0)
		memcpy(last, out.p, out.n);
	texts_part(last, t, w);
	texts_part(last + WIDE_BYTES, t, w);
}

unsigned
TEXTS_NAME(struct d4_slice out, const struct san_texts *t)
{
	struct texts w;
	unsigned may = 0;
	size_t i = 0;

	for (unsigned k = 0; k < SAN_TEXTS; k++) {
		w.x[k] = wide_of((uint8_t)t->b[k][0]);
		w.y[k] = wide_of((uint8_t)t->b[k][1]);
		w.z[k] = wide_of((uint8_t)t->b[k][t->n[k] - 1]);
		w.m[k] = wide_of(0);
	}
	for (; i + 2 * WIDE_BYTES <= out.n; i += WIDE_BYTES)
		texts_part(out.p + i, t, &w);
	texts_last(d4_slice_of(out.p + i, out.n - i), t, &w);
	for (unsigned k = 0; k < SAN_TEXTS; k++)
		may |= (unsigned)(wide_bits(w.m[k]) != 0 || t->n[k] < 2) << k;
	return may;
}

#ifndef __AVX2__
unsigned
san_texts_may(struct d4_slice out, const struct san_texts *t)
{
#ifdef D4_AVX2
	if (__builtin_cpu_supports("avx2"))
		return san_texts_avx2(out, t);
#endif
	return san_texts_plain(out, t);
}
#endif
