/*
 * The packet family: pcap framing, and the order of things for one packet:
 * bpf, decode, match, sample, addresses and scope, link, headers, payload,
 * checksums, time, self-check. Any doubt on the way is a counted drop.
 *   opening = magic u32 | 2 u16 | 4 u16 | zone u32 | digits u32 |
 *             snaplen u32 | link type and FCS u32
 *   packet  = seconds u32 | fraction u32 | caplen u32 | len u32 | bytes
 */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/bpf.h"
#include "sanitizers/packet_mac.h"
#include "sanitizers/packet_family.h"

#define PCAP_OPENING 24u
#define PCAP_HEAD    16u

static void
packet_destroy(void *state)
{
	struct packet *s = state;

	san_map_free(s->p.map);
	san_token_free(s->p.mac);
	san_token_free(s->p.smp);
	san_bpf_free(s->p.bpf);
	free(s->p.macs);
	free(s);
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

static enum d4_status
packet_make(const struct san_make *m, void **state)
{
	struct packet *s = calloc(1, sizeof(*s));
	enum d4_status st;

	if (s == NULL)
		return D4_ENOMEM;
	san_opts_of(m->chain, &s->p.opt);
	st = packet_keys(s, m->keys);
	if (st != D4_OK) {
		packet_destroy(s);
		return st;
	}
	*state = s;
	return D4_OK;
}

static uint32_t
packet_get(const struct pkt_file *f, const uint8_t *b)
{
	return f->big ? d4_get_be32(b) : d4_get_le32(b);
}

static void
packet_put(const struct pkt_file *f, uint8_t *b, uint32_t v)
{
	if (f->big)
		d4_put_be32(b, v);
	else
		d4_put_le32(b, v);
}

static bool
packet_magic(const uint8_t *b, struct pkt_file *f)
{
	uint32_t be = d4_get_be32(b), le = d4_get_le32(b);

	f->big = be == 0xa1b2c3d4u || be == 0xa1b23c4du;
	f->nano = be == 0xa1b23c4du || le == 0xa1b23c4du;
	if (!f->big && le != 0xa1b2c3d4u && le != 0xa1b23c4du)
		return false;
	return packet_get(f, b + 4) == (f->big ? 0x00020004u : 0x00040002u);
}

/* The expression is compiled anew when a file has another link type. */
static enum d4_reason
packet_filter(struct packet *s)
{
	char why[D4_DIAG_TEXT];
	enum d4_status st;

	if (s->p.opt.bpf == NULL ||
	    (s->p.bpf != NULL && s->bpf_link == s->p.file.link))
		return D4_R_NONE;
	san_bpf_free(s->p.bpf);
	s->p.bpf = NULL;
	s->bpf_link = s->p.file.link;
	st = san_bpf_new(s->p.opt.bpf, s->bpf_link, why, &s->p.bpf);
	if (st == D4_OK)
		return D4_R_NONE;
	/* What cannot be asked of such packets matches none of them. */
	return st == D4_EINVAL ? D4_R_LINKTYPE : D4_R_INTERNAL;
}

/*
 * The opening is written anew: zone and digits as zero, snaplen at most what
 * we take, no FCS (it is cut from the packets).
 */
static enum d4_reason
packet_begin(void *state, struct d4_slice in, struct d4_buf *head)
{
	struct packet *s = state;
	struct pkt_file *f = &s->p.file;
	uint8_t w[PCAP_OPENING] = {0};
	uint32_t link, snap;

	if (in.n != PCAP_OPENING || !packet_magic(in.p, f))
		return D4_R_PCAP_MAGIC;
	link = packet_get(f, in.p + 20);
	f->link = (uint16_t)link;
	f->fcs = (link & 0x04000000u) != 0 ? (uint8_t)(link >> 28) * 2 : 0;
	if ((link & 0x0bff0000u) != 0 || !pkt_link_known(f->link))
		return D4_R_LINKTYPE;
	snap = packet_get(f, in.p + 16);
	memcpy(w, in.p, 8);
	packet_put(f, w + 16, snap < D4_CAPLEN_MAX ? snap : D4_CAPLEN_MAX);
	packet_put(f, w + 20, f->link);
	if (d4_buf_add(head, w, sizeof(w)) != D4_OK)
		return D4_R_INTERNAL;
	return packet_filter(s);
}

/* The time stamp, rounded and shifted; a fraction must be less than one. */
static enum d4_reason
packet_time(const struct packet *s, const uint8_t *in, uint8_t *out)
{
	const struct pkt_file *f = &s->p.file;
	uint64_t per_s = f->nano ? 1000000000 : 1000000, t;
	uint32_t fraction = packet_get(f, in + 4);

	if (fraction >= per_s)
		return D4_R_TIME_VALUE;
	if (s->p.opt.time.unit_us == 0 && !s->p.opt.time.shift) {
		memcpy(out, in, 8);
		return D4_R_NONE;
	}
	t = packet_get(f, in) * per_s + fraction;
	if (!san_when_apply(&s->p.opt.time, s->tshift, per_s, &t) ||
	    t / per_s > UINT32_MAX)
		return D4_R_TIME_VALUE;
	packet_put(f, out, (uint32_t)(t / per_s));
	packet_put(f, out + 4, (uint32_t)(t % per_s));
	return D4_R_NONE;
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

static enum d4_reason
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

/* From the record's header to the packet; `len` is that on the wire. */
static uint32_t
packet_enter(struct pkt *p, struct d4_slice rec)
{
	uint32_t len = packet_get(&p->file, rec.p + 12);
	size_t n = rec.n - PCAP_HEAD;

	len = len > p->file.fcs ? len - p->file.fcs : 0;
	p->in = d4_slice_of(rec.p + PCAP_HEAD, n < len ? n : len);
	p->nd = NULL;
	p->depth = 0;
	san_check_reset(&p->check);
	return len;
}

/* The record as it is about to leave. */
static enum d4_reason
packet_judge(const struct pkt *p, struct d4_slice rec)
{
	if (p->check.full)
		return D4_R_NESTING;
	return san_check_hit(&p->check, rec) ? D4_R_SELFCHECK : D4_R_NONE;
}

static enum d4_reason
packet_rewrite(struct packet *s, struct d4_slice rec, uint8_t *head)
{
	struct pkt *p = &s->p;
	uint32_t len = packet_enter(p, rec);
	enum d4_reason why;

	if (p->bpf != NULL && !san_bpf_run(p->bpf, p->in, len))
		return D4_R_BPF_MISS;
	why = packet_time(s, rec.p, head);
	if (why == D4_R_NONE)
		why = packet_layers(p);
	if (why != D4_R_NONE)
		return why;
	packet_put(&p->file, head + 8, (uint32_t)(p->w - head) - PCAP_HEAD);
	packet_put(&p->file, head + 12, len);
	return packet_judge(p, d4_slice_of(head, (size_t)(p->w - head)));
}

static enum san_outcome
packet_outcome(enum d4_reason why)
{
	if (why == D4_R_NONE)
		return SAN_FORWARD;
	return why == D4_R_SELFCHECK ? SAN_QUARANTINE : SAN_DROP;
}

static enum san_outcome
packet_record(
    void *state, struct d4_slice rec, struct d4_buf *out, enum d4_reason *why)
{
	struct packet *s = state;
	uint8_t *head;

	*why = D4_R_INTERNAL;
	assert(rec.n >= PCAP_HEAD);
	if (d4_buf_reserve(out, rec.n + PKT_SLACK) != D4_OK)
		return SAN_DROP;
	head = out->p + out->n;
	s->p.w = head + PCAP_HEAD;
	s->p.end = s->p.w + (rec.n - PCAP_HEAD) + PKT_SLACK;
	if (s->p.notes != NULL)
		pkt_notes_begin(&s->notes, head);
	*why = packet_rewrite(s, rec, head);
	if (*why == D4_R_NONE)
		out->n += (size_t)(s->p.w - head);
	return packet_outcome(*why);
}

/* The next one's header most likely stands where this one's stood. */
static void
packet_ahead(const void *state, struct d4_slice rec)
{
	const struct packet *s = state;
	size_t at = PCAP_HEAD + s->p.ip_at;

	if (s->p.map == NULL || rec.n < at + PKT_IP4)
		return;
	san_map_ahead4(s->p.map, d4_get_be32(rec.p + at + 12));
	san_map_ahead4(s->p.map, d4_get_be32(rec.p + at + 16));
}

/* With other steps too much of what is written hangs on the keys. */
static bool
packet_notes_fit(const struct san_opts *o)
{
	return o->addr != NULL && o->link != SAN_LINK_HMAC && o->sample <= 1 &&
	       !o->time.shift && !o->keep_status && !o->inner_incremental;
}

static bool
packet_trace(void *state, bool on)
{
	struct packet *s = state;

	s->p.notes = on && packet_notes_fit(&s->p.opt) ? &s->notes : NULL;
	return s->p.notes != NULL;
}

static struct d4_slice
packet_traced(const void *state)
{
	const struct pkt_notes *t = &((const struct packet *)state)->notes;

	return d4_slice_of(
	    t->note, pkt_notes_whole(t) ? t->n * sizeof(t->note[0]) : 0);
}

static enum san_outcome
packet_again(void *state, const struct san_again *a, struct d4_buf *out,
    enum d4_reason *why)
{
	struct pkt_note note[PKT_NOTES];
	struct packet *s = state;
	uint8_t *head;

	*why = D4_R_INTERNAL;
	assert(a->record.n >= PCAP_HEAD && a->notes.n <= sizeof(note));
	if (d4_buf_reserve(out, a->record.n + PKT_SLACK) != D4_OK)
		return SAN_DROP;
	memcpy(note, a->notes.p, a->notes.n); /* their alignment */
	head = out->p + out->n;
	memcpy(head, a->other.p, a->other.n);
	(void)packet_enter(&s->p, a->record);
	s->p.ip_at = note[0].in;
	*why = pkt_again(&s->p, note, a->notes.n / sizeof(note[0]), head);
	if (*why == D4_R_NONE)
		*why = packet_judge(&s->p, d4_slice_of(head, a->other.n));
	if (*why == D4_R_NONE)
		out->n += a->other.n;
	return packet_outcome(*why);
}

const struct san_family san_family_packets = {
    .name = "packets",
    .bit = SAN_PACKETS,
    .cutter = &d4_cutter_pcap,
    .make = packet_make,
    .destroy = packet_destroy,
    .begin = packet_begin,
    .record = packet_record,
    .ahead = packet_ahead,
    .trace = packet_trace,
    .traced = packet_traced,
    .again = packet_again,
    .compute = san_packet_class,
    .check = san_packet_check,
};
