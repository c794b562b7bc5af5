#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "libd4/wire.h"
#include "sensor/session_parts.h"

/*
 * Until a new server has let us be for a while, only a little is sent: if it
 * refuses us, what its TCP acknowledged would else count as sent.
 */
#define IO_PROBE_BYTES  65536u
#define IO_QUIET_MS     300u        /* of a server that we do not know yet */
#define IO_QUIET_KNOWN  25u         /* of one that has confirmed before */
#define IO_READ_ON      (32u << 20) /* no kernel keeps so much unread */
#define IO_TLS_RECORD   16384u
#define IO_SHORT_RECORD 62u /* d4-core keeps shorter ones back */
#define IO_SPLIT        8192u

enum d4_status
session_control(struct session *s)
{
	struct d4_slice opening = s->ev->opening(s->arg);
	enum d4_status st;

	s->control.n = 0;
	s->control_sent = 0;
	st = framer_control(
	    s->conf.framer, 2 /* meta header */, s->conf.meta, &s->control);
	if (st == D4_OK)
		st = framer_control(
		    s->conf.framer, s->conf.type, opening, &s->control);
	return st;
}

/*
 * One frame, one write; only where its last TLS record would be so short that
 * d4-core holds it back (rule R4), its start goes into a record of its own and
 * the last one becomes longer by the same bytes.
 */
static enum d4_status
io_write(struct session *s, struct d4_slice wire)
{
	size_t last = wire.n % IO_TLS_RECORD;
	enum d4_status st;

	if (wire.n < IO_TLS_RECORD || last == 0 || last >= IO_SHORT_RECORD)
		return d4_tls_write(s->tls, wire);
	/* Both writes or none: half a frame would stay half. */
	if (d4_tls_queued(s->tls) + (size_t)2 * IO_SPLIT >= D4_TLS_QUEUE)
		return D4_ETOOBIG;
	st = d4_tls_write(s->tls, d4_slice_skip(&wire, IO_SPLIT));
	return st == D4_OK ? d4_tls_write(s->tls, wire) : st;
}

/* The opening and meta header, frame by frame. */
static enum d4_status
io_control(struct session *s)
{
	while (s->control_sent < s->control.n) {
		const uint8_t *at = s->control.p + s->control_sent;
		size_t len =
		    D4_HEADER_LEN + d4_get_le32(at + D4_HEADER_LEN - 4);
		enum d4_status st = io_write(s, d4_slice_of(at, len));

		if (st != D4_OK)
			return st;
		s->control_sent += len;
		s->bytes += len;
	}
	return D4_OK;
}

/* The next frame of the ring. */
static enum d4_status
io_frame(struct session *s)
{
	const struct ring_frame *f = ring_next(s->conf.ring);
	enum d4_status st;

	if (f == NULL)
		return D4_END;
	if (!s->proven && !s->conf.resend_all && s->bytes >= IO_PROBE_BYTES)
		return D4_END;
	if (s->bytes >= s->conf.rotate_bytes)
		return D4_END;
	st = io_write(s, ring_bytes(f));
	if (st != D4_OK)
		return st;
	s->bytes += f->len;
	s->sent_ms = d4_mono_ms();
	s->conf.counts->sent += f->records;
	ring_sent(s->conf.ring, d4_tls_wire_end(s->tls));
	if (s->first_end == 0)
		s->first_end = d4_tls_wire_end(s->tls);
	return D4_OK;
}

/* Sends until the connection's queue is full or there is no more to send. */
void
session_pump(struct session *s)
{
	enum d4_status st = io_control(s);

	while (st == D4_OK)
		st = io_frame(s);
	/* ETOOBIG: `drained` comes. Else the connection tells its end. */
	if (st != D4_END && st != D4_ETOOBIG && st != D4_ECLOSED)
		d4_warnx("cannot send error=\"%s\"", d4_status_text(st));
}

/* Looks at what TCP has acknowledged; what need not be kept is released. */
void
session_acked(struct session *s)
{
	uint64_t acked = d4_tls_wire_acked(s->tls), now = d4_mono_ms();
	const struct ring_frame *f;
	bool room = false;

	if (acked != s->acked || d4_tls_unacked(s->tls) == 0)
		s->progress_ms = now;
	s->acked = acked;
	if (s->heard_ms == 0 && s->first_end != 0 && acked >= s->first_end)
		s->heard_ms = now;
	if (s->read_ms == 0 && s->first_end != 0 &&
	    acked >= s->first_end + IO_READ_ON)
		s->read_ms = now;
	if (!s->proven && session_quiet(s))
		s->proven = true;
	if (s->conf.resend_all || !s->proven)
		return;
	while (
	    (f = ring_oldest(s->conf.ring)) != NULL && f->wire_end <= acked) {
		ring_book(s->conf.ring)->acked += f->records;
		ring_release(s->conf.ring);
		room = true;
	}
	if (room)
		s->ev->room(s->arg);
}

/*
 * The server has had the first frame for a while, and has not refused it. A
 * server that has read far beyond that frame has looked at it: a refusal would
 * be on its way already.
 */
bool
session_quiet(struct session *s)
{
	uint64_t need = s->trusted ? IO_QUIET_KNOWN : IO_QUIET_MS;
	uint64_t now = d4_mono_ms();

	if (s->heard_ms == 0 || s->refused)
		return false;
	return now - s->heard_ms >= need ||
	       (s->read_ms != 0 && now - s->read_ms >= IO_QUIET_KNOWN);
}

/* Frames up to wire position `acked` leave the ring; how many records. */
static uint64_t
io_release(struct session *s, uint64_t acked)
{
	const struct ring_frame *f;
	uint64_t records = 0;

	while (
	    (f = ring_oldest(s->conf.ring)) != NULL && f->wire_end <= acked) {
		records += f->records;
		ring_release(s->conf.ring);
	}
	return records;
}

/* The session is over: what of it is confirmed, lost, or sent again. */
void
session_settle(struct session *s, bool confirmed, uint64_t acked)
{
	struct ring_book *book = ring_book(s->conf.ring);
	struct counts *c = s->conf.counts;
	uint64_t n = book->acked;

	if (confirmed) {
		n += io_release(s, UINT64_MAX);
		c->tally.records[D4_R_NONE] += n;
		c->confirmed_sessions++;
	} else {
		if (!s->conf.resend_all && s->proven)
			n += io_release(s, acked);
		c->tally.records[D4_R_MAYBE_LOST] += n;
		book->maybe += n;
		c->resent += ring_sum_sent(s->conf.ring).records;
		ring_rewind(s->conf.ring);
	}
	book->acked = 0;
	ring_book_keep(s->conf.ring);
	ring_agreed(s->conf.ring);
	s->ev->room(s->arg);
}
