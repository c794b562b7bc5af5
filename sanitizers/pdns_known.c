/*
 * Passive DNS says the same names over and over, so most lines need no second
 * judgement. A text has one place, and takes it from another one only when it
 * comes again with none of its place between: what comes once is not put away,
 * and pushes nothing out.
 */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/pdns_known.h"

#define PLACE_BITS 11u /* 256 KiB */
#define PLACES     (1u << PLACE_BITS)

/* 32 bits of texts' hashes: of what a place holds, of what came last to it. */
struct door {
	uint32_t has, last;
};

/* spare: of a text that is not kept, for now or for good. */
struct san_pdns_memory {
	struct san_pdns_known spare;
	struct door door[PLACES];
	struct san_pdns_known place[PLACES];
};

enum d4_status
san_pdns_memory_new(struct san_pdns_memory **out)
{
	struct san_pdns_memory *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return D4_ENOMEM;
	*out = m;
	return D4_OK;
}

void
san_pdns_memory_free(struct san_pdns_memory *m)
{
	free(m);
}

/*
 * known_hash -- of 8 bytes at least, the last of them once more. It proves
 * nothing: whoever makes texts meet in a place gains no more than that they
 * are judged again.
 */
static inline uint64_t
known_hash(struct d4_slice t)
{
	uint64_t h = t.n * UINT64_C(0x9e3779b97f4a7c15), x;

	for (size_t i = 0; i + 8 < t.n; i += 8) {
		memcpy(&x, t.p + i, 8);
		h = (h ^ x) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	memcpy(&x, t.p + t.n - 8, 8);
	return (h ^ x) * UINT64_C(0xc4ceb9fe1a85ec53);
}

struct san_pdns_known *
san_pdns_recall(struct san_pdns_memory *m, struct d4_slice text, bool *fresh)
{
	struct san_pdns_known *k = &m->spare;
	struct door *d;
	uint64_t h;
	uint32_t tag;

	*fresh = true;
	k->why = D4_R_INTERNAL; /* until it is known better */
	if (text.n < 8 || text.n > SAN_KNOWN_TEXT)
		return k;
	/* A product's highest bits hang on all of its factors. */
	h = known_hash(text);
	tag = (uint32_t)(h >> 32);
	d = &m->door[h >> (64 - PLACE_BITS)];
	if (d->has != tag && d->last != tag) {
		d->last = tag;
		return k;
	}
	k = &m->place[h >> (64 - PLACE_BITS)];
	if (k->n == text.n && memcmp(k->text, text.p, text.n) == 0) {
		*fresh = false;
		return k;
	}
	d->has = tag;
	k->n = (uint8_t)text.n;
	k->why = D4_R_INTERNAL;
	memcpy(k->text, text.p, text.n);
	return k;
}

void
san_pdns_forget(struct san_pdns_known *k)
{
	k->n = 0;
}
