#include <stdlib.h>
#include "libd4/kit/log.h"
#include "sensor/books.h"

void
books_left(const struct sensor *s, uint64_t *unconfirmed, uint64_t *unsent)
{
	struct ring_sum sent = ring_sum_sent(s->ring);
	struct ring_sum waiting = ring_sum_waiting(s->ring);
	uint64_t again = ring_waiting_again(s->ring);

	*unconfirmed = ring_book(s->ring)->acked + sent.records + again;
	*unsent = waiting.records - again;
}

/* ---- what a kill would lose ---- */

static enum d4_status
on_left(void *arg, const struct running_left *left)
{
	struct sensor *s = arg;

	return ledger_left(s->ledger, left, &s->counts.tally);
}

/* A sensor that cannot write works all the same; it is said once. */
static void
books_unwritten(struct sensor *s, enum d4_status st)
{
	if (st == D4_OK || s->unwritten)
		return;
	s->unwritten = true;
	d4_warn("what a kill would lose cannot be written dir=%s error=\"%s\"",
	    s->state, d4_status_text(st));
}

void
books_open(struct sensor *s)
{
	const struct running_owner owner = {on_left, s};

	if (s->conf.source->stream)
		books_unwritten(s,
		    running_open(s->state, &s->conf.uuid, &owner, &s->running));
}

/* What was read has one fate each, or is in memory still, or in the spool. */
static uint64_t
books_open_records(const struct sensor *s)
{
	const struct d4_tally *t = &s->counts.tally;
	uint64_t fates = 0;

	for (unsigned i = 0; i < D4_REASON_MAX; i++)
		fates += t->records[i];
	if (ring_durable(s->ring))
		fates += ring_sum_sent(s->ring).records +
		         ring_sum_waiting(s->ring).records +
		         ring_book(s->ring)->acked;
	return t->in > fates ? t->in - fates : 0;
}

void
books_state(struct sensor *s, size_t n)
{
	struct running_state now = {.records = 0};
	uint64_t uncut = 0;

	if (s->running == NULL)
		return;
	if (s->reader != NULL)
		reader_held(s->reader, &now.bytes, &uncut);
	now.records = books_open_records(s);
	now.uncut = uncut + n;
	if (!ring_durable(s->ring))
		now.bytes += ring_sum_sent(s->ring).bytes +
		             ring_sum_waiting(s->ring).bytes;
	ledger_owes(s->ledger, &s->counts.tally, ring_durable(s->ring), &now);
	books_unwritten(s, running_note(s->running, &now));
}

/* ---- now and then, and at the end ---- */

void
books_tick(struct sensor *s)
{
	if (ring_sync(s->ring) != D4_OK)
		d4_warn("spool cannot be written dir=%s", s->conf.spool);
	/* What the source may forget now is noted, if it was lost. */
	if (ledger_note(s->ledger, &s->counts.tally, ring_book(s->ring))) {
		ring_book_keep(s->ring);
		reader_settled(s->reader, ring_settled(s->ring));
	}
	books_state(s, 0);
	books_unwritten(s, running_sync(s->running));
}

void
books_end(struct sensor *s)
{
	struct d4_tally last = s->counts.tally;
	uint64_t unconfirmed, unsent;

	if (ring_sync(s->ring) != D4_OK)
		d4_warn("spool cannot be written dir=%s", s->conf.spool);
	books_left(s, &unconfirmed, &unsent);
	if (!ring_durable(s->ring)) {
		last.records[D4_R_LOST_AT_SOURCE] += unsent;
		last.records[D4_R_MAYBE_LOST] += unconfirmed;
	}
	s->owing = !ledger_note(s->ledger, &last, ring_book(s->ring));
	if (s->owing)
		return;
	ring_book_keep(s->ring);
	ring_agreed(s->ring); /* what was not confirmed is noted */
	reader_settled(s->reader, ring_settled(s->ring));
}

/* ---- a broken spool ---- */

bool
books_repair(struct sensor *s)
{
	struct d4_tally *t = &s->counts.tally;
	struct ring_sum lost;
	enum d4_status st;

	/* It is sealed where it was begun. */
	if (framer_flush(s->framer) != D4_OK)
		return false;
	if (s->tee != NULL)
		tee_stop(s->tee, "the spool broke");
	if (s->session != NULL)
		session_break(s->session, "the spool broke");
	st = ring_repair(s->ring, &lost);
	if (st != D4_OK)
		d4_warn("spool is not whole, what is new may not survive a "
			"kill dir=%s",
		    s->conf.spool);
	st = ring_set_opening(s->ring, reader_opening(s->reader));
	t->records[D4_R_LOST_AT_SOURCE] += lost.records;
	t->bytes[D4_R_LOST_AT_SOURCE] += lost.bytes;
	d4_warnx("alarm spool=broken dir=%s lost=%llu bytes=%llu held=%llu",
	    s->conf.spool, (unsigned long long)lost.records,
	    (unsigned long long)lost.bytes,
	    (unsigned long long)ring_sum_waiting(s->ring).records);
	return st == D4_OK;
}
