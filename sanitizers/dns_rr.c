/* The data of records, by the row of their type; SVCB; EDNS options. */
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/dns.h"

static const struct san_dns_rr rr_rows[] = {
    {"A", "4", 1, true},
    {"AAAA", "6", 28, true},
    {"CNAME", "n", 5, true},
    {"NS", "n", 2, true},
    {"MX", "sn", 15, true},
    {"SOA", "nnwwwww", 6, true},
    {"SRV", "sssn", 33, true},
    {"PTR", "n", 12, true},
    {"DNAME", "n", 39, true},
    {"CAA", "bt*", 257, true},
    {"SVCB", "sn@", 64, true},
    {"HTTPS", "sn@", 65, true},
    {"TXT", "T", 16, false},
    {"DS", "sbb*", 43, false},
    {"DNSKEY", "sbb*", 48, false},
};

#define RR_ROWS (sizeof(rr_rows) / sizeof(rr_rows[0]))
_Static_assert(RR_ROWS <= 32, "one bit each");

const struct san_dns_rr *
san_dns_rr_at(unsigned i)
{
	return i < RR_ROWS ? &rr_rows[i] : NULL;
}

static void
rr_addr(struct san_dns *d, uint8_t family)
{
	size_t n = family == 4 ? 4 : 16;
	struct d4_slice s = san_dns_bytes(d, n);
	struct d4_addr a = {.family = family};

	if (d->bad)
		return;
	memcpy(a.b, s.p, n);
	if (d->map != NULL && d->why == D4_R_NONE)
		d->why = d->map(d->arg, &a);
	san_dns_put(d, a.b, n);
}

/* Free text: not an address of the scope, in any spelling. */
static void
rr_text(struct san_dns *d, size_t n)
{
	struct d4_slice s = san_dns_bytes(d, n);

	if (!d->bad && d->why == D4_R_NONE && san_dns_tells(d, s))
		d->why = D4_R_PDNS_ANSWER;
	san_dns_put(d, s.p, s.n);
}

/* A length byte, and so much text. */
static void
rr_string(struct san_dns *d)
{
	uint8_t n = san_dns_u8(d);

	san_dns_put(d, &n, 1);
	rr_text(d, n);
}

/* ---- the parameters of SVCB and HTTPS (RFC 9460 section 7) ---- */

enum svcb_shape { SVCB_NONE, SVCB_PAIRS, SVCB_STRINGS, SVCB_IP4, SVCB_IP6 };

/* By key; what has no row (ech, dohpath, unknown) is left out. */
static const struct {
	enum svcb_shape shape;
	size_t least;
} svcb_keys[] = {
    [0] = {SVCB_PAIRS, 2},   /* mandatory */
    [1] = {SVCB_STRINGS, 2}, /* alpn */
    [2] = {SVCB_PAIRS, 0},   /* no-default-alpn */
    [3] = {SVCB_PAIRS, 2},   /* port */
    [4] = {SVCB_IP4, 4},     /* ipv4hint */
    [6] = {SVCB_IP6, 16},    /* ipv6hint */
};

#define SVCB_KEYS (sizeof(svcb_keys) / sizeof(svcb_keys[0]))

/* One parameter's value, to d->end. */
static void
svcb_value(struct san_dns *d, enum svcb_shape shape)
{
	while (!d->bad && d->at < d->end) {
		switch (shape) {
		case SVCB_NONE:
			d->at = d->end;
			break;
		case SVCB_PAIRS:
			san_dns_copy(d, 2);
			break;
		case SVCB_STRINGS:
			rr_string(d);
			break;
		case SVCB_IP4:
			rr_addr(d, 4);
			break;
		case SVCB_IP6:
			rr_addr(d, 6);
			break;
		}
	}
}

static void
rr_svcb(struct san_dns *d)
{
	size_t all = d->end;

	while (!d->bad && d->at < all) {
		uint16_t key = san_dns_u16(d), n = san_dns_u16(d);
		enum svcb_shape shape = SVCB_NONE;

		if (key < SVCB_KEYS && n >= svcb_keys[key].least)
			shape = svcb_keys[key].shape;
		if (d->bad || n > all - d->at) {
			d->bad = true;
			return;
		}
		if (shape != SVCB_NONE) {
			san_dns_put16(d, key);
			san_dns_put16(d, n);
		}
		d->end = d->at + n;
		svcb_value(d, shape);
		d->end = all;
	}
}

static void
rr_field(struct san_dns *d, char kind)
{
	switch (kind) {
	case '4':
		rr_addr(d, 4);
		break;
	case '6':
		rr_addr(d, 6);
		break;
	case 'n':
		if (san_dns_read_name(d))
			san_dns_put_name(d, false);
		break;
	case 'b':
		san_dns_copy(d, 1);
		break;
	case 's':
		san_dns_copy(d, 2);
		break;
	case 'w':
		san_dns_copy(d, 4);
		break;
	case 't':
		rr_string(d);
		break;
	case 'T':
		while (!d->bad && d->at < d->end)
			rr_string(d);
		break;
	case '@':
		rr_svcb(d);
		break;
	default:
		rr_text(d, d->end - d->at);
		break;
	}
}

void
san_dns_put_data(struct san_dns *d, const struct san_dns_rr *row)
{
	for (const char *f = row->data; *f != '\0' && !d->bad; f++)
		rr_field(d, *f);
}

/* ---- EDNS (RFC 6891 section 6.1.2) ---- */

/*
 * Options that name nobody. copy: so many bytes of it stay, at most; fill: the
 * rest is as long as it was, and zeros. Client subnet (8), cookie (10), NSID
 * (3) and all others are left out.
 */
static const struct {
	uint16_t code;
	uint16_t copy;
	bool fill;
} edns_rows[] = {
    {5, 32, false}, /* DAU */
    {6, 32, false}, /* DHU */
    {7, 32, false}, /* N3U */
    {9, 4, false},  /* expire */
    {11, 2, false}, /* keep-alive of TCP */
    {12, 0, true},  /* padding */
    {15, 2, false}, /* extended error: its number, without its text */
};

static void
edns_option(struct san_dns *d, uint16_t code, struct d4_slice data)
{
	static const uint8_t zeros[1] = {0};

	for (size_t i = 0; i < sizeof(edns_rows) / sizeof(edns_rows[0]); i++) {
		size_t keep = data.n, all;

		if (edns_rows[i].code != code)
			continue;
		if (keep > edns_rows[i].copy)
			keep = edns_rows[i].copy;
		all = edns_rows[i].fill ? data.n : keep;
		san_dns_put16(d, code);
		san_dns_put16(d, (uint16_t)all);
		san_dns_put(d, data.p, keep);
		for (; keep < all && !d->bad; keep++)
			san_dns_put(d, zeros, 1);
	}
}

void
san_dns_put_options(struct san_dns *d)
{
	while (!d->bad && d->at < d->end) {
		uint16_t code = san_dns_u16(d), n = san_dns_u16(d);
		struct d4_slice data = san_dns_bytes(d, n);

		if (!d->bad)
			edns_option(d, code, data);
	}
}
