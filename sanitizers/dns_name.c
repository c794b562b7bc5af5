/* Names: read with their pointers, judged, and written without. */
#include <stdio.h>
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/dns.h"
#include "sanitizers/find.h"
#include "sanitizers/find_hidden.h"

#define NAME_POINTER 0xc0u
#define NAME_NIBBLES 32u

/* A label's bytes are added. A dot in it would read as two labels. */
static bool
name_add(struct san_dns_name *o, struct d4_slice l)
{
	if (o->n + l.n + 2 > SAN_DNS_WIRE || memchr(l.p, '.', l.n) != NULL)
		return false;
	o->wire[o->n++] = (uint8_t)l.n;
	memcpy(o->wire + o->n, l.p, l.n);
	o->n += l.n;
	return true;
}

/* What ends a row of labels. */
enum name_end { NAME_BROKEN = -1, NAME_ROOT = 0 };

/* The target of a pointer plus 1; it must lie before `first`. */
static long
name_pointer(const struct san_dns *d, size_t *at, size_t limit, size_t first)
{
	size_t to;

	if (limit - *at < 2)
		return NAME_BROKEN;
	to = d4_get_be16(d->msg.p + *at) & 0x3fffu;
	*at += 2;
	return to < first ? (long)to + 1 : NAME_BROKEN;
}

/*
 * Labels from *at on, up to the root or a pointer; *at goes behind them. A
 * pointer leads to before the row that it ends, so the targets only fall and
 * the walk ends. Answers how it ended, or the target plus 1.
 */
static long
name_labels(
    const struct san_dns *d, size_t *at, size_t limit, struct san_dns_name *o)
{
	size_t first = *at;

	while (*at < limit) {
		unsigned n = d->msg.p[*at];

		if ((n & NAME_POINTER) == NAME_POINTER)
			return name_pointer(d, at, limit, first);
		*at += 1;
		if (n == 0)
			return NAME_ROOT;
		if (n > 63 || limit - *at < n ||
		    !name_add(o, d4_slice_of(d->msg.p + *at, n)))
			return NAME_BROKEN;
		*at += n;
	}
	return NAME_BROKEN;
}

/* Behind the first row everything lies in the whole message. */
static bool
name_walk(struct san_dns *d, struct san_dns_name *o)
{
	long to = name_labels(d, &d->at, d->end, o);

	while (to > 0) {
		size_t at = (size_t)to - 1;

		to = name_labels(d, &at, d->msg.n, o);
	}
	return to == NAME_ROOT;
}

/* As text, a dot behind each label; bytes that could mislead are refused. */
static bool
name_text(struct san_dns_name *o)
{
	uint8_t text[SAN_DNS_WIRE + 1] = ".";
	size_t n = 0;

	for (size_t i = 0; i < o->n; i += o->wire[i] + 1u) {
		memcpy(text + n, o->wire + i + 1, o->wire[i]);
		n += o->wire[i];
		text[n++] = '.';
	}
	return san_name_parse(d4_slice_of(text, n == 0 ? 1 : n), &o->text);
}

bool
san_dns_read_name(struct san_dns *d)
{
	struct san_dns_name *o = &d->name;

	if (d->bad)
		return false;
	o->n = 0;
	if (!name_walk(d, o) || !name_text(o)) {
		d->bad = true;
		return false;
	}
	o->wire[o->n++] = 0;
	return true;
}

bool
san_dns_tells(const struct san_dns *d, struct d4_slice text)
{
	return d->scope != NULL && (san_find_scope(text, d->scope) ||
				       san_hidden_scope(text, d->scope));
}

static bool
name_ends(const struct san_name *n, unsigned labels, const char *zone)
{
	return n->n_labels == labels &&
	       d4_slice_eqs(san_name_label(n, labels - 1), "arpa") &&
	       d4_slice_eqs(san_name_label(n, labels - 2), zone);
}

/* d.c.b.a.in-addr.arpa, in decimals without needless zeros. */
static bool
name_reverse4(const struct san_name *n, struct d4_addr *a)
{
	if (!name_ends(n, 6, "in-addr"))
		return false;
	*a = (struct d4_addr){.family = 4};
	for (unsigned i = 0; i < 4; i++) {
		int v = san_name_octet(san_name_label(n, 3 - i));

		if (v < 0)
			return false;
		a->b[i] = (uint8_t)v;
	}
	return true;
}

static bool
name_reverse6(const struct san_name *n, struct d4_addr *a)
{
	if (!name_ends(n, NAME_NIBBLES + 2, "ip6"))
		return false;
	*a = (struct d4_addr){.family = 6};
	for (unsigned i = 0; i < NAME_NIBBLES; i++) {
		int v =
		    san_name_nibble(san_name_label(n, NAME_NIBBLES - 1 - i));

		if (v < 0)
			return false;
		a->b[i / 2] |= (uint8_t)(i % 2 == 0 ? v << 4 : v);
	}
	return true;
}

/* The name of an address, in the order of the DNS. */
static void
name_put_reverse(struct san_dns *d, const struct d4_addr *a)
{
	unsigned n = a->family == 4 ? 4 : NAME_NIBBLES;
	char label[5];

	for (unsigned i = n; i-- > 0;) {
		unsigned v = a->family == 4 ? a->b[i] : a->b[i / 2];

		if (a->family == 6)
			v = i % 2 == 0 ? v >> 4 : v & 15;
		label[0] = (char)snprintf(label + 1, sizeof(label) - 1,
		    a->family == 4 ? "%u" : "%x", v);
		san_dns_put(d, label, (size_t)label[0] + 1);
	}
	if (a->family == 4)
		san_dns_put(d, "\7in-addr\4arpa", 14);
	else
		san_dns_put(d, "\3ip6\4arpa", 10);
}

static bool
name_spells(const struct d4_prefix_set *scope, const struct san_dns_asked *q)
{
	struct d4_slice text = d4_slice_of(q->name->text, q->name->n);

	/* base64 has a case */
	return san_name_reverse(q->name, scope) ||
	       san_find_scope(text, scope) || san_hidden_scope(text, scope) ||
	       san_hidden_scope(q->own, scope);
}

enum d4_reason
san_dns_judge(const struct san_dns_conf *c, const struct d4_prefix_set *scope,
    const struct san_dns_asked *q)
{
	const struct san_name *n = q->name;

	if (n->n_labels == 0)
		return D4_R_NONE;
	if ((q->question && n->n_labels < 2) || san_name_denied_label(n))
		return D4_R_PDNS_LABEL;
	if (san_suffixes_has(c->deny, n))
		return D4_R_PDNS_SUFFIX;
	if (scope != NULL && n->digits && name_spells(scope, q))
		return D4_R_PDNS_REVERSE;
	if (q->question && c->allow != NULL && !san_suffixes_has(c->allow, n))
		return D4_R_PDNS_ALLOW;
	return D4_R_NONE;
}

static enum d4_reason
name_judge(const struct san_dns *d, bool question)
{
	const struct san_dns_asked q = {.name = &d->name.text,
	    .own = d4_slice_of(d->name.wire, d->name.n),
	    .question = question};

	return san_dns_judge(d->conf, d->scope, &q);
}

void
san_dns_put_name(struct san_dns *d, bool question)
{
	struct d4_addr a, was;

	if (d->bad || d->why != D4_R_NONE)
		return;
	if (d->map != NULL && (name_reverse4(&d->name.text, &a) ||
				  name_reverse6(&d->name.text, &a))) {
		was = a;
		d->why = d->map(d->arg, &a);
		if (d->why != D4_R_NONE)
			return;
		if (memcmp(&was, &a, sizeof(a)) != 0) {
			name_put_reverse(d, &a);
			return;
		}
	}
	d->why = name_judge(d, question);
	san_dns_put(d, d->name.wire, d->name.n);
}
