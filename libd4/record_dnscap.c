/*
 * Type 4, what dnscap writes: a pcap file (-w), or a text (-g) whose records
 * go on behind a backslash. The first bytes say which. Of the four marks of
 * pcap three cannot begin a text; 4d 3c ("M<") is one only with b2 behind it.
 * What is neither goes to the pcap cutter, which says that it is no pcap.
 */
#include <stdlib.h>
#include "libd4/cutter.h"
#include "libd4/cutter_join.h"

#define DNSCAP_MARK 3u /* bytes that tell at last */

struct dnscap {
	struct d4_cutter base;
	struct d4_cutter *inner; /* NULL until it is known */
	uint8_t mark[DNSCAP_MARK];
	size_t n_mark; /* bytes of mark that inner has not taken */
};

static struct dnscap *
dnscap_of(struct d4_cutter *c)
{
	return (struct dnscap *)c;
}

static enum d4_status
dnscap_make(struct d4_cutter **out)
{
	struct dnscap *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return D4_ENOMEM;
	d->base.kind = &d4_cutter_dnscap;
	*out = &d->base;
	return D4_OK;
}

static void
dnscap_destroy(struct d4_cutter *c)
{
	d4_cutter_free(dnscap_of(c)->inner);
	free(c);
}

static bool
dnscap_text(uint8_t c)
{
	return (c >= ' ' && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

/* What the stream is, by mark and what follows it; NULL: not known yet. */
static const struct d4_cutter_kind *
dnscap_kind(const struct dnscap *d, struct d4_slice in)
{
	static const uint8_t pcap[DNSCAP_MARK] = {0x4d, 0x3c, 0xb2};

	for (size_t i = 0; i < DNSCAP_MARK; i++) {
		uint8_t c;

		if (i >= d->n_mark + in.n)
			return NULL;
		c = i < d->n_mark ? d->mark[i] : in.p[i - d->n_mark];
		if (i == 0 && !dnscap_text(c))
			break;
		if (c != pcap[i])
			return &d4_cutter_folded;
	}
	return &d4_cutter_pcap;
}

/* Takes the first bytes until the cutter for them is there. */
static enum d4_status
dnscap_begin(struct dnscap *d, struct d4_slice *in)
{
	const struct d4_cutter_kind *kind = dnscap_kind(d, *in);

	if (kind != NULL)
		return d4_cutter_new(kind, &d->inner);
	while (in->n != 0)
		d->mark[d->n_mark++] = *d4_slice_skip(in, 1).p;
	return D4_AGAIN;
}

/* The inner cutter holds so few bytes: they make no record by themselves. */
static enum d4_status
dnscap_mark(struct dnscap *d, struct d4_run *out)
{
	struct d4_slice mark = {d->mark, d->n_mark};
	enum d4_status st;

	if (mark.n == 0)
		return D4_OK;
	st = d4_cutter_feed(d->inner, &mark, out);
	if (st != D4_AGAIN)
		return st;
	d->n_mark = 0;
	return D4_OK;
}

static enum d4_status
dnscap_feed(struct d4_cutter *c, struct d4_slice *in, struct d4_run *out)
{
	struct dnscap *d = dnscap_of(c);
	enum d4_status st = D4_OK;

	if (d->inner == NULL)
		st = dnscap_begin(d, in);
	if (st == D4_OK)
		st = dnscap_mark(d, out);
	if (st == D4_OK)
		st = d4_cutter_feed(d->inner, in, out);
	if (d->inner != NULL)
		c->failed = d->inner->failed;
	return st;
}

static enum d4_status
dnscap_finish(struct d4_cutter *c, struct d4_run *out)
{
	struct dnscap *d = dnscap_of(c);
	enum d4_status st;

	if (d->inner != NULL)
		st = d4_cutter_finish(d->inner, out);
	else
		st = d4_cutter_left(d->n_mark, out);
	d4_cutter_free(d->inner);
	d->inner = NULL;
	d->n_mark = 0;
	c->failed = D4_R_NONE;
	return st;
}

static struct d4_slice
dnscap_opening(const struct d4_cutter *c)
{
	const struct dnscap *d = (const struct dnscap *)c;

	return d->inner != NULL ? d4_cutter_opening(d->inner)
	                        : (struct d4_slice){0};
}

static size_t
dnscap_held(const struct d4_cutter *c)
{
	const struct dnscap *d = (const struct dnscap *)c;

	return d->n_mark + (d->inner != NULL ? d4_cutter_held(d->inner) : 0);
}

static uint32_t
dnscap_variant(const struct d4_cutter *c)
{
	const struct dnscap *d = (const struct dnscap *)c;

	return d->inner != NULL ? d4_cutter_variant(d->inner) : 0;
}

/* Before a stream has begun there is only the text, which needs no opening. */
static size_t
dnscap_split(const struct d4_cutter *c, struct d4_slice data)
{
	const struct dnscap *d = (const struct dnscap *)c;

	return d->inner != NULL ? d4_cutter_split(d->inner, data)
	                        : d4_cutter_folded.split(c, data);
}

const struct d4_cutter_kind d4_cutter_dnscap = {
    .name = "dnscap",
    .make = dnscap_make,
    .destroy = dnscap_destroy,
    .feed = dnscap_feed,
    .finish = dnscap_finish,
    .opening = dnscap_opening,
    .held = dnscap_held,
    .variant = dnscap_variant,
    .split = dnscap_split,
};
