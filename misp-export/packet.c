#include <string.h>
#include "libd4/prefix.h"
#include "misp-export/packet.h"

#define PCAP_HEAD  24u
#define PCAP_REC   16u
#define LINK_ETHER 1u
#define LINK_RAW   101u
#define ETHER_LEN  14u
#define TCP_RST    0x04u
#define TCP_SYNACK 0x12u

static uint32_t
pcap_u32(const struct packet_file *f, const uint8_t *p)
{
	uint32_t le = (uint32_t)p[0] | (uint32_t)p[1] << 8 |
	              (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

	return f->swapped ? __builtin_bswap32(le) : le;
}

bool
packet_open(struct d4_slice file, struct packet_file *out)
{
	static const struct {
		uint8_t magic[4];
		bool swapped, nano;
	} kinds[] = {
	    {{0xd4, 0xc3, 0xb2, 0xa1}, false, false},
	    {{0xa1, 0xb2, 0xc3, 0xd4}, true, false},
	    {{0x4d, 0x3c, 0xb2, 0xa1}, false, true},
	    {{0xa1, 0xb2, 0x3c, 0x4d}, true, true},
	};

	if (file.n < PCAP_HEAD)
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (memcmp(file.p, kinds[i].magic, 4) != 0)
			continue;
		out->swapped = kinds[i].swapped;
		out->nano = kinds[i].nano;
		out->link = pcap_u32(out, file.p + 20) & 0xffff;
		out->rest = file;
		(void)d4_slice_skip(&out->rest, PCAP_HEAD);
		return out->link == LINK_ETHER || out->link == LINK_RAW;
	}
	return false;
}

static uint16_t
net16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void
packet_address(
    struct record *r, const char *name, const uint8_t *p, uint8_t family)
{
	struct d4_addr a = {.family = family};
	char text[D4_ADDR_TEXT];

	memcpy(a.b, p, family == 4 ? 4 : 16);
	d4_addr_text(&a, text);
	record_text(r, name, text);
}

/* What the transport says; NULL: no answer to something forged. */
static const char *
packet_tcp(struct d4_slice l4, struct record *r)
{
	uint8_t flags;

	if (l4.n < 14)
		return NULL;
	flags = l4.p[13] & 0x17;
	if ((flags & TCP_RST) == 0 && (flags & TCP_SYNACK) != TCP_SYNACK)
		return NULL;
	record_text(r, "proto", "tcp");
	record_number(r, "port", net16(l4.p));
	return (flags & TCP_RST) != 0 ? "rst" : "syn-ack";
}

/*
 * Unreachable, source quench, time exceeded, parameter problem, or an echo
 * reply; the address that answers is the victim, or a router near it.
 */
static const char *
packet_icmp(struct d4_slice l4, bool v6, struct record *r)
{
	static const uint8_t four[] = {0, 3, 4, 11, 12}, six[] = {1, 3, 4, 129};

	if (l4.n < 8 || memchr(v6 ? six : four, l4.p[0],
			    v6 ? sizeof(six) : sizeof(four)) == NULL)
		return NULL;
	record_text(r, "proto", v6 ? "icmp6" : "icmp");
	return "icmp";
}

static const char *
packet_l4(uint8_t proto, struct d4_slice l4, bool v6, struct record *r)
{
	if (proto == 6)
		return packet_tcp(l4, r);
	if (proto == (v6 ? 58 : 1))
		return packet_icmp(l4, v6, r);
	return NULL;
}

static void
packet_ip4(struct d4_slice ip, struct record *r)
{
	size_t head = ip.n >= 20 ? (size_t)(ip.p[0] & 15) * 4 : 0;
	struct d4_slice l4 = ip;
	const char *kind;

	/* A later fragment has no ports. */
	if (head < 20 || head > ip.n || (net16(ip.p + 6) & 0x1fff) != 0)
		return;
	(void)d4_slice_skip(&l4, head);
	kind = packet_l4(ip.p[9], l4, false, r);
	if (kind == NULL)
		return;
	packet_address(r, "victim", ip.p + 12, 4);
	packet_address(r, "reflector", ip.p + 16, 4);
	record_text(r, "kind", kind);
}

static void
packet_ip6(struct d4_slice ip, struct record *r)
{
	struct d4_slice l4 = ip;
	const char *kind;

	if (ip.n < 40)
		return;
	(void)d4_slice_skip(&l4, 40);
	kind = packet_l4(ip.p[6], l4, true, r);
	if (kind == NULL)
		return;
	packet_address(r, "victim", ip.p + 8, 6);
	packet_address(r, "reflector", ip.p + 24, 6);
	record_text(r, "kind", kind);
}

static void
packet_link(uint32_t link, struct d4_slice p, struct record *r)
{
	uint16_t type;

	if (link == LINK_ETHER) {
		if (p.n < ETHER_LEN)
			return;
		type = net16(p.p + 12);
		(void)d4_slice_skip(&p, ETHER_LEN);
		for (int i = 0;
		     i < 2 && (type == 0x8100 || type == 0x88a8) && p.n >= 4;
		     i++) {
			type = net16(p.p + 2);
			(void)d4_slice_skip(&p, 4);
		}
		if (type != 0x0800 && type != 0x86dd)
			return;
	}
	if (p.n > 0 && p.p[0] >> 4 == 4)
		packet_ip4(p, r);
	else if (p.n > 0 && p.p[0] >> 4 == 6)
		packet_ip6(p, r);
}

bool
packet_next(struct packet_file *f, struct record *out)
{
	const uint8_t *p = f->rest.p;
	struct d4_slice packet;
	uint32_t n, part;

	if (f->rest.n < PCAP_REC)
		return false;
	n = pcap_u32(f, p + 8);
	part = pcap_u32(f, p + 4);
	if (n > f->rest.n - PCAP_REC)
		return false;
	out->time_us =
	    (uint64_t)pcap_u32(f, p) * 1000000 + (f->nano ? part / 1000 : part);
	(void)d4_slice_skip(&f->rest, PCAP_REC);
	packet = d4_slice_skip(&f->rest, n);
	packet_link(f->link, packet, out);
	if (out->n > 0 && record_get(out, "victim").p == NULL)
		out->n = 0;
	return true;
}
