/*
 * A message of the DNS (RFC 1035 4.1):
 *   header  = id u16 | flags u16 | counts u16[4]: questions, answers,
 *             authority, additional
 *   question = name | type u16 | class u16
 *   record  = name | type u16 | class u16 | TTL u32 | length u16 | data
 * Records of types or classes that we do not read are left out, and the
 * counts say so.
 */
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/dns.h"

#define DNS_HEAD     12u
#define DNS_SECTIONS 3u
#define DNS_OPT      41u /* RFC 6891 */
#define DNS_IN       1u
#define DNS_OPCODE   0x7800u
#define DNS_NOTIFY   0x2000u /* RFC 1996: shaped like a query */

struct d4_slice
san_dns_bytes(struct san_dns *d, size_t n)
{
	struct d4_slice s = {d->msg.p, 0};

	if (d->bad || n > d->end - d->at) {
		d->bad = true;
		return s;
	}
	s = d4_slice_of(d->msg.p + d->at, n);
	d->at += n;
	return s;
}

uint8_t
san_dns_u8(struct san_dns *d)
{
	struct d4_slice s = san_dns_bytes(d, 1);

	return s.n == 1 ? s.p[0] : 0;
}

uint16_t
san_dns_u16(struct san_dns *d)
{
	struct d4_slice s = san_dns_bytes(d, 2);

	return s.n == 2 ? d4_get_be16(s.p) : 0;
}

void
san_dns_put(struct san_dns *d, const void *p, size_t n)
{
	if (d->bad || n > SAN_DNS_MAX - d->n) {
		d->bad = true;
		return;
	}
	if (n != 0)
		memcpy(d->out + d->n, p, n);
	d->n += n;
}

void
san_dns_put16(struct san_dns *d, uint16_t v)
{
	uint8_t b[2];

	d4_put_be16(b, v);
	san_dns_put(d, b, 2);
}

void
san_dns_copy(struct san_dns *d, size_t n)
{
	struct d4_slice s = san_dns_bytes(d, n);

	san_dns_put(d, s.p, s.n);
}

void
san_dns_patch16(struct san_dns *d, size_t at, size_t v)
{
	if (!d->bad)
		d4_put_be16(d->out + at, (uint16_t)v);
}

/* The row of a type that the step releases, or NULL. */
static const struct san_dns_rr *
dns_row(const struct san_dns *d, uint16_t type)
{
	const struct san_dns_rr *row;

	for (unsigned i = 0; (row = san_dns_rr_at(i)) != NULL; i++) {
		if (row->type == type)
			return (d->conf->rrtypes >> i & 1) != 0 ? row : NULL;
	}
	return NULL;
}

static void
dns_question(struct san_dns *d)
{
	if (!san_dns_read_name(d)) {
		d->bad = true;
		return;
	}
	san_dns_put_name(d, true);
	san_dns_copy(d, 4);
}

/* What stands in front of a record's data. */
struct dns_record {
	uint16_t type, cls;
	struct d4_slice ttl;
	size_t len;
};

/* The record is read and written behind its name, which is d->name. */
static void
dns_write(
    struct san_dns *d, const struct dns_record *r, const struct san_dns_rr *row)
{
	size_t all = d->end, at;

	san_dns_put_name(d, false);
	san_dns_put16(d, r->type);
	san_dns_put16(d, r->cls);
	san_dns_put(d, r->ttl.p, r->ttl.n);
	at = d->n;
	san_dns_put16(d, 0);
	d->end = d->at + r->len;
	if (row != NULL)
		san_dns_put_data(d, row);
	else
		san_dns_put_options(d);
	d->bad |= d->at != d->end;
	d->end = all;
	san_dns_patch16(d, at, d->n - at - 2);
}

/* One record; answers whether it was written. */
static bool
dns_record(struct san_dns *d)
{
	const struct san_dns_rr *row;
	struct dns_record r;
	bool opt;

	if (!san_dns_read_name(d)) {
		d->bad = true;
		return false;
	}
	r.type = san_dns_u16(d);
	r.cls = san_dns_u16(d);
	r.ttl = san_dns_bytes(d, 4);
	r.len = san_dns_u16(d);
	if (d->bad || r.len > d->end - d->at) {
		d->bad = true;
		return false;
	}
	opt = r.type == DNS_OPT && d->name.n == 1;
	row = r.cls == DNS_IN ? dns_row(d, r.type) : NULL;
	if (row == NULL && !opt) {
		d->at += r.len;
		return false;
	}
	dns_write(d, &r, opt ? NULL : row);
	return true;
}

/* Queries and notifications are shaped so; an update or DSO is not. */
static bool
dns_begin(struct san_dns *d)
{
	unsigned flags;

	d->at = 0;
	d->end = d->msg.n;
	d->n = 0;
	d->bad = d->msg.n < DNS_HEAD;
	d->why = D4_R_NONE;
	if (d->bad)
		return false;
	flags = d4_get_be16(d->msg.p + 2);
	return (flags & DNS_OPCODE) == 0 || (flags & DNS_OPCODE) == DNS_NOTIFY;
}

bool
san_dns_rebuild(struct san_dns *d)
{
	if (!dns_begin(d) || d4_get_be16(d->msg.p + 4) > 1)
		return false;
	san_dns_copy(d, DNS_HEAD);
	if (d4_get_be16(d->msg.p + 4) == 1)
		dns_question(d);
	for (unsigned s = 0; s < DNS_SECTIONS; s++) {
		size_t count = 6 + 2 * s, kept = 0;
		unsigned n = d4_get_be16(d->msg.p + count);

		for (; n > 0 && !d->bad && d->why == D4_R_NONE; n--)
			kept += dns_record(d);
		san_dns_patch16(d, count, kept);
	}
	return !d->bad;
}
