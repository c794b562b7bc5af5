/* What IPv4 and IPv6 have in common: addresses replaced and remembered. */
#include <string.h>
#include "sanitizers/packet_again.h"

/* Does the self-check look for an address that was replaced so? */
static bool
ip_protected(const struct pkt *p, enum san_what what)
{
	if (what == SAN_WHAT_SCOPED)
		return true;
	return what == SAN_WHAT_MAPPED && p->opt.addr->scope.n == 0;
}

enum d4_reason
pkt_map4(struct pkt *p, uint32_t in, uint32_t *out, bool *scoped)
{
	enum d4_reason why;

	p->what = SAN_WHAT_KEPT;
	if (p->map == NULL) {
		*out = in;
		return D4_R_NONE;
	}
	why = san_map_ip4(p->map, in, out, &p->what);
	if (p->notes != NULL)
		pkt_note_map(p);
	*scoped = p->what == SAN_WHAT_SCOPED;
	if (why == D4_R_NONE && *out != in && ip_protected(p, p->what))
		san_check_add4(&p->check, in);
	return why;
}

static enum d4_reason
ip_replace6(struct pkt *p, const uint8_t *in, struct d4_addr *out, bool *scoped)
{
	struct d4_addr a = {.family = 6};
	struct san_mapped m;
	enum d4_reason why;

	memcpy(a.b, in, 16);
	*out = a;
	if (p->map == NULL)
		return D4_R_NONE;
	pkt_alone(p);
	m.what = SAN_WHAT_KEPT;
	why = san_map_addr(p->map, &a, &m);
	*scoped = m.what == SAN_WHAT_SCOPED;
	if (why != D4_R_NONE)
		return why;
	*out = m.addr;
	for (unsigned i = 0; i < m.n_inner; i++)
		san_check_add4(&p->check, m.inner[i]);
	if (ip_protected(p, m.what) && memcmp(m.addr.b, in, 16) != 0)
		san_check_add6(&p->check, in);
	return D4_R_NONE;
}

enum d4_reason
pkt_map4_at(struct pkt *p, const uint8_t *in, uint8_t *out)
{
	enum d4_reason why;
	bool scoped;
	uint32_t v;

	why = pkt_map4(p, d4_get_be32(in), &v, &scoped);
	if (why == D4_R_NONE)
		d4_put_be32(out, v);
	return why;
}

enum d4_reason
pkt_map6_at(struct pkt *p, const uint8_t *in, uint8_t *out)
{
	enum d4_reason why;
	struct d4_addr v;
	bool scoped;

	why = ip_replace6(p, in, &v, &scoped);
	if (why == D4_R_NONE)
		memcpy(out, v.b, 16);
	return why;
}

bool
pkt_scope_met(const struct pkt *p, bool src, bool dst)
{
	if (p->opt.addr == NULL)
		return true;
	switch (p->opt.addr->require) {
	case SAN_REQUIRE_NONE:
		return true;
	case SAN_REQUIRE_ANY:
		return src || dst;
	case SAN_REQUIRE_SRC:
		return src;
	case SAN_REQUIRE_DST:
		return dst;
	}
	return false;
}

/* The group that asks for a target has the target's last 24 bits. */
static void
ip_solicited(const struct pkt *p, struct pkt_ip *ip)
{
	static const uint8_t head[13] = {
	    0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

	if (p->nd != NULL && memcmp(ip->dst.b, head, sizeof(head)) == 0)
		memcpy(ip->to_dst.b + 13, p->nd + 13, 3);
}

/* The target first: it decides what its group and MAC address become. */
static enum d4_reason
ip_target(struct pkt *p, const struct pkt_ip *ip)
{
	const uint8_t *target = pkt_nd_target(ip);
	enum d4_reason why;

	p->nd = NULL;
	if (target == NULL || p->map == NULL)
		return D4_R_NONE;
	why = pkt_map6_at(p, target, p->nd_target);
	if (why == D4_R_NONE)
		p->nd = p->nd_target;
	return why;
}

/* Which ends the checksum covers; nearly always those of the header. */
static enum d4_reason
ip_ends(struct pkt *p, struct pkt_ip *ip)
{
	const uint8_t *ends[2] = {NULL, NULL};
	enum d4_reason why = D4_R_NONE;
	bool scoped;

	ip->home = ip->src;
	ip->to_home = ip->to_src;
	ip->final = ip->dst;
	ip->to_final = ip->to_dst;
	if (ip->ext.n == 0)
		return D4_R_NONE;
	pkt_ext_ends(ip, ends);
	if (ends[0] != NULL) {
		memcpy(ip->home.b, ends[0], 16);
		why = ip_replace6(p, ends[0], &ip->to_home, &scoped);
	}
	if (ends[1] != NULL && why == D4_R_NONE) {
		memcpy(ip->final.b, ends[1], 16);
		why = ip_replace6(p, ends[1], &ip->to_final, &scoped);
	}
	return why;
}

static enum d4_reason
ip_map6(struct pkt *p, struct pkt_ip *ip, enum d4_reason *second)
{
	enum d4_reason why = ip_target(p, ip);

	if (why != D4_R_NONE)
		return why;
	why = ip_replace6(p, ip->src.b, &ip->to_src, &ip->src_scoped);
	*second = ip_replace6(p, ip->dst.b, &ip->to_dst, &ip->dst_scoped);
	ip_solicited(p, ip);
	return why != D4_R_NONE ? why : ip_ends(p, ip);
}

enum d4_reason
pkt_ip_map(struct pkt *p, struct pkt_ip *ip)
{
	enum d4_reason why, second = D4_R_NONE;

	ip->src_scoped = false;
	ip->dst_scoped = false;
	if (ip->version == 6) {
		why = ip_map6(p, ip, &second);
	} else {
		why = pkt_map4(p, ip->src4, &ip->to_src4, &ip->src_scoped);
		second = pkt_map4(p, ip->dst4, &ip->to_dst4, &ip->dst_scoped);
	}
	if (p->depth == 0 && !pkt_scope_met(p, ip->src_scoped, ip->dst_scoped))
		return D4_R_SCOPE_MISS;
	if (why == D4_R_NONE)
		why = second;
	if (why == D4_R_NONE)
		pkt_fixup(p, ip);
	return why;
}

enum d4_reason
pkt_ip_write(struct pkt *p, struct pkt_ip *ip)
{
	p->ip_out = p->w;
	return ip->version == 6 ? pkt_ip6_write(p, ip) : pkt_ip4_write(p, ip);
}
