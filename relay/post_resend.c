#include <string.h>
#include "relay/post_resend.h"

void
post_counts_add(struct post_counts *to, const struct post_counts *c)
{
	to->fresh += c->fresh;
	to->again += c->again;
	to->toobig += c->toobig;
	to->damaged += c->damaged;
	to->expired += c->expired;
	to->withheld += c->withheld;
	to->lost += c->lost;
	to->gone += c->gone;
}

static uint64_t
counts_sent(const struct post_counts *c)
{
	return c->fresh + c->again;
}

/* Records that TCP acknowledged and nobody confirmed or gave up yet. */
static uint64_t
resend_in_doubt(const struct d4_spool_cursor *c)
{
	uint64_t settled = c->confirmed_records + c->maybe_lost;

	return c->acked_records > settled ? c->acked_records - settled : 0;
}

void
post_resend_init(
    struct post_resend *r, bool tcp, const struct d4_spool_cursor *c)
{
	memset(r, 0, sizeof(*r));
	r->tcp = tcp;
	r->cursor = *c;
	r->at = (struct post_place){c->confirmed, c->confirmed_part};
}

struct post_place
post_resend_from(const struct post_resend *r)
{
	const struct d4_spool_cursor *c = &r->cursor;

	if (r->tcp)
		return (struct post_place){c->acked, c->acked_part};
	return (struct post_place){c->confirmed, c->confirmed_part};
}

uint64_t
post_resend_again(
    const struct post_resend *r, uint64_t before, uint64_t seq, uint64_t n)
{
	const struct d4_spool_cursor *c = &r->cursor;

	if (seq <= c->sent)
		return n;
	if (before > c->sent)
		return 0;
	return c->sent_part < n ? c->sent_part : n;
}

static bool
place_before(uint64_t seq, uint64_t part, struct post_place p)
{
	return seq < p.seq || (seq == p.seq && part < p.part);
}

void
post_resend_note(struct post_resend *r, struct post_place at,
    const struct post_counts *c, uint64_t wire_end)
{
	struct post_mark *m;

	r->cursor.sent_records += c->fresh;
	r->cursor.resent += c->again;
	if (at.seq == 0)
		at.seq = r->at.seq;
	if (place_before(r->at.seq, r->at.part, at))
		r->at = at;
	if (place_before(r->cursor.sent, r->cursor.sent_part, r->at)) {
		r->cursor.sent = r->at.seq;
		r->cursor.sent_part = r->at.part;
	}
	post_counts_add(&r->rest, c);
	if (r->n < POST_MARKS)
		r->n++;
	m = &r->marks[(r->head + r->n - 1) % POST_MARKS];
	m->at = r->at;
	m->wire_end = wire_end;
	post_counts_add(&m->counts, c);
}

static void
counts_sub(struct post_counts *from, const struct post_counts *c)
{
	from->fresh -= c->fresh;
	from->again -= c->again;
	from->toobig -= c->toobig;
	from->damaged -= c->damaged;
	from->expired -= c->expired;
	from->withheld -= c->withheld;
	from->lost -= c->lost;
	from->gone -= c->gone;
}

void
post_resend_acked(struct post_resend *r, uint64_t wire_acked)
{
	struct post_mark *m = &r->marks[r->head];

	while (r->n != 0 && m->wire_end <= wire_acked) {
		post_counts_add(&r->acked, &m->counts);
		counts_sub(&r->rest, &m->counts);
		r->cursor.acked = m->at.seq;
		r->cursor.acked_part = m->at.part;
		r->cursor.acked_records +=
		    counts_sent(&m->counts) + m->counts.lost;
		*m = (struct post_mark){.wire_end = 0};
		r->head = (r->head + 1) % POST_MARKS;
		r->n--;
		m = &r->marks[r->head];
	}
}

static void
settle_drops(struct post_settled *s, const struct post_counts *c)
{
	struct post_counts d = *c;

	d.fresh = d.again = 0;
	post_counts_add(&s->dropped, &d);
	s->cursor.toobig += c->toobig;
	s->cursor.damaged += c->damaged;
	s->cursor.expired += c->expired;
	s->cursor.withheld += c->withheld;
	s->cursor.gone += c->gone;
	s->cursor.maybe_lost += c->lost;
	s->maybe_lost += c->lost;
}

static void
settle_confirmed(const struct post_resend *r, struct post_settled *s)
{
	struct d4_spool_cursor *c = &s->cursor;
	uint64_t doubt;

	settle_drops(s, &r->acked);
	doubt = resend_in_doubt(c);
	settle_drops(s, &r->rest);
	c->confirmed_records += doubt + counts_sent(&r->rest);
	c->confirmed = c->acked = r->at.seq;
	c->confirmed_part = c->acked_part = r->at.part;
	c->acked_records = c->confirmed_records + c->maybe_lost;
	/* Of what was sent before, some may have been withheld this time. */
	if (!place_before(r->at.seq, r->at.part,
		(struct post_place){c->sent, c->sent_part}))
		c->sent_records = c->acked_records;
}

/* What TCP acknowledged is given up: it may have been lost behind TCP. */
static void
settle_given_up(const struct post_resend *r, struct post_settled *s)
{
	struct d4_spool_cursor *c = &s->cursor;
	uint64_t doubt;

	settle_drops(s, &r->acked);
	doubt = resend_in_doubt(c);
	s->maybe_lost += doubt;
	c->maybe_lost += doubt;
	c->confirmed = c->acked;
	c->confirmed_part = c->acked_part;
}

/* What TCP acknowledged has arrived, says the configuration. */
static void
settle_sure(const struct post_resend *r, struct post_settled *s)
{
	struct d4_spool_cursor *c = &s->cursor;

	settle_drops(s, &r->acked);
	c->confirmed_records += resend_in_doubt(c);
	c->confirmed = c->acked;
	c->confirmed_part = c->acked_part;
}

void
post_resend_settle(const struct post_resend *r, enum post_outcome how,
    struct post_settled *out)
{
	struct d4_spool_cursor *c = &out->cursor;

	*out = (struct post_settled){.cursor = r->cursor};
	out->from = r->cursor.confirmed + 1;
	switch (how) {
	case POST_CONFIRMED:
		settle_confirmed(r, out);
		break;
	case POST_UNCLEAN:
		if (r->sure) {
			settle_sure(r, out);
			break;
		}
		if (r->tcp) {
			settle_given_up(r, out);
			break;
		}
		/* All of it goes out again, whatever TCP said. */
		c->acked = c->confirmed;
		c->acked_part = c->confirmed_part;
		c->acked_records = c->confirmed_records + c->maybe_lost;
		break;
	case POST_CHECKPOINT:
		/* In TCP mode the acknowledged part is never passed again. */
		if (r->sure)
			settle_sure(r, out);
		else if (r->tcp)
			settle_drops(out, &r->acked);
		break;
	}
	out->to = c->acked + (c->acked_part != 0);
}

void
post_resend_apply(
    struct post_resend *r, enum post_outcome how, const struct post_settled *s)
{
	r->cursor = s->cursor;
	if (how == POST_CHECKPOINT && r->sure)
		r->acked = (struct post_counts){.fresh = 0};
	if (how == POST_CHECKPOINT) {
		if (r->tcp && !r->sure)
			counts_sub(&r->acked, &s->dropped);
		return;
	}
	memset(r->marks, 0, sizeof(r->marks));
	r->head = r->n = 0;
	r->acked = r->rest = (struct post_counts){.fresh = 0};
	r->at = post_resend_from(r);
}

bool
post_settled_losses(const struct post_settled *s)
{
	const struct post_counts *d = &s->dropped;

	return (s->maybe_lost | d->toobig | d->damaged | d->expired |
		   d->withheld) != 0;
}
