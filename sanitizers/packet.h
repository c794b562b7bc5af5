/*
 * What the packet rooms share. A packet is decoded into borrowed slices and
 * written anew from the fields understood (spec sanitizers.md section 4).
 */
#ifndef SAN_PACKET_H
#define SAN_PACKET_H

#include <assert.h>
#include "libd4/wire.h"
#include "sanitizers/map.h"
#include "sanitizers/packet_file.h"
#include "sanitizers/selfcheck.h"
#include "sanitizers/steps.h"

#define PKT_NEST  8u /* link layers, extension headers, quotes */
#define PKT_SLACK 64u
#define PKT_IP4   20u /* bytes of an IPv4 header without options */

#define PKT_ETH_IP4   0x0800u
#define PKT_ETH_IP6   0x86ddu
#define PKT_ETH_ARP   0x0806u
#define PKT_ETH_RARP  0x8035u
#define PKT_PROTO_AH  51u
#define PKT_PROTO_TCP 6u
#define PKT_PROTO_UDP 17u
#define PKT_PROTO_IC4 1u
#define PKT_PROTO_IC6 58u

/* Link layers of `in`, outside in; kinds belong to packet_link.c. */
struct pkt_link {
	struct d4_slice in;
	unsigned n;
	uint8_t kind[PKT_NEST];
	uint16_t at[PKT_NEST + 1]; /* where each begins; the last: the end */
	uint16_t ether;            /* of the network layer, PKT_ETH_* */
};

/*
 * struct pkt_ip -- an IP header, decoded.
 * Shape:  head: the header with options; ext: extension headers (IPv4: AH)
 *         behind it, beginning with type ext_proto; body: the captured bytes
 *         of what follows, of body_len on the wire. proto: of the body.
 *         later: a fragment that does not begin its datagram. part: some
 *         fragment. For version 4 only src4 and dst4 (host order) are set, for
 *         6 only src and dst. The to_ fields are the replaced addresses;
 *         final is the destination that checksums cover (routing headers).
 *         sum: the addresses, as they go into checksums.
 */
struct pkt_ip {
	uint8_t version, proto, ext_proto;
	bool later, part;
	struct d4_slice head, ext, body;
	uint32_t body_len;
	uint32_t src4, dst4, to_src4, to_dst4;
	struct d4_addr src, dst, to_src, to_dst;
	struct d4_addr home, final, to_home, to_final;
	bool src_scoped, dst_scoped;
	/* fingerprint fix-up: what to write instead; fixed: it differs */
	bool fixed;
	uint32_t seq, ack;
	uint16_t id;
};

/* Per-stream state, and the packet under way. */
struct pkt {
	struct san_opts opt;
	struct san_map *map;   /* NULL without an addr step */
	struct san_token *mac; /* NULL unless link: hmac */
	struct san_token *smp; /* NULL unless sample */
	struct pkt_macs *macs; /* pseudonyms seen lately */
	struct san_bpf *bpf;   /* compiled for this file's link type */
	struct pkt_file file;
	struct d4_slice in; /* the captured packet, FCS cut off */
	uint8_t *w, *end;   /* where the output goes on, and its room */
	unsigned ip_at;     /* where the last packet's network header stood */
	unsigned depth;     /* quotes inside quotes */
	const uint8_t *nd;  /* replaced ND target: 16 bytes, or NULL */
	uint8_t nd_target[16];
	struct san_dns *dns; /* NULL unless payload: dns */
	uint8_t *ip_out;     /* where the last IP header was written */
	bool sized;          /* a link layer says how long the packet is */
	bool whole;          /* it was made anew: nothing of it is missing */
	enum san_what what;  /* became of the address that was asked last */
	struct san_check check;
	struct pkt_notes *notes; /* packet_again.h; NULL: none are taken */
};

/* pkt_put -- room for n more bytes of output, to be filled by the caller. */
static inline uint8_t *
pkt_put(struct pkt *p, size_t n)
{
	uint8_t *at = p->w;

	/* Each field is written once in the room of its original. */
	assert((size_t)(p->end - p->w) >= n);
	p->w += n;
	return at;
}

/* pkt_copy -- the same, filled with bytes that a room vouches for. */
static inline uint8_t *
pkt_copy(struct pkt *p, const uint8_t *from, size_t n)
{
	uint8_t *at = pkt_put(p, n);

	for (size_t i = 0; i < n; i++)
		at[i] = from[i];
	return at;
}

/* All answer D4_R_NONE or why the packet must not leave. packet_link.c: */
bool pkt_link_known(uint16_t type);
D4_USED enum d4_reason pkt_link_decode(struct pkt *p, struct pkt_link *out);
D4_USED enum d4_reason pkt_link_write(struct pkt *p, const struct pkt_link *l);

/* packet_mac.c: a MAC address by the rule of `link`. */
D4_USED enum d4_reason pkt_mac(
    struct pkt *p, const uint8_t in[6], uint8_t out[6]);

/* packet_arp.c */
D4_USED enum d4_reason pkt_arp(
    struct pkt *p, const struct pkt_link *l, struct d4_slice in);

/* packet_ip.c: either version; replace the addresses, write. */
D4_USED enum d4_reason pkt_ip_map(struct pkt *p, struct pkt_ip *ip);
D4_USED enum d4_reason pkt_ip_write(struct pkt *p, struct pkt_ip *ip);
D4_USED enum d4_reason pkt_map4(
    struct pkt *p, uint32_t in, uint32_t *out, bool *scoped);
/* pkt_scope_met -- an address of the scope stands where it is required. */
bool pkt_scope_met(const struct pkt *p, bool src, bool dst);
/* pkt_map4_at, pkt_map6_at -- reads, replaces and writes an address. */
D4_USED enum d4_reason pkt_map4_at(
    struct pkt *p, const uint8_t *in, uint8_t *out);
D4_USED enum d4_reason pkt_map6_at(
    struct pkt *p, const uint8_t *in, uint8_t *out);

/* packet_ip4.c, packet_ip6.c */
D4_USED enum d4_reason pkt_ip4_decode(struct d4_slice in, struct pkt_ip *out);
D4_USED enum d4_reason pkt_ip6_decode(struct d4_slice in, struct pkt_ip *out);
D4_USED enum d4_reason pkt_ip4_write(struct pkt *p, const struct pkt_ip *ip);
D4_USED enum d4_reason pkt_ip6_write(struct pkt *p, const struct pkt_ip *ip);

/* packet_ext.c: extension headers; write knows only what decode walked. */
D4_USED enum d4_reason pkt_ext_decode(struct pkt_ip *ip);
D4_USED enum d4_reason pkt_ext_write(struct pkt *p, const struct pkt_ip *ip);
/*
 * pkt_ext_ends -- the ends that the headers name instead of those in the IPv6
 * header: ends[0] a home address, ends[1] where a routing header leads on to.
 */
void pkt_ext_ends(const struct pkt_ip *ip, const uint8_t *ends[2]);

/* packet_l4.c: the body by its protocol, and what comes behind headers. */
D4_USED enum d4_reason pkt_l4_write(struct pkt *p, const struct pkt_ip *ip);
bool pkt_l4_denied(const struct pkt_ip *ip);
/* pkt_l4_need -- n bytes of the body are there, on the wire and captured. */
D4_USED enum d4_reason pkt_l4_need(const struct pkt_ip *ip, uint32_t n);
void pkt_payload(struct pkt *p, struct d4_slice data);

/* struct pkt_sum -- which checksum: of what was written since `at`. */
struct pkt_sum {
	uint8_t *at;   /* first byte that it covers */
	size_t offset; /* of its field */
	uint32_t len;  /* bytes on the wire that it covers */
	bool pseudo;   /* covers the addresses too */
};
void pkt_checksum(
    struct pkt *p, const struct pkt_ip *ip, const struct pkt_sum *s);

/* packet_tcp.c, _udp.c, _sctp.c, _icmp.c, _icmp6.c, _igmp.c */
D4_USED enum d4_reason pkt_tcp(struct pkt *p, const struct pkt_ip *ip);
/* pkt_tcp_options -- n bytes, n % 4 is 0; false: the list is malformed. */
D4_USED bool pkt_tcp_options(
    const struct pkt *p, const uint8_t *in, size_t n, uint8_t *out);
D4_USED enum d4_reason pkt_udp(struct pkt *p, const struct pkt_ip *ip);
D4_USED enum d4_reason pkt_sctp(struct pkt *p, const struct pkt_ip *ip);
D4_USED enum d4_reason pkt_icmp(struct pkt *p, const struct pkt_ip *ip);
D4_USED enum d4_reason pkt_icmp6(struct pkt *p, const struct pkt_ip *ip);
D4_USED enum d4_reason pkt_igmp(struct pkt *p, const struct pkt_ip *ip);
/* pkt_icmp_head -- the 8 bytes of an ICMP message, checksum 0. */
D4_USED enum d4_reason pkt_icmp_head(
    struct pkt *p, const uint8_t *in, uint8_t *out);
D4_USED enum d4_reason pkt_icmp6_head(const uint8_t *in, uint8_t *out);

/* packet_nd.c: neighbour discovery behind its first 8 bytes; MLD. */
D4_USED enum d4_reason pkt_nd(struct pkt *p, const struct pkt_ip *ip);
D4_USED enum d4_reason pkt_mld(struct pkt *p, const struct pkt_ip *ip);
/* pkt_nd_target -- the target of a message that has one, or NULL. */
const uint8_t *pkt_nd_target(const struct pkt_ip *ip);

/* packet_quote.c: the packet inside an ICMP error. */
D4_USED enum d4_reason pkt_quote(
    struct pkt *p, struct d4_slice in, unsigned version);

/* packet_fixup.c: fills ip->seq, ack, id, fixed. */
void pkt_fixup(const struct pkt *p, struct pkt_ip *ip);

#endif
