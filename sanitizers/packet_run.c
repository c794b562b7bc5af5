/*
 * Many packets in a row for another partner, in three passes, each a short
 * loop: map all addresses, write them and what is made from them, look where
 * something was written. The bytes that were not written are the leader's,
 * and its self-check looked there for the same addresses (pkt_note.swift), so
 * an original address could only stand where it meets a byte that was
 * written. Whatever looks like one is no hit yet: the packet is made again by
 * itself, and its self-check, of all of it, decides.
 */
#include <string.h>
#include "sanitizers/packet_family.h"
#include "sanitizers/selfcheck_near.h"

#define RUN_NOTES ((size_t)2 * SAN_RUN_MAX)

/*
 * struct run -- n records, and all their notes. to[0..n_to): what keys make
 * of their addresses, those that none changes left out, in their order.
 */
struct run {
	struct pkt *p;
	const struct san_led_run *r;
	size_t skip;
	const struct pkt_note *notes;
	size_t n, n_notes, n_to;
	uint32_t to[2 * RUN_NOTES];
};

static size_t
run_count(const struct san_led *led)
{
	return led->notes_n / sizeof(struct pkt_note);
}

/* As many records as there is room for; their notes stand in a row. */
static void
run_begin(struct run *u)
{
	const struct san_led_run *r = u->r;
	size_t at = r->led[0].notes_at, n;

	for (u->n = u->n_notes = 0; u->n < r->n; u->n++, u->n_notes += n) {
		n = run_count(&r->led[u->n]);
		if (u->n_notes + n > RUN_NOTES)
			break;
	}
	u->notes = (const void *)(r->notes.p + at);
	n = (size_t)u->n_notes * sizeof(*u->notes);
	assert(at <= r->notes.n && n <= r->notes.n - at &&
	       (uintptr_t)u->notes % _Alignof(struct pkt_note) == 0);
}

/* Until one cannot be told from here. */
static void
run_map(struct run *u)
{
	uint32_t in[2 * RUN_NOTES + 1];
	const struct pkt_note *o = u->notes, *end = o + u->n_notes;
	size_t n = 0;

	in[0] = 0;
	for (; o < end && o->swift; o++) {
		in[n] = o->src;
		n += (o->kept & 1) == 0;
		in[n] = o->dst;
		n += (o->kept & 2) == 0;
	}
	u->n_to = san_map_each4(u->p->map, in, n, u->to);
}

/* One header; *to: addresses that were used. False: they are not all there. */
static inline bool
run_head(const struct run *u, const struct pkt_note *o,
    const struct san_led *led, struct pkt_again *a, size_t *to)
{
	if (!o->swift || u->n_to - *to < 2u - (o->kept & 1u) - (o->kept >> 1))
		return false;
	if (o->fixed)
		a->b = u->r->in.p + led->at + u->skip + o->in;
	if ((o->kept & 1) == 0)
		a->src = u->to[(*to)++];
	else
		a->src = o->src;
	if ((o->kept & 2) == 0)
		a->dst = u->to[(*to)++];
	else
		a->dst = o->dst;
	pkt_again_head(u->p, o, a);
	return true;
}

/* How many records are written. */
static size_t
run_write(const struct run *u)
{
	const struct pkt_note *o = u->notes;
	const struct san_led *led = u->r->led;
	uint8_t *head = u->r->out;
	size_t to = 0, i;

	for (i = 0; i < u->n; i++, led++) {
		for (size_t k = run_count(led); k > 0; k--, o++) {
			struct pkt_again a = {.w = head + o->out};

			if (!run_head(u, o, led, &a, &to))
				return i;
		}
		head += led->out_n;
	}
	return i;
}

/* Where was it written? An address of 4 bytes there. */
static inline CHECK_LANES
run_near(const struct pkt_note *o, const uint8_t *w, const struct san_near *a)
{
	CHECK_LANES m = san_near4(w + PKT_IP4_SUM, 10, a);

	if (o->field != 0)
		m |= san_near4(w + o->field, 2, a);
	if (o->fixed) {
		m |= san_near4(w + 4, 2, a);
		m |= san_near4(w + o->n + 4, 8, a);
	}
	return m;
}

static inline CHECK_LANES
run_text(const struct pkt_note *o, const uint8_t *w)
{
	CHECK_LANES m = san_near_text(w + PKT_IP4_SUM, 10);

	if (o->field != 0)
		m |= san_near_text(w + o->field, 2);
	if (o->fixed) {
		m |= san_near_text(w + 4, 2);
		m |= san_near_text(w + o->n + 4, 8);
	}
	return m;
}

/* In all n headers of the record. */
static inline CHECK_LANES
run_address(
    const struct pkt_note *o, size_t n, const uint8_t *head, uint32_t addr)
{
	struct san_near a = san_near_of(addr);
	CHECK_LANES m = run_near(o, head + o->out, &a);

	for (size_t i = 1; i < n; i++)
		m |= run_near(&o[i], head + o[i].out, &a);
	return m;
}

/* Was the address looked for with the first header's? */
static bool
run_seen(const struct pkt_note *first, uint32_t addr)
{
	return ((first->kept & 1) == 0 && first->src == addr) ||
	       ((first->kept & 2) == 0 && first->dst == addr);
}

/* What is behind the first header: quoted ones, mostly with its addresses. */
static CHECK_LANES
run_quoted(const struct pkt_note *o, size_t n, const uint8_t *head)
{
	CHECK_LANES m = {0};

	for (size_t i = 1; i < n; i++) {
		m |= run_text(&o[i], head + o[i].out);
		if ((o[i].kept & 1) == 0 && !run_seen(o, o[i].src))
			m |= run_address(o, n, head, o[i].src);
		if ((o[i].kept & 2) == 0 && !run_seen(o, o[i].dst))
			m |= run_address(o, n, head, o[i].dst);
	}
	return m;
}

/* Nothing in the record looks like one of its addresses. */
static inline bool
run_clear(const struct pkt_note *o, size_t n, const uint8_t *head)
{
	CHECK_LANES m = run_text(o, head + o->out);

	if ((o->kept & 1) == 0)
		m |= run_address(o, n, head, o->src);
	if ((o->kept & 2) == 0)
		m |= run_address(o, n, head, o->dst);
	if (n > 1)
		m |= run_quoted(o, n, head);
	return !check_any(m);
}

/* One record again, by itself; is it certain now that it may leave? */
static bool
run_again(const struct run *u, const struct san_led *led,
    const struct pkt_note *o, uint8_t *head)
{
	struct pkt *p = u->p;

	memcpy(head, u->r->other + (head - u->r->out), led->out_n);
	(void)packet_enter(p,
	    d4_slice_of(u->r->in.p + led->at + u->skip, led->n - u->skip),
	    led->n);
	return pkt_again(p, o, run_count(led), head) == D4_R_NONE &&
	       packet_judge(p, d4_slice_of(head, led->out_n)) == D4_R_NONE;
}

static size_t
run_check(const struct run *u, size_t n)
{
	const struct pkt_note *o = u->notes;
	uint8_t *head = u->r->out;

	for (size_t i = 0; i < n; i++) {
		const struct san_led *led = &u->r->led[i];

		if (!run_clear(o, run_count(led), head) &&
		    !run_again(u, led, o, head))
			return i;
		head += led->out_n;
		o += run_count(led);
	}
	return n;
}

size_t
pkt_run(struct pkt *p, const struct san_led_run *r, size_t skip)
{
	struct run u;

	u.p = p;
	u.r = r;
	u.skip = skip;
	run_begin(&u);
	run_map(&u);
	return run_check(&u, run_write(&u));
}
