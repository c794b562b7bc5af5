/*
 * Notes on plain packets, for streams that follow: what packet_again.c notes
 * on the long way, read from the records as they leave. No number of theirs
 * was made from an address, and all their checksums are right.
 */
#include <string.h>
#include "sanitizers/packet_plain.h"

#define NOTES_QUOTE ((size_t)PKT_IP4 + PLAIN_ICMP) /* from header to header */

static_assert(PLAIN_MANY <= SAN_RUN_MAX, "room of led");

/* One header, whose addresses are the first two of each; w: as it leaves. */
static inline void
notes_head(struct pkt_note *o, const uint8_t *w, const uint32_t *in,
    const uint32_t *to, const uint8_t *what)
{
	bool src = what[0] < SAN_WHAT_MAPPED, dst = what[1] < SAN_WHAT_MAPPED;

	*o = (struct pkt_note){.src = in[0],
	    .dst = in[1],
	    .kept = (uint8_t)(src | dst << 1),
	    .n = PKT_IP4,
	    .swift = pkt_note_swift(src, in[0], to[0]) &&
	             pkt_note_swift(dst, in[1], to[1])};
	o->base = pkt_note_rest(o, w + PKT_IP4_SUM, to[0], to[1]);
}

/* The checksum behind the header covers its addresses. */
static inline void
notes_cover(
    struct pkt_note *o, const uint8_t *w, size_t field, const uint32_t *to)
{
	static const uint8_t zero[2] = {0};
	const uint8_t *had = w + field;

	o->field = (uint16_t)field;
	o->udp = w[9] == PKT_PROTO_UDP;
	if (o->udp && d4_get_be16(had) == 0xffff)
		had = zero; /* which UDP does not write */
	o->cover = pkt_note_rest(o, had, to[0], to[1]);
}

/* One record, of which w is the IPv4 header as it leaves; how many notes. */
static inline size_t
notes_write(
    struct pkt_note *o, const uint8_t *w, const struct plain_turn *t, size_t at)
{
	notes_head(o, w, &t->in[at], &t->to[at], &t->what[at]);
	o->out = PLAIN_RECORD + PLAIN_ETHER;
	o->in = PLAIN_ETHER;
	if (w[9] == PKT_PROTO_TCP)
		notes_cover(o, w, PKT_IP4 + 16, &t->to[at]);
	else if (w[9] == PKT_PROTO_UDP)
		notes_cover(o, w, PKT_IP4 + 6, &t->to[at]);
	if (w[9] != PKT_PROTO_IC4)
		return 1;
	at += 2;
	notes_head(
	    &o[1], w + NOTES_QUOTE, &t->in[at], &t->to[at], &t->what[at]);
	o[1].out = o->out + NOTES_QUOTE;
	o[1].in = (uint16_t)(o->in + NOTES_QUOTE);
	return 2;
}

/* Without room for its notes a record is made by itself. */
void
pkt_plain_notes(struct packet *s, const struct plain_turn *t, size_t n,
    const uint8_t *w, struct san_led *led)
{
	struct d4_buf *to = s->notes.to;
	bool room =
	    d4_buf_reserve(to, n * 2 * sizeof(struct pkt_note)) == D4_OK;
	struct pkt_note *o = (void *)(to->p + to->n);
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k =
		    room ? notes_write(o, w + PLAIN_RECORD + PLAIN_ETHER, t, at)
			 : 0;

		led[i] = (struct san_led){
		    .n = PLAIN_RECORD +
		         d4_get_32(s->p.file.big, t->one[i].rec + 8),
		    .out_n = t->looks.size[i],
		    .notes_n = (uint32_t)(k * sizeof(*o))};
		at += t->one[i].n_addr;
		w += t->looks.size[i];
		o += k;
	}
}
