/* Packets of random content: TCP, UDP and ICMP errors, as telescopes see them,
 * with what is special about them more often than there. */
#ifndef TEST_TRAFFIC_H
#define TEST_TRAFFIC_H

#include <stdio.h>
#include <string.h>
#include "libd4/wire.h"
#include "prop.h"

static inline uint32_t
any_address(struct prop *r)
{
	static const uint32_t nets[] = {0x0a010000, 0x0a010000, 0x0a010000,
	    0x50000000, 0x50010000, 0xc6120000, 0x7f000000, 0xe0000000,
	    0xffff0000, 0};

	return nets[prop_below(r, sizeof(nets) / sizeof(nets[0]))] |
	       (uint32_t)prop_below(r, prop_below(r, 2) ? 65536 : 4);
}

/* A port that is somebody's, or a tunnel's, or anybody's. */
static inline uint16_t
any_port(struct prop *r)
{
	static const uint16_t ports[] = {80, 443, 53, 4789, 2152, 3544};
	size_t i = prop_below(r, 12);

	return i < 6 ? ports[i] : (uint16_t)prop_next(r);
}

static inline size_t
put_ip4(struct prop *r, uint8_t *w, uint8_t proto, size_t len)
{
	w[0] = 0x45;
	w[1] = (uint8_t)prop_next(r);
	d4_put_be16(w + 2, (uint16_t)(20 + len));
	d4_put_be16(w + 4, (uint16_t)prop_next(r));
	d4_put_be16(w + 6, prop_below(r, 2) ? 0x4000 : 0);
	w[8] = (uint8_t)prop_next(r);
	w[9] = proto;
	d4_put_be32(w + 12, any_address(r));
	d4_put_be32(w + 16, any_address(r));
	return 20;
}

/* Numbers that are, or are not, made from the addresses in front of them. */
static inline uint32_t
any_number(struct prop *r, const uint8_t *ip)
{
	uint32_t end = d4_get_be32(ip + (prop_below(r, 2) ? 12 : 16));

	switch (prop_below(r, 12)) {
	case 0:
		return end;
	case 1:
		return end + 1;
	case 2:
		return __builtin_bswap32(end);
	default:
		return (uint32_t)prop_next(r);
	}
}

/* SACK, a kept option, with an address in it now and then, as text or bytes. */
static inline size_t
put_options(struct prop *r, uint8_t *w, const uint8_t *ip)
{
	static const uint8_t usual[20] = {
	    2, 4, 5, 180, 4, 2, 8, 10, 0, 1, 2, 3, 0, 0, 9, 9, 1, 3, 3, 7};

	char text[32];

	if (prop_below(r, 3) == 0)
		return 0;
	memcpy(w, usual, sizeof(usual));
	if (prop_below(r, 3) != 0)
		return sizeof(usual);
	w[0] = 5;
	w[1] = 18;
	d4_put_be32(w + 4, any_number(r, ip));
	if (prop_below(r, 4) == 0) {
		(void)snprintf(text, sizeof(text), " %u.%u.%u.%u         ",
		    ip[16], ip[17], ip[18], ip[19]);
		memcpy(w + 2, text, 16);
	}
	w[18] = 1;
	w[19] = prop_below(r, 2) ? 0 : 1;
	return sizeof(usual);
}

static inline size_t
put_tcp(struct prop *r, uint8_t *w)
{
	size_t n = put_ip4(r, w, 6, 20), more;
	uint8_t *t = w + n;

	d4_put_be16(t, any_port(r));
	d4_put_be16(t + 2, any_port(r));
	d4_put_be32(t + 4, any_number(r, w));
	d4_put_be32(t + 8, any_number(r, w));
	d4_put_be32(t + 12, (uint32_t)prop_next(r));
	d4_put_be32(t + 16, (uint32_t)prop_next(r));
	more = put_options(r, t + 20, w);
	t[12] = (uint8_t)((20 + more) << 2 | prop_below(r, 16));
	if (prop_below(r, 50) == 0) /* as masscan makes them */
		d4_put_be16(
		    w + 4, (uint16_t)(d4_get_be16(w + 18) ^ d4_get_be16(t + 2) ^
				      d4_get_be16(t + 6)));
	d4_put_be16(w + 2, (uint16_t)(n + 20 + more + prop_below(r, 30)));
	return n + 20 + more;
}

static inline size_t
put_udp(struct prop *r, uint8_t *w)
{
	size_t data = prop_below(r, 40), n = put_ip4(r, w, 17, 8 + data);

	d4_put_be16(w + n, any_port(r));
	d4_put_be16(w + n + 2, any_port(r));
	d4_put_be16(w + n + 4, (uint16_t)(8 + data));
	d4_put_be16(w + n + 6, (uint16_t)prop_next(r));
	return n + 8 + data;
}

static inline size_t
put_icmp(struct prop *r, uint8_t *w)
{
	static const uint8_t types[] = {3, 3, 3, 11, 11, 5, 8, 0, 12, 4};
	size_t n = put_ip4(r, w, 1, 8), quote;
	uint8_t *c = w + n;

	c[0] = types[prop_below(r, sizeof(types))];
	c[1] = (uint8_t)prop_below(r, 6);
	d4_put_be32(c + 4, (uint32_t)prop_next(r));
	quote = prop_below(r, 2) ? put_udp(r, c + 8) : put_tcp(r, c + 8);
	d4_put_be16(w + 2, (uint16_t)(n + 8 + quote));
	if (prop_below(r, 2) == 0) /* the one that is answered */
		memcpy(c + 8 + 12, w + 16, 4);
	return n + 8 + quote;
}

static inline size_t
put_packet(struct prop *r, uint8_t *w)
{
	static const uint8_t ether[14] = {
	    2, 0, 0, 0, 0, 1, 2, 66, 10, 1, 0, 2, 8, 0};
	static const uint8_t groups[2][6] = {
	    {1, 0, 0x5e, 1, 2, 3}, {255, 255, 255, 255, 255, 255}};
	size_t kind = prop_below(r, 10);

	memcpy(w, ether, sizeof(ether));
	if (prop_below(r, 10) == 0)
		memcpy(w, groups[prop_below(r, 2)], 6);
	w += sizeof(ether);
	if (kind < 5)
		return sizeof(ether) + put_tcp(r, w);
	return sizeof(ether) + (kind < 7 ? put_udp(r, w) : put_icmp(r, w));
}

#endif
