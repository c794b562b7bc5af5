#include <string.h>
#include "sanitizers/packet_again.h"
#include "sanitizers/packet_mac.h"

/* Broadcast, IPv4 multicast, and no address at all: they name nobody. */
static bool
mac_names_nobody(const uint8_t *b)
{
	static const uint8_t all[6] = {255, 255, 255, 255, 255, 255}, none[6];

	return (b[0] == 1 && b[1] == 0 && b[2] == 0x5e && b[3] < 0x80) ||
	       memcmp(b, all, 6) == 0 || memcmp(b, none, 6) == 0;
}

static bool
mac_solicited(const uint8_t *b)
{
	return b[0] == 0x33 && b[1] == 0x33 && b[2] == 0xff;
}

/* 33:33:ff and 24 bits of an address, replaced as in the IPv6 group. */
static enum d4_reason
mac_snm(struct pkt *p, const uint8_t *in, uint8_t *out)
{
	uint8_t low[3];

	if (p->map == NULL)
		memcpy(low, in + 3, 3);
	else if (p->nd != NULL)
		memcpy(low, p->nd + 13, 3);
	else if (!san_map_snm(p->map, in + 3, low))
		return D4_R_INTERNAL;
	pkt_alone(p);
	memcpy(out, in, 3);
	memcpy(out + 3, low, 3);
	return D4_R_NONE;
}

static enum d4_reason
mac_hash(struct pkt *p, const uint8_t *in, uint8_t *out)
{
	uint32_t h = d4_get_be32(in + 2) * 2654435761u;
	struct pkt_mac *e = &p->macs->list[h >> 24];

	pkt_alone(p);
	if (!e->valid || memcmp(e->in, in, 6) != 0) {
		e->valid = false;
		if (san_token_mac(p->mac, in, e->out) != D4_OK)
			return D4_R_INTERNAL;
		memcpy(e->in, in, 6);
		e->valid = true;
	}
	memcpy(out, e->out, 6);
	return D4_R_NONE;
}

/*
 * Containers and virtual machines have addresses that end in their IPv4
 * address (02:42:0a:01:02:03), which may be one of the scope.
 */
static bool
mac_spells(const struct pkt *p, const uint8_t *in)
{
	struct d4_addr a = {.family = 4};

	if (p->opt.addr == NULL)
		return false;
	memcpy(a.b, in + 2, 4);
	return san_addr_verdict(p->opt.addr, &a) >= SAN_V_SCOPE;
}

enum d4_reason
pkt_mac(struct pkt *p, const uint8_t in[6], uint8_t out[6])
{
	if (mac_names_nobody(in)) {
		memcpy(out, in, 6);
		return D4_R_NONE;
	}
	if (p->opt.link == SAN_LINK_ZERO) {
		memset(out, 0, 6);
		return D4_R_NONE;
	}
	if (mac_solicited(in))
		return mac_snm(p, in, out);
	if (p->opt.link == SAN_LINK_HMAC)
		return mac_hash(p, in, out);
	memcpy(out, in, 6);
	if (mac_spells(p, in))
		memset(out + 2, 0, 4);
	return D4_R_NONE;
}
