/*
 * The opening of pcapng, written anew: nothing of it leaves but
 *   section   = 0a0d0d0a | 28 | 1a2b3c4d | 1 u16 | 0 u16 | -1 u64 | 28
 *   interface = 1 | length | link type u16 | 0 u16 | snaplen u32 |
 *               [if_tsresol] [if_fcslen 0] [end of options] | length
 * The machine, its system, its programs, the names, addresses and filters of
 * its interfaces and the comments of its people stay behind. if_tsoffset is
 * added to the times instead: eight bytes of somebody else's choice less.
 * Checksums behind packets (FCS) are cut off, so if_fcslen says 0.
 */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/pcapng.h"

#define FACE_SECTION  0x0a0d0d0au
#define FACE_MAGIC    0x1a2b3c4du
#define FACE_TSRESOL  9u
#define FACE_FCSLEN   13u
#define FACE_TSOFFSET 14u
#define FACE_DIGITS   9u  /* of the fractions that we write, at most */
#define FACE_TENS     19u /* the largest power of ten in 64 bits */
#define FACE_GROW     8u
#define FACE_ROOM     44u /* bytes of an interface that we write */

enum d4_status
ng_option(const struct ng *g, struct d4_slice *at, struct ng_option *out)
{
	struct d4_slice s = *at;
	size_t n, padded;

	if (s.n < 4)
		return s.n == 0 ? D4_END : D4_EMALFORMED;
	out->code = d4_get_16(g->big, s.p);
	n = d4_get_16(g->big, s.p + 2);
	if (out->code == 0)
		return n == 0 ? D4_END : D4_EMALFORMED;
	padded = (n + 3) / 4 * 4;
	(void)d4_slice_skip(&s, 4);
	if (padded > s.n)
		return D4_EMALFORMED;
	out->value = d4_slice_of(s.p, n);
	(void)d4_slice_skip(&s, padded);
	*at = s;
	return D4_OK;
}

size_t
ng_put_option(
    const struct ng *g, uint8_t *w, uint16_t code, struct d4_slice value)
{
	size_t padded = (value.n + 3) / 4 * 4;

	d4_put_16(g->big, w, code);
	d4_put_16(g->big, w + 2, (uint16_t)value.n);
	memset(w + 4, 0, padded);
	for (size_t i = 0; i < value.n; i++)
		w[4 + i] = value.p[i];
	return 4 + padded;
}

void
ng_stripped(struct ng *g)
{
	if (!g->quiet)
		d4_tally_part(g->tally, D4_R_PCAPNG_OPTION, 1);
}

/* ---- times ---- */

static uint64_t
face_ten(unsigned n)
{
	uint64_t v = 1;

	while (n-- > 0)
		v *= 10;
	return v;
}

/* Finer times than nanoseconds, and fractions of two, become nanoseconds. */
static bool
face_resolution(struct ng_face *f, uint8_t v)
{
	unsigned n = v & 0x7f;

	f->told = true;
	f->digits = v;
	f->bits = -1;
	f->divide = 1;
	if (v < 0x80 && n > FACE_TENS)
		return false;
	if (v >= 0x80) {
		if (n > 63)
			return false;
		f->bits = (int)n;
		n = FACE_DIGITS;
	} else if (n > FACE_DIGITS) {
		f->divide = face_ten(n - FACE_DIGITS);
		n = FACE_DIGITS;
	}
	f->digits = (uint8_t)n;
	f->per_s = face_ten(n);
	return true;
}

/* From 2^-bits seconds to nanoseconds. */
static bool
face_binary(const struct ng_face *f, uint64_t in, uint64_t *out)
{
	uint64_t s = in >> f->bits, part = in - (s << f->bits);
	unsigned bits = (unsigned)f->bits;

	if (s > UINT64_MAX / f->per_s - 1)
		return false;
	if (bits > 34) { /* 2^34 * 10^9 has room, and is finer than needed */
		part >>= bits - 34;
		bits = 34;
	}
	*out = s * f->per_s + (part * f->per_s >> bits);
	return true;
}

bool
ng_time(const struct ng_face *f, uint64_t in, uint64_t *out)
{
	uint64_t v = in / f->divide, add;

	if (f->bits >= 0 && !face_binary(f, in, &v))
		return false;
	if (f->offset_s >= 0) {
		add = (uint64_t)f->offset_s;
		if (add > (UINT64_MAX - v) / f->per_s)
			return false;
		*out = v + add * f->per_s;
		return true;
	}
	add = (uint64_t) - (f->offset_s + 1) + 1;
	if (add > v / f->per_s)
		return false;
	*out = v - add * f->per_s;
	return true;
}

/* ---- interfaces ---- */

/* The draft counts bits, programs write bytes: 32 and 4 are the same. */
static bool
face_fcs(struct ng_face *f, uint8_t v)
{
	f->fcs_told = true;
	f->fcs = v > 8 ? v / 8 : v;
	return v <= 8 || v % 8 == 0;
}

static void
face_option(struct ng *g, struct ng_face *f, const struct ng_option *o)
{
	bool ok = true;

	if (o->code == FACE_TSRESOL && o->value.n == 1 && !f->told) {
		ok = face_resolution(f, o->value.p[0]);
	} else if (o->code == FACE_FCSLEN && o->value.n == 1 && !f->fcs_told) {
		ok = face_fcs(f, o->value.p[0]);
	} else if (o->code == FACE_TSOFFSET && o->value.n == 8) {
		const uint8_t *b = o->value.p;

		f->offset_s =
		    (int64_t)(g->big ? d4_get_be64(b) : d4_get_le64(b));
	} else {
		ng_stripped(g);
	}
	if (!ok)
		f->why = D4_R_PCAPNG_BLOCK;
}

static enum d4_reason
face_read(struct ng *g, struct d4_slice b, struct ng_face *f)
{
	struct d4_slice at = d4_slice_of(b.p + 16, b.n - NG_FACE);
	struct ng_option o;
	enum d4_status st;
	enum d4_reason why;

	*f = (struct ng_face){.link = d4_get_16(g->big, b.p + 8),
	    .snaplen = d4_get_32(g->big, b.p + 12),
	    .digits = 6,
	    .bits = -1,
	    .per_s = 1000000,
	    .divide = 1};
	while ((st = ng_option(g, &at, &o)) == D4_OK)
		face_option(g, f, &o);
	if (st != D4_END)
		f->why = D4_R_PCAPNG_BLOCK;
	if (f->snaplen > D4_CAPLEN_MAX)
		f->snaplen = D4_CAPLEN_MAX;
	why = packet_link(&g->packet, f->link, f->fcs);
	if (f->why == D4_R_NONE)
		f->why = why;
	return why == D4_R_INTERNAL ? why : D4_R_NONE;
}

/* An interface without packets keeps its place: numbers count on it. */
static enum d4_status
face_write(const struct ng *g, const struct ng_face *f, struct d4_buf *head)
{
	static const uint8_t none;
	uint8_t w[FACE_ROOM] = {0};
	size_t n = 16;

	d4_put_32(g->big, w, NG_INTERFACE);
	d4_put_16(g->big, w + 8, f->link);
	d4_put_32(g->big, w + 12, f->snaplen);
	if (f->told)
		n += ng_put_option(
		    g, w + n, FACE_TSRESOL, d4_slice_of(&f->digits, 1));
	if (f->fcs_told)
		n +=
		    ng_put_option(g, w + n, FACE_FCSLEN, d4_slice_of(&none, 1));
	if (n > 16)
		n += ng_put_option(g, w + n, 0, d4_slice_of(NULL, 0));
	d4_put_32(g->big, w + 4, (uint32_t)n + 4);
	d4_put_32(g->big, w + n, (uint32_t)n + 4);
	return d4_buf_add(head, w, n + 4);
}

static bool
face_room(struct ng *g)
{
	struct ng_face *face;

	if (g->n < g->cap)
		return true;
	face = realloc(g->face, (g->cap + FACE_GROW) * sizeof(*face));
	if (face == NULL)
		return false;
	g->face = face;
	g->cap += FACE_GROW;
	return true;
}

static enum d4_reason
face_take(struct ng *g, struct d4_slice b, struct d4_buf *head)
{
	enum d4_reason why;
	enum d4_status st;

	if (!face_room(g))
		return D4_R_INTERNAL;
	why = face_read(g, b, &g->face[g->n]);
	if (why != D4_R_NONE)
		return why;
	st = face_write(g, &g->face[g->n], head);
	if (st != D4_OK)
		return st == D4_ETOOBIG ? D4_R_OPENING_TOOBIG : D4_R_INTERNAL;
	g->n++;
	g->now = 0;
	return D4_R_NONE;
}

static enum d4_reason
face_section(struct ng *g, struct d4_slice b, struct d4_buf *head)
{
	uint8_t w[NG_SECTION] = {0};
	struct d4_slice at;
	struct ng_option o;

	g->big = d4_get_be32(b.p + 8) == FACE_MAGIC;
	g->n = g->now = 0;
	at = d4_slice_of(b.p + 24, b.n - NG_SECTION);
	while (ng_option(g, &at, &o) == D4_OK)
		ng_stripped(g);
	memcpy(w, b.p, 4);
	d4_put_32(g->big, w + 4, NG_SECTION);
	d4_put_32(g->big, w + 8, FACE_MAGIC);
	d4_put_16(g->big, w + 12, 1);
	memset(w + 16, 0xff, 8);
	d4_put_32(g->big, w + 24, NG_SECTION);
	return d4_buf_add(head, w, sizeof(w)) == D4_OK ? D4_R_NONE
	                                               : D4_R_INTERNAL;
}

/* The block at the start of an opening; empty: none. */
static struct d4_slice
face_block(const struct ng *g, struct d4_slice *in)
{
	bool first, big;
	size_t n;

	if (in->n < NG_FACE)
		return d4_slice_of(NULL, 0);
	first = d4_get_be32(in->p) == FACE_SECTION;
	big = first ? d4_get_be32(in->p + 8) == FACE_MAGIC : g->big;
	n = d4_get_32(big, in->p + 4);
	if (n < (first ? NG_SECTION : NG_FACE) || n > in->n)
		return d4_slice_of(NULL, 0);
	return d4_slice_skip(in, n);
}

enum d4_reason
ng_opening(struct ng *g, struct d4_slice in, const struct ng_known *known,
    struct d4_buf *head)
{
	enum d4_reason why = D4_R_NONE;
	size_t all = in.n, at = 0;
	struct d4_slice b;

	while (why == D4_R_NONE && (b = face_block(g, &in)).n != 0) {
		g->quiet = at < known->counted;
		if (d4_get_be32(b.p) == FACE_SECTION)
			why = face_section(g, b, head);
		else
			why = face_take(g, b, head);
		if (at < known->told)
			head->n = 0;
		at = all - in.n;
	}
	g->quiet = false;
	return why == D4_R_NONE && in.n != 0 ? D4_R_PCAPNG_DESYNC : why;
}
