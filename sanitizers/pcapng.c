/*
 * Packets of type 5: pcapng framing. Blocks are rebuilt, never edited.
 *   packet = 6 | length | interface u32 | time u64 | caplen u32 | len u32 |
 *            data, padded | [epb_flags] [epb_dropcount] [end] | length
 *   packet = 3 | length | len u32 | data, padded | length       (simple)
 * All other blocks (names, keys, counters, journals, custom ones) hold no
 * packet and are dropped, as are all other options (comments, hashes).
 *
 * A simple packet cannot say that it was cut: its data are what it had on the
 * wire, up to the interface's snaplen. What is cut off it is zeros instead,
 * and checksums are made as if it were (packet_l4.c).
 */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/packet_dns.h"
#include "sanitizers/pcapng.h"

#define NG_DATA      28u /* where the data of an enhanced packet begin */
#define NG_DATA_SIMP 12u
#define NG_FLAGS     2u
#define NG_DROPCOUNT 4u
/* Direction, reception, link-layer errors; FCS length and the rest not. */
#define NG_FLAGS_KEPT 0xff00001fu

/* struct ng_options -- of an enhanced packet, as far as they leave. */
struct ng_options {
	bool flags_there, drops_there;
	uint32_t flags;
	uint8_t drops[8];
};

static void
ng_destroy(void *state)
{
	struct ng *g = state;

	packet_fini(&g->packet);
	d4_buf_fini(&g->opening);
	d4_buf_fini(&g->told);
	free(g->face);
	free(g);
}

static enum d4_status
ng_make(const struct san_make *m, void **state)
{
	struct ng *g = calloc(1, sizeof(*g));
	enum d4_status st;

	if (g == NULL)
		return D4_ENOMEM;
	g->tally = m->tally;
	d4_buf_init(&g->opening, D4_OPENING_MAX);
	d4_buf_init(&g->told, D4_OPENING_MAX);
	st = packet_init(&g->packet, m);
	if (st != D4_OK) {
		ng_destroy(g);
		return st;
	}
	*state = g;
	return D4_OK;
}

/* How many bytes of an opening go on from another one: all, or none. */
static size_t
ng_goes_on(const struct d4_buf *was, struct d4_slice in)
{
	if (was->n == 0 || was->n > in.n || memcmp(was->p, in.p, was->n) != 0)
		return 0;
	return was->n;
}

static enum d4_reason
ng_begin_known(struct ng *g, struct d4_slice in, const struct ng_known *known,
    struct d4_buf *head)
{
	g->untold = true;
	g->opening.n = 0;
	if (d4_buf_add(&g->opening, in.p, in.n) != D4_OK)
		return D4_R_INTERNAL;
	return ng_opening(g, in, known, head);
}

static enum d4_reason
ng_begin(void *state, struct d4_slice in, struct d4_buf *head)
{
	const struct ng_known none = {0, 0};
	struct ng *g = state;

	g->told.n = 0;
	return ng_begin_known(g, in, &none, head);
}

/* More interfaces of the section that the output has follow it. */
static enum d4_reason
ng_turn(void *state, struct d4_slice in, struct d4_buf *head)
{
	struct ng *g = state;
	const struct ng_known known = {ng_goes_on(&g->told, in),
	    ng_goes_on(g->untold ? &g->opening : &g->told, in)};

	return ng_begin_known(g, in, &known, head);
}

/* A record leaves, and its opening is in front of it. */
static void
ng_tell(struct ng *g)
{
	struct d4_buf was = g->told;

	if (!g->untold)
		return;
	g->told = g->opening;
	g->opening = was;
	g->untold = false;
}

/* ---- options of packets ---- */

static void
ng_take(struct ng *g, const struct ng_option *o, struct ng_options *out)
{
	if (o->code == NG_FLAGS && o->value.n == 4 && !out->flags_there) {
		out->flags_there = true;
		out->flags = d4_get_32(g->big, o->value.p);
	} else if (o->code == NG_DROPCOUNT && o->value.n == 8 &&
		   !out->drops_there) {
		out->drops_there = true;
		memcpy(out->drops, o->value.p, 8);
	} else {
		ng_stripped(g);
	}
}

static bool
ng_options(struct ng *g, struct d4_slice at, struct ng_options *out)
{
	struct ng_option o;
	enum d4_status st;

	*out = (struct ng_options){.flags = 0};
	while ((st = ng_option(g, &at, &o)) == D4_OK)
		ng_take(g, &o, out);
	return st == D4_END;
}

/* Writes them at w; answers their bytes. */
static size_t
ng_put_options(const struct ng *g, const struct ng_options *o, uint8_t *w)
{
	uint8_t flags[4];
	size_t n = 0;

	d4_put_32(g->big, flags, o->flags & NG_FLAGS_KEPT);
	if (o->flags_there)
		n += ng_put_option(g, w, NG_FLAGS, d4_slice_of(flags, 4));
	if (o->drops_there)
		n += ng_put_option(
		    g, w + n, NG_DROPCOUNT, d4_slice_of(o->drops, 8));
	if (n != 0)
		n += ng_put_option(g, w + n, 0, d4_slice_of(NULL, 0));
	return n;
}

/* ---- packets ---- */

/* The engine expects packets of this interface. */
static enum d4_reason
ng_face(struct ng *g, size_t i, const struct ng_face **out)
{
	const struct ng_face *f;

	if (i >= g->n)
		return D4_R_PCAPNG_BLOCK;
	f = &g->face[i];
	*out = f;
	if (f->why != D4_R_NONE || g->now == i + 1)
		return f->why;
	g->now = i + 1;
	return packet_link(&g->packet, f->link, f->fcs);
}

/* From `head` on: length, padding and end; options are there behind p->w. */
static struct d4_slice
ng_close(const struct ng *g, uint8_t *head, size_t n)
{
	d4_put_32(g->big, head + 4, (uint32_t)n + 4);
	d4_put_32(g->big, head + n, (uint32_t)n + 4);
	return d4_slice_of(head, n + 4);
}

static size_t
ng_pad(uint8_t *head, size_t n)
{
	for (; n % 4 != 0; n++)
		head[n] = 0;
	return n;
}

static enum d4_reason
ng_put_time(const struct ng *g, const struct ng_face *f, const uint8_t *in,
    uint8_t *out)
{
	const struct san_when *w = &g->packet.p.opt.time;
	uint64_t t =
	    (uint64_t)d4_get_32(g->big, in) << 32 | d4_get_32(g->big, in + 4);

	if (!ng_time(f, t, &t))
		return D4_R_TIME_VALUE;
	if ((w->unit_us != 0 || w->shift) &&
	    !san_when_apply(w, g->packet.tshift, f->per_s, &t))
		return D4_R_TIME_VALUE;
	d4_put_32(g->big, out, (uint32_t)(t >> 32));
	d4_put_32(g->big, out + 4, (uint32_t)t);
	return D4_R_NONE;
}

/* The packet at p->w; *len: its length on the wire. */
static enum d4_reason
ng_rewrite(struct pkt *p, struct d4_slice data, uint32_t *len)
{
	const uint8_t *at = p->w;
	enum d4_reason why;

	*len = packet_enter(p, data, *len);
	if (!packet_wanted(p, *len))
		return D4_R_BPF_MISS;
	why = packet_layers(p);
	if (p->whole)
		*len = (uint32_t)(p->w - at);
	return why;
}

static enum d4_reason
ng_enhanced(
    struct ng *g, struct d4_slice b, uint8_t *head, struct d4_slice *out)
{
	uint32_t cap = d4_get_32(g->big, b.p + 20),
		 len = d4_get_32(g->big, b.p + 24);
	struct pkt *p = &g->packet.p;
	const struct ng_face *f = NULL;
	struct ng_options o;
	enum d4_reason why;
	size_t n = NG_DATA + ((size_t)cap + 3) / 4 * 4;

	if (cap > D4_CAPLEN_MAX || n + 4 > b.n)
		return D4_R_PCAPNG_BLOCK;
	why = ng_face(g, d4_get_32(g->big, b.p + 8), &f);
	if (why == D4_R_NONE &&
	    !ng_options(g, d4_slice_of(b.p + n, b.n - n - 4), &o))
		why = D4_R_PCAPNG_BLOCK;
	if (why != D4_R_NONE)
		return why;
	if ((o.flags >> 5 & 15) != 0) /* this packet's own FCS */
		p->file.fcs = (uint8_t)(o.flags >> 5 & 15);
	why = ng_rewrite(p, d4_slice_of(b.p + NG_DATA, cap), &len);
	p->file.fcs = f->fcs;
	if (why == D4_R_NONE)
		why = ng_put_time(g, f, b.p + 12, head + 12);
	if (why != D4_R_NONE)
		return why;
	d4_put_32(g->big, head, NG_ENHANCED);
	d4_put_32(g->big, head + 8, d4_get_32(g->big, b.p + 8));
	d4_put_32(g->big, head + 20, (uint32_t)(p->w - head) - NG_DATA);
	d4_put_32(g->big, head + 24, len);
	n = ng_pad(head, (size_t)(p->w - head));
	n += ng_put_options(g, &o, head + n);
	*out = ng_close(g, head, n);
	return D4_R_NONE;
}

static enum d4_reason
ng_simple(struct ng *g, struct d4_slice b, uint8_t *head, struct d4_slice *out)
{
	uint32_t len = d4_get_32(g->big, b.p + 8), cap = len;
	struct pkt *p = &g->packet.p;
	const struct ng_face *f = NULL;
	enum d4_reason why;
	size_t n, size;

	why = ng_face(g, 0, &f);
	if (why != D4_R_NONE)
		return why;
	if (f->snaplen != 0 && cap > f->snaplen)
		cap = f->snaplen;
	if (cap > b.n - NG_DATA_SIMP - 4)
		return D4_R_PCAPNG_BLOCK;
	why = ng_rewrite(p, d4_slice_of(b.p + NG_DATA_SIMP, cap), &len);
	if (why != D4_R_NONE)
		return why;
	n = (size_t)(p->w - head) - NG_DATA_SIMP;
	size = p->whole ? n : p->in.n;
	if (n > size || (f->snaplen != 0 && size > f->snaplen))
		return D4_R_PCAPNG_BLOCK;
	memset(p->w, 0, size - n);
	d4_put_32(g->big, head, NG_SIMPLE);
	d4_put_32(g->big, head + 8, len);
	*out = ng_close(g, head, ng_pad(head, NG_DATA_SIMP + size));
	return D4_R_NONE;
}

/* What a block becomes at head, *out. */
static enum d4_reason
ng_block(struct ng *g, struct d4_slice b, uint8_t *head, struct d4_slice *out)
{
	struct pkt *p = &g->packet.p;
	uint32_t type = d4_get_32(g->big, b.p);
	size_t data = type == NG_SIMPLE ? NG_DATA_SIMP : NG_DATA;
	enum d4_reason why;

	p->end = head + b.n + pkt_slack(p);
	p->w = head + data;
	if (type == NG_ENHANCED && b.n >= NG_PACKET)
		why = ng_enhanced(g, b, head, out);
	else if (type == NG_SIMPLE && b.n >= NG_DATA_SIMP + 4)
		why = ng_simple(g, b, head, out);
	else
		return D4_R_PCAPNG_META;
	return why != D4_R_NONE ? why : packet_judge(p, *out);
}

static enum san_outcome
ng_record(
    void *state, struct d4_slice b, struct d4_buf *out, enum d4_reason *why)
{
	struct d4_slice made = {0};

	*why = D4_R_INTERNAL;
	assert(b.n >= NG_LEAST);
	if (d4_buf_reserve(out,
		b.n + NG_SLACK + pkt_slack(&((struct ng *)state)->packet.p)) !=
	    D4_OK)
		return SAN_DROP;
	*why = ng_block(state, b, out->p + out->n, &made);
	if (*why == D4_R_NONE) {
		out->n += made.n;
		ng_tell(state);
	}
	return packet_outcome(*why);
}

/* Simple packets have no time; blocks that are no packets never leave. */
static enum san_dated
ng_when(void *state, struct d4_slice b, uint64_t *t_s)
{
	const struct ng *g = state;
	uint32_t type = d4_get_32(g->big, b.p), i;
	uint64_t t;

	if (type != NG_ENHANCED)
		return type == NG_SIMPLE ? SAN_UNDATED : SAN_NEVER;
	if (b.n < NG_PACKET)
		return SAN_NEVER;
	i = d4_get_32(g->big, b.p + 8);
	t = (uint64_t)d4_get_32(g->big, b.p + 12) << 32 |
	    d4_get_32(g->big, b.p + 16);
	if (i >= g->n || !ng_time(&g->face[i], t, &t))
		return SAN_UNDATED;
	*t_s = t / g->face[i].per_s;
	return SAN_DATED;
}

/* The output has what the stream's own state made of the opening. */
static void
ng_left(void *state)
{
	ng_tell(state);
}

/* The next one's header most likely stands where this one's stood. */
static void
ng_ahead(const void *state, struct d4_slice b)
{
	const struct pkt *p = &((const struct ng *)state)->packet.p;
	size_t at = NG_DATA + p->ip_at;

	if (p->map == NULL || b.n < at + PKT_IP4)
		return;
	san_map_ahead4(p->map, d4_get_be32(b.p + at + 12));
	san_map_ahead4(p->map, d4_get_be32(b.p + at + 16));
}

const struct san_family san_family_pcapng = {
    .name = "pcapng",
    .bit = SAN_PACKETS,
    .cutter = &d4_cutter_pcapng,
    .make = ng_make,
    .destroy = ng_destroy,
    .begin = ng_begin,
    .turn = ng_turn,
    .record = ng_record,
    .when = ng_when,
    .left = ng_left,
    .ahead = ng_ahead,
    .compute = san_packet_class,
    .check = san_packet_check,
};
