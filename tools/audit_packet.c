/* The audit's map of a packet. Only names depend on it, never what is found. */
#include <string.h>
#include "libd4/wire.h"
#include "tools/audit.h"

#define WALK_DEPTH 12u /* headers inside headers */

/* A walk through a packet: what is left begins at `at`. */
struct walk {
	struct d4_slice in;
	size_t at;
	unsigned depth;
	bool quoted;
	struct audit_parts *out;
};

static size_t
walk_left(const struct walk *w)
{
	return w->in.n - w->at;
}

/* walk_part -- n bytes from here (or what is left) are called so. */
static void
walk_part(struct walk *w, const char *name, size_t n)
{
	struct audit_parts *p = w->out;

	if (n == 0 || walk_left(w) == 0)
		return;
	if (p->n < AUDIT_PARTS) {
		p->from[p->n] = (uint32_t)w->at;
		p->name[p->n] = name;
		p->quoted[p->n] = w->quoted;
		p->n++;
	}
	w->at += n < walk_left(w) ? n : walk_left(w);
}

static void walk_ip(struct walk *w, uint16_t ether);

static void
walk_quote(struct walk *w, size_t head, bool error, uint16_t ether)
{
	walk_part(w, "icmp.header", head);
	if (!error) {
		walk_part(w, "icmp.body", walk_left(w));
		return;
	}
	w->quoted = true;
	walk_ip(w, ether);
}

static void
walk_icmp(struct walk *w, bool v6)
{
	uint8_t type = walk_left(w) > 0 ? w->in.p[w->at] : 0;
	bool error =
	    type == 3 || type == 4 || type == 5 || type == 11 || type == 12;

	if (v6)
		walk_quote(w, 8, type >= 1 && type <= 4, 0x86dd);
	else
		walk_quote(w, 8, error, 0x0800);
}

static void
walk_tcp(struct walk *w)
{
	size_t head =
	    walk_left(w) > 12 ? (size_t)(w->in.p[w->at + 12] >> 4) * 4 : 20;

	walk_part(w, "tcp.ports", 4);
	walk_part(w, "tcp.seq", 4);
	walk_part(w, "tcp.ack", 4);
	walk_part(w, "tcp.header", 8);
	walk_part(w, "tcp.options", head > 20 ? head - 20 : 0);
	walk_part(w, "tcp.payload", walk_left(w));
}

static void
walk_l4(struct walk *w, uint8_t proto)
{
	switch (proto) {
	case 1:
	case 58:
		walk_icmp(w, proto == 58);
		return;
	case 6:
		walk_tcp(w);
		return;
	case 17:
		walk_part(w, "udp.header", 8);
		walk_part(w, "udp.payload", walk_left(w));
		return;
	case 4:
		walk_ip(w, 0x0800);
		return;
	case 41:
		walk_ip(w, 0x86dd);
		return;
	default:
		walk_part(w, "ip.payload", walk_left(w));
	}
}

static void
walk_ip4(struct walk *w)
{
	const uint8_t *p = w->in.p + w->at;
	size_t head;
	uint8_t proto;
	bool later;

	if (walk_left(w) < 20) {
		walk_part(w, "ip4.header", walk_left(w));
		return;
	}
	head = (size_t)(p[0] & 15) * 4;
	proto = p[9];
	later = (d4_get_be16(p + 6) & 0x1fff) != 0;
	walk_part(w, "ip4.header", 12);
	walk_part(w, "ip4.src", 4);
	walk_part(w, "ip4.dst", 4);
	walk_part(w, "ip4.options", head > 20 ? head - 20 : 0);
	if (later)
		walk_part(w, "ip.fragment", walk_left(w));
	else
		walk_l4(w, proto);
}

static void
walk_ip6(struct walk *w)
{
	uint8_t proto;

	if (walk_left(w) < 40) {
		walk_part(w, "ip6.header", walk_left(w));
		return;
	}
	proto = w->in.p[w->at + 6];
	walk_part(w, "ip6.header", 8);
	walk_part(w, "ip6.src", 16);
	walk_part(w, "ip6.dst", 16);
	for (unsigned i = 0; i < WALK_DEPTH && walk_left(w) >= 8 &&
			     (proto == 0 || proto == 43 || proto == 60);
	     i++) {
		const uint8_t *p = w->in.p + w->at;

		proto = p[0];
		walk_part(w, "ip6.extension", ((size_t)p[1] + 1) * 8);
	}
	if (proto == 44) {
		walk_part(w, "ip6.fragment", walk_left(w));
		return;
	}
	walk_l4(w, proto);
}

static void
walk_arp(struct walk *w)
{
	walk_part(w, "arp.header", 8);
	walk_part(w, "arp.mac", 6);
	walk_part(w, "arp.sender", 4);
	walk_part(w, "arp.mac", 6);
	walk_part(w, "arp.target", 4);
	walk_part(w, "arp.trailer", walk_left(w));
}

/* walk_ip -- what a network layer of this EtherType is made of. */
static void
walk_ip(struct walk *w, uint16_t ether)
{
	if (w->depth++ == WALK_DEPTH)
		return;
	if (ether == 0x0800)
		walk_ip4(w);
	else if (ether == 0x86dd)
		walk_ip6(w);
	else if (ether == 0x0806)
		walk_arp(w);
	else
		walk_part(w, "other", walk_left(w));
}

/* walk_ether -- two bytes of type, tags before the network layer. */
static void
walk_ether(struct walk *w)
{
	for (unsigned i = 0; i < WALK_DEPTH && walk_left(w) >= 2; i++) {
		uint16_t type = d4_get_be16(w->in.p + w->at);

		walk_part(w, "link.type", 2);
		if (type != 0x8100 && type != 0x88a8 && type != 0x9100) {
			walk_ip(w, type);
			return;
		}
		walk_part(w, "link.tag", 2);
	}
}

static void
walk_raw(struct walk *w)
{
	uint8_t version = walk_left(w) > 0 ? w->in.p[w->at] >> 4 : 0;

	walk_ip(w, version == 4 ? 0x0800 : version == 6 ? 0x86dd : 0);
}

/* Source: tcpdump.org/linktypes.html */
static void
walk_link(struct walk *w, uint16_t link)
{
	uint16_t type = 0;

	switch (link) {
	case 1:
		walk_part(w, "link.address", 12);
		walk_ether(w);
		return;
	case 0:
	case 108:
		walk_part(w, "link.header", 4);
		walk_raw(w);
		return;
	case 113:
		walk_part(w, "link.header", 14);
		walk_ether(w);
		return;
	case 276:
		if (walk_left(w) >= 20)
			type = d4_get_be16(w->in.p);
		walk_part(w, "link.header", 20);
		walk_ip(w, type);
		return;
	default:
		walk_raw(w);
	}
}

void
audit_packet(struct d4_slice packet, uint16_t link, struct audit_parts *out)
{
	struct walk w = {.in = packet, .out = out};

	out->n = 0;
	walk_link(&w, link);
	w.quoted = false;
	walk_part(&w, "trailer", walk_left(&w));
}

void
audit_parts_name(const struct audit_parts *p, size_t at, char out[AUDIT_PLACE])
{
	unsigned i = p->n;

	while (i > 0 && p->from[i - 1] > at)
		i--;
	(void)snprintf(out, AUDIT_PLACE, "%s%s",
	    i > 0 && p->quoted[i - 1] ? "quoted " : "",
	    i > 0 ? p->name[i - 1] : "packet");
}

bool
audit_parts_field(const struct audit_parts *p, size_t at)
{
	static const char *const fields[] = {"ip4.src", "ip4.dst", "ip6.src",
	    "ip6.dst", "arp.sender", "arp.target"};

	for (unsigned i = 0; i < p->n; i++) {
		for (size_t f = 0;
		     p->from[i] == at && f < sizeof(fields) / sizeof(fields[0]);
		     f++) {
			if (strcmp(p->name[i], fields[f]) == 0)
				return true;
		}
	}
	return false;
}
