/*
 * GRE and what it carries besides IP:
 *   GRE (RFC 2784, 2890, NVGRE: RFC 7637) = C0KS.... u8 | 0 | type u16 |
 *           [checksum u16 | 0 u16] | [key u32] | [sequence u32] | inside
 *   ERSPAN (draft-foschiano-erspan-03)
 *     I   = type 88be without a sequence number: Ethernet
 *     II  = type 88be: version 1 and VLAN u16 | COS, En, T, session u16 |
 *           port index u32 | Ethernet
 *     III = type 22eb: version 2 and VLAN u16 | COS, BSO, T, session u16 |
 *           time u32 | group u16 | P, FT, hardware, D, Gra, O u16 |
 *           [platform u8[8], if O] | Ethernet or IP
 * Keys, sessions, VLANs, ports and groups name a customer or a place: zero,
 * unless `tags: keep` (keys, VLANs, sessions); times, which no step rounds,
 * and what a platform adds are zero.
 */
#include <string.h>
#include "sanitizers/packet_tunnel.h"

#define GRE_CHECKSUM 0x80u
#define GRE_KEY      0x20u
#define GRE_SEQUENCE 0x10u
#define GRE_ERSPAN   0x88beu
#define GRE_ERSPAN3  0x22ebu

#define ERSPAN2_HEAD     8u
#define ERSPAN3_HEAD     12u
#define ERSPAN3_PLATFORM 8u
#define ERSPAN_COS_T     0xe4u /* of the third byte */
#define ERSPAN_FT        0x7cu /* of the eleventh */
#define ERSPAN_IP        2u    /* a frame type: no link layer */

/* Version, class and that a frame was cut; the rest are names. */
static void
erspan_put(const struct pkt *p, const uint8_t *b, uint8_t *w)
{
	w[0] = b[0] & 0xf0;
	w[2] = b[2] & ERSPAN_COS_T;
	if (!p->opt.tags_keep)
		return;
	memcpy(w, b, 2);
	w[2] = b[2] & (ERSPAN_COS_T | 3);
	w[3] = b[3];
}

static bool
erspan2(const struct pkt *p, struct d4_slice b, struct pkt_tunnel *t)
{
	const uint8_t *at = b.p + t->n;

	if (b.n - t->n <= ERSPAN2_HEAD || at[0] >> 4 != 1)
		return false;
	erspan_put(p, at, t->head + t->n);
	t->n += ERSPAN2_HEAD;
	return true;
}

static bool
erspan3(const struct pkt *p, struct d4_slice b, struct pkt_tunnel *t)
{
	const uint8_t *at = b.p + t->n;
	uint8_t *w = t->head + t->n;
	size_t n = ERSPAN3_HEAD;
	unsigned kind;

	if (b.n - t->n <= n || at[0] >> 4 != 2)
		return false;
	kind = (at[10] & ERSPAN_FT) >> 2;
	if (kind != 0 && kind != ERSPAN_IP)
		return false;
	if ((at[11] & 1) != 0)
		n += ERSPAN3_PLATFORM;
	if (b.n - t->n <= n)
		return false;
	erspan_put(p, at, w);
	w[10] = at[10] & ERSPAN_FT;
	w[11] = at[11] & 1;
	t->n += n;
	if (kind == ERSPAN_IP)
		t->inside = PKT_INSIDE_IP;
	return true;
}

/* What the type says is inside, t->n bytes of b being read and written. */
static bool
gre_inside(const struct pkt *p, struct d4_slice b, struct pkt_tunnel *t)
{
	uint16_t type = d4_get_be16(b.p + 2);

	t->inside = PKT_INSIDE_ETHERNET;
	if (type == GRE_ERSPAN)
		return (b.p[0] & GRE_SEQUENCE) == 0 || erspan2(p, b, t);
	if (type == GRE_ERSPAN3)
		return erspan3(p, b, t);
	t->inside = type;
	return pkt_inside_known(type);
}

/* Routing (RFC 1701) is obsolete, version 1 is PPTP's: cut. */
bool
pkt_gre(const struct pkt *p, struct d4_slice b, struct pkt_tunnel *t)
{
	uint8_t flags = b.n < 4 ? 0xff : b.p[0];
	size_t key;

	if ((flags & ~(GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE)) != 0 ||
	    b.p[1] != 0)
		return false;
	t->sum = (flags & GRE_CHECKSUM) != 0;
	key = t->sum ? 8 : 4;
	t->n = key + ((flags & GRE_KEY) != 0 ? 4u : 0u) +
	       ((flags & GRE_SEQUENCE) != 0 ? 4u : 0u);
	if (b.n <= t->n)
		return false;
	t->head[0] = flags;
	memcpy(t->head + 2, b.p + 2, 2);
	/* The last byte of NVGRE's is made from the packet inside. */
	if (p->opt.tags_keep && (flags & GRE_KEY) != 0)
		memcpy(t->head + key, b.p + key, 3);
	return gre_inside(p, b, t);
}
