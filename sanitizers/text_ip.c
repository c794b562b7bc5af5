/* Detectors of IP addresses in text. */
#include <string.h>
#include "sanitizers/defang.h"
#include "sanitizers/find.h"
#include "sanitizers/find_hidden.h"
#include "sanitizers/text.h"

#define IP_RUN     46u /* bytes of the longest IPv6 text */
#define IP_NIBBLES 63u /* 32 nibbles with dots between them */

#define IP_LIST(name)                  \
	{                              \
		name, sizeof(name) - 1 \
	}

/* Lists that are asked with reversed octets. */
static const struct {
	const char *name;
	size_t n;
} ip_lists[] = {IP_LIST(".in-addr.arpa"), IP_LIST(".zen.spamhaus.org"),
    IP_LIST(".sbl.spamhaus.org"), IP_LIST(".xbl.spamhaus.org"),
    IP_LIST(".pbl.spamhaus.org"), IP_LIST(".sbl-xbl.spamhaus.org"),
    IP_LIST(".bl.spamcop.net"), IP_LIST(".b.barracudacentral.org"),
    IP_LIST(".dnsbl.sorbs.net"), IP_LIST(".dnsbl-1.uceprotect.net"),
    IP_LIST(".dnsbl.dronebl.org"), IP_LIST(".psbl.surriel.com"),
    IP_LIST(".cbl.abuseat.org"), IP_LIST(".ix.dnsbl.manitu.net")};

#define COUNT(t) (sizeof(t) / sizeof((t)[0]))

/* ip_word -- the text goes on with this word, in any case; its length. */
static size_t
ip_word(const struct san_text_in *in, size_t at, const char *word)
{
	struct d4_slice rest = d4_slice_of(in->line.p + at, in->line.n - at);
	size_t n = strlen(word);

	return san_text_is(rest, word, n) ? n : 0;
}

static size_t
ip_gap(const struct san_text_in *in, size_t at, uint8_t first)
{
	if (first == '-' || first == '_')
		return san_text_byte(in, at) == first;
	return san_dot(in->line, at);
}

/* ip_octet -- its digits; 0: not a number up to 255. */
static size_t
ip_octet(const struct san_text_in *in, size_t at, uint8_t *out)
{
	unsigned v = 0;
	size_t n = 0;

	while (n < 4 && san_is_digit(san_text_byte(in, at + n)))
		v = v * 10 + (unsigned)(in->line.p[at + n++] - '0');
	if (n == 0 || n == 4 || v > 255)
		return 0;
	*out = (uint8_t)v;
	return n;
}

/* ip_quad -- up to four octets; how many, *end is behind the last one. */
static unsigned
ip_quad(const struct san_text_in *in, size_t at, struct d4_addr *a, size_t *end)
{
	uint8_t first = 0;
	unsigned k = 0;

	*a = (struct d4_addr){.family = 4};
	for (; k < 4; k++) {
		size_t gap = 0, n;

		if (k == 1)
			first = san_text_byte(in, at);
		if (k > 0 && (gap = ip_gap(in, at, first)) == 0)
			break;
		n = ip_octet(in, at + gap, &a->b[k]);
		if (n == 0)
			break;
		at += gap + n;
		*end = at;
	}
	return k;
}

/* ip_joins -- another number follows: rather a version or an OID. */
static bool
ip_joins(const struct san_text_in *in, size_t end)
{
	uint8_t c = san_text_byte(in, end);

	if (san_is_digit(c))
		return true;
	return (c == '.' || c == '-' || c == '_') &&
	       san_is_digit(san_text_byte(in, end + 1));
}

/*
 * ip_begins -- no number is in front of this one, but for one that ends a
 * word ("ec2-10-1-2-3").
 */
static bool
ip_begins(const struct san_text_in *in, size_t at)
{
	uint8_t c = at > 0 ? in->line.p[at - 1] : 0;
	size_t i;

	if (san_is_digit(c))
		return false;
	if ((c != '.' && c != '-' && c != '_') || at < 2 ||
	    !san_is_digit(in->line.p[at - 2]))
		return true;
	for (i = at - 1; i > 0 && san_is_digit(in->line.p[i - 1]); i--)
		;
	return i > 0 && san_is_alpha(in->line.p[i - 1]);
}

static struct d4_addr
ip_turned(const struct d4_addr *a)
{
	unsigned n = a->family == 4 ? 4 : 16;
	struct d4_addr t = {.family = a->family};

	for (unsigned i = 0; i < n; i++)
		t.b[i] = a->b[n - 1 - i];
	return t;
}

/* ip_listed -- a reverse name follows; the length of what marks it. */
static bool
ip_listed(const struct san_text_in *in, size_t end)
{
	struct d4_slice rest = d4_slice_of(in->line.p + end, in->line.n - end);

	for (size_t i = 0; rest.n > 1 && i < COUNT(ip_lists); i++) {
		if ((rest.p[1] | 0x20) == ip_lists[i].name[1] &&
		    san_text_is(rest, ip_lists[i].name, ip_lists[i].n))
			return true;
	}
	return false;
}

/*
 * ip_form -- which way round it is. In front of a name nobody knows (both
 * 1.2.3.4.dsl.example and 4.3.2.1.list.example are in use), so the scope
 * decides.
 */
static enum san_form
ip_form(const struct san_text_in *in, size_t end, struct d4_addr *a)
{
	struct d4_addr turned = ip_turned(a);
	bool name = san_text_byte(in, end) == '.' &&
	            san_is_alpha(san_text_byte(in, end + 1));

	if (!name)
		return SAN_FORM_PLAIN;
	if (!ip_listed(in, end) &&
	    (in->scope == NULL || san_scope_has(in->scope, a) ||
		!san_scope_has(in->scope, &turned)))
		return SAN_FORM_PLAIN;
	*a = turned;
	return SAN_FORM_REVERSED;
}

/* ip_zone -- one to three octets of a reverse zone that the scope is in. */
static bool
ip_zone(const struct san_text_in *in, const struct d4_addr *a, unsigned n)
{
	struct d4_prefix zone = {
	    .addr = {.family = 4}, .len = (uint8_t)(8 * n)};

	for (unsigned i = 0; i < n; i++)
		zone.addr.b[i] = a->b[n - 1 - i];
	for (size_t i = 0; in->scope != NULL && i < in->scope->n; i++) {
		if (d4_prefix_overlap(&in->scope->list[i], &zone))
			return true;
	}
	return in->scope == NULL;
}

size_t
san_text_ip4(const struct san_text_in *in, size_t at, struct san_span *out)
{
	struct san_span s = {.from = at, .kind = SAN_KIND_IP4};
	unsigned n;

	if (!san_is_digit(in->line.p[at]) || !ip_begins(in, at))
		return 0;
	n = ip_quad(in, at, &s.addr, &s.to);
	if (n == 0)
		return 0;
	if (n < 4) {
		if (ip_word(in, s.to, ".in-addr.arpa") == 0 ||
		    !ip_zone(in, &s.addr, n))
			return 0;
		s.form = SAN_FORM_MASK;
	} else {
		if (ip_joins(in, s.to))
			return 0;
		s.form = ip_form(in, s.to, &s.addr);
	}
	*out = s;
	return s.to - at;
}

/* ip_arpa -- nibbles in front of ip6.arpa: all 32, or a zone's. */
static size_t
ip_arpa(const struct san_text_in *in, size_t at, struct san_span *out)
{
	struct d4_slice d;
	size_t n = 0;

	while (n < 32 && san_hex_digit(san_text_byte(in, at + 2 * n)) >= 0 &&
	       san_text_byte(in, at + 2 * n + 1) == '.')
		n++;
	if (n == 0 || ip_word(in, at + 2 * n, "ip6.arpa") == 0)
		return 0;
	*out = (struct san_span){.from = at,
	    .to = at + 2 * n - 1,
	    .kind = SAN_KIND_IP6,
	    .form = SAN_FORM_MASK,
	    .addr.family = 6};
	d = d4_slice_of(in->line.p + at, 2 * n - 1);
	if (n == 32 && san_hex_nibbles(d, out->addr.b))
		out->form = SAN_FORM_REVERSED;
	return d.n;
}

/* ip_colons -- the run at `at` that is made of hex digits, colons, dots. */
static size_t
ip_colons(const struct san_text_in *in, size_t at)
{
	unsigned colons = 0;
	bool pair = false; /* "::"; a time of day has two colons, but none */
	size_t n = 0;

	for (; n <= IP_RUN; n++) {
		uint8_t c = san_text_byte(in, at + n);

		colons += c == ':';
		pair |= c == ':' && san_text_byte(in, at + n + 1) == ':';
		if (c != ':' && c != '.' && san_hex_digit(c) < 0)
			break;
	}
	return pair || colons >= 6 ? n : 0;
}

/* ip_may6 -- a colon is where a group may end, or a dot behind a nibble. */
static bool
ip_may6(const struct san_text_in *in, size_t at)
{
	if (san_text_byte(in, at + 1) == '.')
		return true;
	for (size_t i = at; i <= at + 4; i++) {
		if (san_text_byte(in, i) == ':')
			return true;
	}
	return false;
}

/*
 * ip_longer -- two more groups follow: rather sixteen bytes in pairs. One may
 * be a port.
 */
static bool
ip_longer(const struct san_text_in *in, size_t end)
{
	size_t i = end + 1;

	if (san_text_byte(in, end) != ':')
		return false;
	while (i - end < 6 && san_hex_digit(san_text_byte(in, i)) >= 0)
		i++;
	return i > end + 1 && san_text_byte(in, i) == ':';
}

/* ip_within -- two groups are in front: the row began before. */
static bool
ip_within(const struct san_text_in *in, size_t at)
{
	size_t i = at;

	if (at == 0 || in->line.p[--i] != ':')
		return false;
	while (i > 0 && san_hex_digit(in->line.p[i - 1]) >= 0)
		i--;
	return i > 0 && i < at - 1 && in->line.p[i - 1] == ':';
}

size_t
san_text_ip6(const struct san_text_in *in, size_t at, struct san_span *out)
{
	uint8_t before = at > 0 ? in->line.p[at - 1] : 0;
	size_t n, arpa;

	if (!ip_may6(in, at) || san_is_alnum(before) ||
	    (before == ':' && in->line.p[at] == ':') || ip_within(in, at))
		return 0;
	arpa = before == '.' ? 0 : ip_arpa(in, at, out);
	if (arpa != 0)
		return arpa;
	for (n = ip_colons(in, at); n > 2; n--) {
		struct d4_addr a;

		if (d4_addr_parse(d4_slice_of(in->line.p + at, n), &a) !=
			D4_OK ||
		    a.family != 6 || san_is_alnum(san_text_byte(in, at + n)) ||
		    ip_longer(in, at + n))
			continue;
		*out = (struct san_span){
		    .from = at, .to = at + n, .kind = SAN_KIND_IP6, .addr = a};
		return n;
	}
	return 0;
}
