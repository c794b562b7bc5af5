/*
 * Packets of type 1, and of type 4 when it is binary: pcap framing.
 *   opening = magic u32 | 2 u16 | 4 u16 | zone u32 | digits u32 |
 *             snaplen u32 | link type and FCS u32
 *   packet  = seconds u32 | fraction u32 | caplen u32 | len u32 | bytes
 */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/packet_dns.h"
#include "sanitizers/packet_plain.h"

#define PCAP_OPENING 24u
#define PCAP_HEAD    16u

static void
pcap_destroy(void *state)
{
	packet_fini(state);
	free(state);
}

static enum d4_status
pcap_make(const struct san_make *m, void **state)
{
	struct packet *s = calloc(1, sizeof(*s));
	enum d4_status st;

	if (s == NULL)
		return D4_ENOMEM;
	st = packet_init(s, m);
	if (st != D4_OK) {
		pcap_destroy(s);
		return st;
	}
	*state = s;
	return D4_OK;
}

static bool
pcap_magic(const uint8_t *b, struct pkt_file *f)
{
	uint32_t be = d4_get_be32(b), le = d4_get_le32(b);

	f->big = be == 0xa1b2c3d4u || be == 0xa1b23c4du;
	f->nano = be == 0xa1b23c4du || le == 0xa1b23c4du;
	if (!f->big && le != 0xa1b2c3d4u && le != 0xa1b23c4du)
		return false;
	return d4_get_32(f->big, b + 4) == (f->big ? 0x00020004u : 0x00040002u);
}

/*
 * The opening is written anew: zone and digits as zero, snaplen at most what
 * we take, no FCS (it is cut from the packets).
 */
static enum d4_reason
pcap_begin(void *state, struct d4_slice in, struct d4_buf *head)
{
	struct packet *s = state;
	struct pkt_file *f = &s->p.file;
	uint8_t w[PCAP_OPENING] = {0};
	enum d4_reason why;
	uint32_t link, snap;

	if (in.n != PCAP_OPENING || !pcap_magic(in.p, f))
		return D4_R_PCAP_MAGIC;
	link = d4_get_32(f->big, in.p + 20);
	if ((link & 0x0bff0000u) != 0)
		return D4_R_LINKTYPE;
	why = packet_link(s, (uint16_t)link,
	    (link & 0x04000000u) != 0 ? (uint8_t)(link >> 28) * 2 : 0);
	if (why != D4_R_NONE)
		return why;
	snap = d4_get_32(f->big, in.p + 16);
	memcpy(w, in.p, 8);
	d4_put_32(f->big, w + 16, snap < D4_CAPLEN_MAX ? snap : D4_CAPLEN_MAX);
	d4_put_32(f->big, w + 20, f->link);
	return d4_buf_add(head, w, sizeof(w)) == D4_OK ? D4_R_NONE
	                                               : D4_R_INTERNAL;
}

/* The time stamp, rounded and shifted; a fraction must be less than one. */
enum d4_reason
packet_time(const struct packet *s, const uint8_t *in, uint8_t *out)
{
	const struct pkt_file *f = &s->p.file;
	uint64_t per_s = f->nano ? 1000000000 : 1000000, t;
	uint32_t fraction = d4_get_32(f->big, in + 4);

	if (fraction >= per_s)
		return D4_R_TIME_VALUE;
	if (s->p.opt.time.unit_us == 0 && !s->p.opt.time.shift) {
		memcpy(out, in, 8);
		return D4_R_NONE;
	}
	t = d4_get_32(f->big, in) * per_s + fraction;
	if (!san_when_apply(&s->p.opt.time, s->tshift, per_s, &t) ||
	    t / per_s > UINT32_MAX)
		return D4_R_TIME_VALUE;
	d4_put_32(f->big, out, (uint32_t)(t / per_s));
	d4_put_32(f->big, out + 4, (uint32_t)(t % per_s));
	return D4_R_NONE;
}

static enum san_dated
pcap_when(void *state, struct d4_slice rec, uint64_t *t_s)
{
	*t_s = d4_get_32(((const struct packet *)state)->p.file.big, rec.p);
	return SAN_DATED;
}

/* From the record to its packet; answers its length on the wire. */
static uint32_t
pcap_enter(struct pkt *p, struct d4_slice rec)
{
	uint32_t len = d4_get_32(p->file.big, rec.p + 12);

	(void)d4_slice_skip(&rec, PCAP_HEAD);
	return packet_enter(p, rec, len);
}

static enum d4_reason
pcap_rewrite(struct packet *s, struct d4_slice rec, uint8_t *head)
{
	struct pkt *p = &s->p;
	uint32_t len = pcap_enter(p, rec), n;
	enum d4_reason why;

	if (!packet_wanted(p, len))
		return D4_R_BPF_MISS;
	why = packet_time(s, rec.p, head);
	if (why == D4_R_NONE)
		why = packet_layers(p);
	if (why != D4_R_NONE)
		return why;
	n = (uint32_t)(p->w - head) - PCAP_HEAD;
	d4_put_32(p->file.big, head + 8, n);
	d4_put_32(p->file.big, head + 12, p->whole ? n : len);
	return packet_judge(p, d4_slice_of(head, (size_t)(p->w - head)));
}

static enum san_outcome
pcap_record(
    void *state, struct d4_slice rec, struct d4_buf *out, enum d4_reason *why)
{
	struct packet *s = state;
	uint8_t *head;

	*why = D4_R_INTERNAL;
	assert(rec.n >= PCAP_HEAD);
	if (d4_buf_reserve(out, rec.n + pkt_slack(&s->p)) != D4_OK)
		return SAN_DROP;
	head = out->p + out->n;
	s->p.w = head + PCAP_HEAD;
	s->p.end = s->p.w + (rec.n - PCAP_HEAD) + pkt_slack(&s->p);
	if (s->p.notes != NULL)
		pkt_notes_begin(&s->notes, head);
	*why = pcap_rewrite(s, rec, head);
	if (*why == D4_R_NONE)
		out->n += (size_t)(s->p.w - head);
	return packet_outcome(*why);
}

/* The next one's header most likely stands where this one's stood. */
static void
pcap_ahead(const void *state, struct d4_slice rec)
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
pcap_notes_fit(const struct san_opts *o)
{
	return o->addr != NULL && o->payload.kind != SAN_PAYLOAD_DNS &&
	       o->link != SAN_LINK_HMAC && o->sample <= 1 && !o->time.shift &&
	       !o->keep_status && !o->inner_incremental;
}

static bool
pcap_trace(void *state, struct d4_buf *notes)
{
	struct packet *s = state;

	s->notes.to = notes;
	s->p.notes =
	    notes != NULL && pcap_notes_fit(&s->p.opt) ? &s->notes : NULL;
	return s->p.notes != NULL;
}

static size_t
pcap_traced(const void *state)
{
	const struct pkt_notes *t = &((const struct packet *)state)->notes;

	return pkt_notes_whole(t) ? t->n * sizeof(t->note[0]) : 0;
}

static enum san_outcome
pcap_again(void *state, const struct san_again *a, struct d4_buf *out,
    enum d4_reason *why)
{
	/* Notes of one family only, so they stand as they are aligned. */
	const struct pkt_note *note = (const void *)a->notes.p;
	struct packet *s = state;
	uint8_t *head;

	*why = D4_R_INTERNAL;
	assert(a->record.n >= PCAP_HEAD && a->notes.n >= sizeof(*note) &&
	       (uintptr_t)note % _Alignof(struct pkt_note) == 0);
	if (d4_buf_reserve(out, a->record.n + PKT_SLACK) != D4_OK)
		return SAN_DROP;
	head = out->p + out->n;
	memcpy(head, a->other.p, a->other.n);
	(void)pcap_enter(&s->p, a->record);
	*why = pkt_again(&s->p, note, a->notes.n / sizeof(*note), head);
	if (*why == D4_R_NONE)
		*why = packet_judge(&s->p, d4_slice_of(head, a->other.n));
	if (*why == D4_R_NONE)
		out->n += a->other.n;
	return packet_outcome(*why);
}

static size_t
pcap_run(void *state, const struct san_led_run *r)
{
	return pkt_run(&((struct packet *)state)->p, r, PCAP_HEAD);
}

static size_t
pcap_plain(void *state, struct d4_slice data, struct d4_buf *out, size_t *bytes,
    struct san_led *led)
{
	return pkt_plain(state, data, out, bytes, led);
}

const struct san_family san_family_packets = {
    .name = "packets",
    .bit = SAN_PACKETS,
    .cutter = &d4_cutter_pcap,
    .make = pcap_make,
    .destroy = pcap_destroy,
    .begin = pcap_begin,
    .record = pcap_record,
    .when = pcap_when,
    .ahead = pcap_ahead,
    .plain = pcap_plain,
    .trace = pcap_trace,
    .traced = pcap_traced,
    .again = pcap_again,
    .run = pcap_run,
    .compute = san_packet_class,
    .check = san_packet_check,
};
