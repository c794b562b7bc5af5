/*
 * The packet family's engine, whatever the framing of the file is: bpf,
 * decode, match, sample, addresses and scope, link, headers, payload,
 * checksums, self-check. Any doubt on the way is a counted drop.
 */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/bpf.h"
#include "sanitizers/packet_dns.h"
#include "sanitizers/packet_family.h"
#include "sanitizers/packet_mac.h"

void
packet_fini(struct packet *s)
{
	san_map_free(s->p.map);
	san_token_free(s->p.mac);
	san_token_free(s->p.smp);
	for (unsigned i = 0; i < s->n_filter; i++)
		san_bpf_free(s->filter[i].bpf);
	free(s->p.macs);
	free(s->p.dns);
}

static enum d4_status
packet_keys(struct packet *s, const struct san_keys *k)
{
	struct pkt *p = &s->p;
	enum d4_status st = D4_OK;

	if (p->opt.addr != NULL)
		st = san_map_new(p->opt.addr, k, &p->map);
	if (st == D4_OK && p->opt.link == SAN_LINK_HMAC) {
		p->macs = calloc(1, sizeof(*p->macs));
		st = p->macs != NULL ? san_token_new(k->mac, &p->mac)
		                     : D4_ENOMEM;
	}
	if (st == D4_OK && p->opt.sample > 1)
		st = san_token_new(k->tok, &p->smp);
	if (p->opt.time.shift)
		memcpy(s->tshift, k->tshift, sizeof(s->tshift));
	return st;
}

enum d4_status
packet_init(struct packet *s, const struct san_make *m)
{
	san_opts_of(m->chain, &s->p.opt);
	if (s->p.opt.payload.kind == SAN_PAYLOAD_DNS) {
		s->p.dns = calloc(1, sizeof(*s->p.dns));
		if (s->p.dns == NULL)
			return D4_ENOMEM;
	}
	return packet_keys(s, m->keys);
}

/* The expression is compiled once for each link type. */
static enum d4_reason
packet_compile(struct packet *s, uint16_t link)
{
	char why[D4_DIAG_TEXT];
	enum d4_status st;

	assert(s->n_filter < PACKET_LINKS);
	st = san_bpf_new(s->p.opt.bpf, link, why, &s->filter[s->n_filter].bpf);
	/* What cannot be asked of such packets matches none of them. */
	if (st != D4_OK)
		return st == D4_EINVAL ? D4_R_LINKTYPE : D4_R_INTERNAL;
	s->filter[s->n_filter++].link = link;
	return D4_R_NONE;
}

enum d4_reason
packet_link(struct packet *s, uint16_t link, uint8_t fcs)
{
	enum d4_reason why;
	unsigned i = 0;

	if (!pkt_link_known(link))
		return D4_R_LINKTYPE;
	s->p.file.link = link;
	s->p.file.fcs = fcs;
	s->p.bpf = NULL;
	if (s->p.opt.bpf == NULL)
		return D4_R_NONE;
	while (i < s->n_filter && s->filter[i].link != link)
		i++;
	why = i < s->n_filter ? D4_R_NONE : packet_compile(s, link);
	if (why == D4_R_NONE)
		s->p.bpf = s->filter[i].bpf;
	return why;
}

static enum d4_reason
packet_ip(struct pkt *p, const struct pkt_link *l, struct d4_slice in)
{
	struct pkt_ip ip;
	enum d4_reason why;

	/* The version must be the one that the link layer announced. */
	why = l->ether == PKT_ETH_IP6 ? pkt_ip6_decode(in, &ip)
	                              : pkt_ip4_decode(in, &ip);
	if (why == D4_R_NONE && !pkt_match(p, &ip))
		why = D4_R_MATCH_MISS;
	if (why == D4_R_NONE && p->opt.concerns != NULL &&
	    !pkt_concerns(p, &ip))
		why = D4_R_CONCERNS_MISS;
	if (why == D4_R_NONE)
		why = pkt_sample(p, &ip);
	if (why == D4_R_NONE)
		why = pkt_ip_map(p, &ip);
	if (why == D4_R_NONE)
		why = pkt_link_write(p, l);
	if (why == D4_R_NONE)
		why = pkt_ip_write(p, &ip);
	return why != D4_R_NONE ? why : pkt_l4_write(p, &ip);
}

enum d4_reason
packet_layers(struct pkt *p)
{
	struct pkt_link l;
	struct d4_slice in = p->in;
	enum d4_reason why;

	why = pkt_link_decode(p, &l);
	if (why != D4_R_NONE)
		return why;
	(void)d4_slice_skip(&in, l.at[l.n]);
	p->ip_at = l.at[l.n];
	if (l.ether == PKT_ETH_ARP || l.ether == PKT_ETH_RARP)
		return pkt_arp(p, &l, in);
	return packet_ip(p, &l, in);
}

uint32_t
packet_enter(struct pkt *p, struct d4_slice data, uint32_t len)
{
	len = len > p->file.fcs ? len - p->file.fcs : 0;
	p->in = d4_slice_of(data.p, data.n < len ? data.n : len);
	p->nd = NULL;
	p->depth = 0;
	p->whole = false;
	san_check_reset(&p->check);
	return len;
}

bool
packet_wanted(const struct pkt *p, uint32_t len)
{
	return p->bpf == NULL || san_bpf_run(p->bpf, p->in, len);
}

enum d4_reason
packet_judge(const struct pkt *p, struct d4_slice rec)
{
	if (p->check.full)
		return D4_R_NESTING;
	return san_check_hit(&p->check, rec) ? D4_R_SELFCHECK : D4_R_NONE;
}

enum san_outcome
packet_outcome(enum d4_reason why)
{
	if (why == D4_R_NONE)
		return SAN_FORWARD;
	return why == D4_R_SELFCHECK ? SAN_QUARANTINE : SAN_DROP;
}
