/*
 * Link layers, outside in: what the file says, then VLAN, MPLS, PPPoE and
 * LLC/SNAP, down to the network layer. Anything else is dropped as `l3`.
 *   Ethernet = destination[6] | source[6] | type or length u16
 *   SLL      = packet type u16 | ARPHRD u16 | address length u16 |
 *              address[8] | protocol u16
 *   SLL2     = protocol u16 | reserved u16 | ifindex u32 | ARPHRD u16 |
 *              packet type u8 | address length u8 | address[8]
 */
#include <string.h>
#include "sanitizers/packet_tunnel.h"

#define LINK_LENGTH_MAX 1500u /* above it is a type */
#define LINK_NETLINK    824u  /* ARPHRD: its protocol is no EtherType */
#define LINK_ENTROPY    7u    /* a label: the next one is a hash */

enum link_kind {
	LINK_ETHERNET,
	LINK_SLL,
	LINK_SLL2,
	LINK_NULL,
	LINK_RAW,
	LINK_VLAN,
	LINK_MPLS,
	LINK_PPPOE,
	LINK_SNAP,
};

/* The pcap link types that we read, and the layer they begin with. */
static const struct {
	uint16_t type;
	uint8_t kind;
} link_types[] = {
    {1, LINK_ETHERNET},
    {0, LINK_NULL},
    {108, LINK_NULL},
    {12, LINK_RAW},
    {14, LINK_RAW},
    {101, LINK_RAW},
    {228, LINK_RAW},
    {229, LINK_RAW},
    {113, LINK_SLL},
    {276, LINK_SLL2},
};

/* Bytes of each layer's header. */
static const uint8_t link_size[] = {
    [LINK_ETHERNET] = 14,
    [LINK_SLL] = 16,
    [LINK_SLL2] = 20,
    [LINK_NULL] = 4,
    [LINK_RAW] = 0,
    [LINK_VLAN] = 4,
    [LINK_MPLS] = 4,
    [LINK_PPPOE] = 8,
    [LINK_SNAP] = 8,
};

#define LINK_TYPES (sizeof(link_types) / sizeof(link_types[0]))

bool
pkt_link_known(uint16_t type)
{
	for (size_t i = 0; i < LINK_TYPES; i++) {
		if (link_types[i].type == type)
			return true;
	}
	return false;
}

static uint8_t
link_first(uint16_t type)
{
	size_t i = 0;

	while (i + 1 < LINK_TYPES && link_types[i].type != type)
		i++;
	return link_types[i].kind;
}

/* The address family of BSD loopback, in the byte order of some machine. */
static uint16_t
link_family(const uint8_t *b)
{
	uint32_t be = d4_get_be32(b), le = d4_get_le32(b);
	uint32_t v = be < le ? be : le;

	if (v == 2)
		return PKT_ETH_IP4;
	/* NetBSD and OpenBSD, FreeBSD, macOS, Linux */
	if (v == 24 || v == 28 || v == 30 || v == 10)
		return PKT_ETH_IP6;
	return 0;
}

static uint16_t
link_nibble(struct d4_slice in)
{
	unsigned v = in.n != 0 ? in.p[0] >> 4 : 0;

	if (v == 4)
		return PKT_ETH_IP4;
	return v == 6 ? PKT_ETH_IP6 : 0;
}

/* SNAP with organisation 0 only: what follows is an EtherType. */
static uint16_t
link_snap(const uint8_t *b)
{
	static const uint8_t head[6] = {0xaa, 0xaa, 3, 0, 0, 0};

	return memcmp(b, head, sizeof(head)) == 0 ? d4_get_be16(b + 6) : 0;
}

/* PPPoE session data: version 1, type 1, code 0; IPv4 or IPv6 in PPP. */
static uint16_t
link_pppoe(const uint8_t *b)
{
	if (b[0] != 0x11 || b[1] != 0)
		return 0;
	if (d4_get_be16(b + 6) == 0x0021)
		return PKT_ETH_IP4;
	return d4_get_be16(b + 6) == 0x0057 ? PKT_ETH_IP6 : 0;
}

/*
 * The EtherType behind a layer whose header is b[0..size), rest what follows;
 * 0 where we do not follow.
 */
static uint16_t
link_next(uint8_t kind, const uint8_t *b, struct d4_slice rest)
{
	switch ((enum link_kind)kind) {
	case LINK_ETHERNET:
		return d4_get_be16(b + 12);
	case LINK_SLL:
		return d4_get_be16(b + 2) == LINK_NETLINK ? 0
		                                          : d4_get_be16(b + 14);
	case LINK_SLL2:
		return d4_get_be16(b + 8) == LINK_NETLINK ? 0 : d4_get_be16(b);
	case LINK_NULL:
		return link_family(b);
	case LINK_RAW:
		return link_nibble(rest);
	case LINK_VLAN:
		return d4_get_be16(b + 2);
	case LINK_MPLS: /* the bottom label says nothing of what follows */
		return (b[2] & 1) != 0 ? link_nibble(rest) : 0x8847;
	case LINK_PPPOE:
		return link_pppoe(b);
	case LINK_SNAP:
		return link_snap(b);
	}
	return 0;
}

/* The layer that an EtherType (or length) announces; false: none of ours. */
static bool
link_more(uint16_t ether, uint8_t kind, uint8_t *next)
{
	switch (ether) {
	case 0x8100:
	case 0x88a8:
	case 0x9100:
		*next = LINK_VLAN;
		return true;
	case 0x8847:
	case 0x8848:
		*next = LINK_MPLS;
		return true;
	case 0x8864:
		*next = LINK_PPPOE;
		return true;
	default:
		*next = LINK_SNAP;
		/* SLL says 4 where a length and LLC would stand */
		return (kind == LINK_ETHERNET || kind == LINK_VLAN)
		           ? ether != 0 && ether <= LINK_LENGTH_MAX
		           : (kind == LINK_SLL || kind == LINK_SLL2) &&
		                 ether == 4;
	}
}

static bool
link_network(uint16_t ether)
{
	return ether == PKT_ETH_IP4 || ether == PKT_ETH_IP6 ||
	       ether == PKT_ETH_ARP || ether == PKT_ETH_RARP;
}

/* link_walk -- the layers of `in`, which begins with one of that kind. */
static enum d4_reason
link_walk(struct d4_slice in, uint8_t kind, struct pkt_link *out)
{
	struct d4_slice rest = in;
	size_t at = 0;

	out->in = in;
	for (unsigned n = 0; n < PKT_NEST; n++) {
		const uint8_t *head = rest.p;

		if (rest.n < link_size[kind])
			return D4_R_TRUNC_L2;
		(void)d4_slice_skip(&rest, link_size[kind]);
		if (kind == LINK_RAW && rest.n == 0)
			return D4_R_TRUNC_L2;
		out->kind[n] = kind;
		out->at[n] = (uint16_t)at;
		at += link_size[kind];
		out->at[n + 1] = (uint16_t)at;
		out->n = n + 1;
		out->ether = link_next(kind, head, rest);
		if (link_network(out->ether))
			return D4_R_NONE;
		if (!link_more(out->ether, kind, &kind))
			return D4_R_L3;
	}
	return D4_R_NESTING;
}

enum d4_reason
pkt_link_decode(struct pkt *p, struct pkt_link *out)
{
	return link_walk(p->in, link_first(p->file.link), out);
}

enum d4_reason
pkt_link_inside(struct d4_slice in, bool labels, struct pkt_link *out)
{
	return link_walk(in, labels ? LINK_MPLS : LINK_ETHERNET, out);
}

static enum d4_reason
link_put_ethernet(struct pkt *p, const uint8_t *b)
{
	uint8_t *w = pkt_put(p, 14);
	enum d4_reason why;

	why = pkt_mac(p, b, w);
	if (why == D4_R_NONE)
		why = pkt_mac(p, b + 6, w + 6);
	w[12] = b[12];
	w[13] = b[13];
	return why;
}

/* An address of another length than a MAC's may be an IP address: zeroed. */
static enum d4_reason
link_put_hardware(struct pkt *p, unsigned len, const uint8_t *from, uint8_t *to)
{
	memset(to, 0, 8);
	return len == 6 ? pkt_mac(p, from, to) : D4_R_NONE;
}

static enum d4_reason
link_put_sll(struct pkt *p, const uint8_t *b)
{
	uint8_t *w = pkt_put(p, 16);

	memcpy(w, b, 6);
	memcpy(w + 14, b + 14, 2);
	return link_put_hardware(p, d4_get_be16(b + 4), b + 6, w + 6);
}

static enum d4_reason
link_put_sll2(struct pkt *p, const uint8_t *b)
{
	uint8_t *w = pkt_put(p, 20);

	memset(w, 0, 8);
	memcpy(w, b, 2);
	memcpy(w + 8, b + 8, 4);
	return link_put_hardware(p, b[11], b + 12, w + 12);
}

/*
 * Behind the label 7 stands one that is made from the packet inside (RFC
 * 6790); a frame that begins with labels has nothing in front of them.
 */
static bool
link_hashed(const struct pkt_link *l, unsigned i)
{
	const uint8_t *b = l->in.p + l->at[i];

	return l->kind[i] == LINK_MPLS && i > 0 &&
	       l->kind[i - 1] == LINK_MPLS && b[-4] == 0 && b[-3] == 0 &&
	       b[-2] >> 4 == LINK_ENTROPY;
}

/*
 * A label and what is with it are four bytes of anybody's choice: where a stack
 * does not end as it should, its labels are the IP header behind it.
 */
static bool
link_spells(const struct pkt *p, const struct pkt_link *l, unsigned i)
{
	struct d4_addr a = {.family = 4};

	if (p->opt.addr == NULL || l->kind[i] != LINK_MPLS)
		return false;
	memcpy(a.b, l->in.p + l->at[i], 4);
	return san_addr_verdict(p->opt.addr, &a) >= SAN_V_SCOPE;
}

/* Where tags are kept: is this one, too? */
static bool
link_kept(const struct pkt *p, const struct pkt_link *l, unsigned i)
{
	return p->opt.tags_keep && !link_hashed(l, i) && !link_spells(p, l, i);
}

/* Numbers that name a customer or a path; priority, bottom and TTL stay. */
static void
link_put_tag(struct pkt *p, uint8_t kind, const uint8_t *b, bool keep)
{
	uint8_t *w = pkt_copy(p, b, link_size[kind]);

	if (keep)
		return;
	if (kind == LINK_VLAN) {
		w[0] &= 0xf0;
		w[1] = 0;
	} else if (kind == LINK_MPLS) {
		w[0] = 0;
		w[1] = 0;
		w[2] &= 0x0f;
	} else {
		w[2] = 0;
		w[3] = 0;
	}
}

static enum d4_reason
link_put(struct pkt *p, const struct pkt_link *l, unsigned i)
{
	const uint8_t *b = l->in.p + l->at[i];
	uint8_t kind = l->kind[i];

	switch ((enum link_kind)kind) {
	case LINK_ETHERNET:
		return link_put_ethernet(p, b);
	case LINK_SLL:
		return link_put_sll(p, b);
	case LINK_SLL2:
		return link_put_sll2(p, b);
	case LINK_VLAN:
	case LINK_MPLS:
	case LINK_PPPOE:
		link_put_tag(p, kind, b, link_kept(p, l, i));
		return D4_R_NONE;
	case LINK_NULL:
	case LINK_SNAP:
		/* compared with what they must be, to the last byte */
		(void)pkt_copy(p, b, link_size[kind]);
		return D4_R_NONE;
	case LINK_RAW:
		return D4_R_NONE;
	}
	return D4_R_INTERNAL;
}

enum d4_reason
pkt_link_write(struct pkt *p, const struct pkt_link *l)
{
	enum d4_reason why = D4_R_NONE;

	p->sized = false;
	for (unsigned i = 0; why == D4_R_NONE && i < l->n; i++) {
		why = link_put(p, l, i);
		p->sized |= l->kind[i] == LINK_PPPOE || l->kind[i] == LINK_SNAP;
	}
	return why;
}
