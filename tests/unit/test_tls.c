#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>
#include "tls_world.h"

static void
bytes_arrive_whole_and_in_order(void **state)
{
	struct world *w = *state;
	uint8_t out[70000];

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 + i / 256);
	tls_open_pinned(w, &tls_plain_events);
	tls_write_side(&w->c, out, sizeof(out));
	tls_write_side(&w->s, "hello", 5);
	while (w->s.got < sizeof(out) || w->c.got < 5)
		event_base_loop(w->base, EVLOOP_ONCE);
	assert_memory_equal(w->s.bytes.p, out, sizeof(out));
	assert_memory_equal(w->c.bytes.p, "hello", 5);
	assert_true(w->c.drained > 0);
}

static void
one_write_is_one_record(void **state)
{
	static const size_t sizes[] = {1, 61, 62, 5000, 16383, 16384};
	struct world *w = *state;
	uint8_t out[16384] = {0};
	size_t sum = 0;
	uint64_t end;

	tls_open_pinned(w, &tls_plain_events);
	for (size_t i = 0; i < 6; i++) {
		end = d4_tls_wire_end(w->c.tls);
		tls_write_side(&w->c, out, sizes[i]);
		sum += sizes[i];
		/* TLS 1.3: header 5, inner type 1, tag 16 */
		assert_int_equal(
		    d4_tls_wire_end(w->c.tls) - end, sizes[i] + 22);
	}
	while (w->s.got < sum)
		event_base_loop(w->base, EVLOOP_ONCE);
	assert_int_equal(w->tap.n_rec, 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(w->tap.rec[i], sizes[i] + 17);
}

static void
wire_acked_reaches_wire_end(void **state)
{
	struct world *w = *state;
	uint8_t out[9000] = {0};

	tls_open_pinned(w, &tls_plain_events);
	tls_write_side(&w->c, out, sizeof(out));
	assert_true(d4_tls_unacked(w->c.tls) >= sizeof(out));
	while (w->s.got < sizeof(out) || d4_tls_unacked(w->c.tls) != 0)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
	assert_int_equal(
	    d4_tls_wire_acked(w->c.tls), d4_tls_wire_end(w->c.tls));
	assert_int_equal(
	    d4_tls_wire_total(w->c.tls), d4_tls_wire_end(w->c.tls));
}

static void
client_close_is_clean_on_both_sides(void **state)
{
	struct world *w = *state;

	tls_open_pinned(w, &tls_plain_events);
	tls_write_side(&w->c, "last", 4);
	d4_tls_close(w->c.tls);
	tls_turn_until(w, &w->c.ended);
	tls_turn_until(w, &w->s.ended);
	assert_int_equal(w->s.got, 4);
	assert_int_equal(w->c.how, D4_TLS_CLEAN);
	assert_int_equal(w->s.how, D4_TLS_CLEAN);
	assert_int_equal(
	    d4_tls_write(w->c.tls, d4_slice_of("x", 1)), D4_ECLOSED);
}

static void
server_may_delay_its_close_notify(void **state)
{
	struct world *w = *state;

	tls_open_pinned(w, &tls_slow_events);
	d4_tls_close(w->c.tls);
	tls_turn_until(w, &w->s.peer_closed);
	tls_turn_idle(w);
	assert_false(w->c.ended);
	assert_false(w->s.ended);
	assert_true(d4_tls_peer_closed(w->s.tls));
	d4_tls_close(w->s.tls);
	tls_turn_until(w, &w->c.ended);
	tls_turn_until(w, &w->s.ended);
	assert_int_equal(w->c.how, D4_TLS_CLEAN);
	assert_int_equal(w->s.how, D4_TLS_CLEAN);
}

/* What lies in the client's socket when it decides to close is no answer. */
static void
a_close_notify_before_ours_was_sent_is_no_answer(void **state)
{
	struct world *w = *state;

	tls_open_pinned(w, &tls_plain_events);
	d4_tls_read_pause(w->c.tls, true);
	d4_tls_close(w->s.tls);
	tls_turn_idle(w);
	assert_false(w->c.ended);
	d4_tls_close(w->c.tls);
	d4_tls_read_pause(w->c.tls, false);
	tls_turn_until(w, &w->c.ended);
	assert_int_equal(w->c.how, D4_TLS_CROSSED);
}

/* Ours is written, but waits behind what the peer does not take. */
static void
a_close_notify_that_ours_did_not_reach_is_no_answer(void **state)
{
	struct world *w = *state;
	static uint8_t out[D4_TLS_WRITE];

	tls_open_pinned(w, &tls_plain_events);
	event_del(w->tap.up_ev); /* the wire takes nothing from the client */
	while (d4_tls_queued(w->c.tls) < D4_TLS_QUEUE) {
		tls_write_side(&w->c, out, sizeof(out));
		tls_turn_idle(w);
	}
	d4_tls_close(w->c.tls);
	tls_turn_idle(w);
	d4_tls_close(w->s.tls);
	tls_turn_idle(w);
	event_add(w->tap.up_ev, NULL);
	tls_turn_until(w, &w->c.ended);
	assert_int_equal(w->c.how, D4_TLS_CROSSED);
}

static void
end_without_close_notify_is_not_clean(void **state)
{
	struct world *w = *state;

	tls_open_pinned(w, &tls_plain_events);
	tls_write_side(&w->c, "partial", 7);
	while (w->s.got < 7)
		event_base_loop(w->base, EVLOOP_ONCE);
	d4_tls_free(w->s.tls); /* a refusal */
	w->s.tls = NULL;
	tls_turn_until(w, &w->c.ended);
	assert_int_equal(w->c.how, D4_TLS_EOF);
}

static void
closing_and_then_eof_is_not_clean(void **state)
{
	struct world *w = *state;

	tls_open_pinned(w, &tls_slow_events);
	d4_tls_close(w->c.tls);
	tls_turn_until(w, &w->s.peer_closed);
	d4_tls_free(w->s.tls);
	w->s.tls = NULL;
	tls_turn_until(w, &w->c.ended);
	assert_int_equal(w->c.how, D4_TLS_EOF);
}

static void
paused_reader_holds_the_writer_back(void **state)
{
	struct world *w = *state;
	uint8_t out[16384] = {0};
	size_t sent = 0, seen;
	bool full = false;

	tls_open_pinned(w, &tls_plain_events);
	d4_tls_read_pause(w->s.tls, true);
	for (unsigned i = 0; i < 20000 && !full; i++) {
		enum d4_status st =
		    d4_tls_write(w->c.tls, d4_slice_of(out, sizeof(out)));

		full = st == D4_ETOOBIG && i > 100;
		sent += st == D4_OK ? sizeof(out) : 0;
		tls_turn_idle(w);
		/* the tap itself blocks when the pair is full: stop before */
		full = full || sent > 150000;
	}
	assert_int_equal(w->s.got, 0);
	w->s.pause_after_read = true;
	while (w->s.got < sent) {
		seen = w->s.got;
		d4_tls_read_pause(w->s.tls, false);
		while (w->s.got == seen)
			event_base_loop(w->base, EVLOOP_ONCE);
		/* nothing more comes while paused, not even what is inside */
		seen = w->s.got;
		tls_turn_idle(w);
		assert_int_equal(w->s.got, seen);
	}
	assert_int_equal(w->s.got, sent);
}

static void
queue_is_limited(void **state)
{
	struct world *w = *state;
	static uint8_t out[D4_TLS_WRITE + 1];

	tls_open_pinned(w, &tls_plain_events);
	assert_int_equal(
	    d4_tls_write(w->c.tls, d4_slice_of(out, sizeof(out))), D4_ETOOBIG);
	tls_write_side(&w->c, out, D4_TLS_WRITE);
	assert_int_equal(
	    d4_tls_write(w->c.tls, d4_slice_of(out, 1)), D4_ETOOBIG);
	assert_true(d4_tls_queued(w->c.tls) > D4_TLS_WRITE);
}

static void
freeing_inside_a_callback_is_legal(void **state)
{
	struct world *w = *state;

	tls_open_pinned(w, &tls_plain_events);
	w->s.free_in_read = true;
	tls_write_side(&w->c, "x", 1);
	tls_turn_until(w, &w->c.ended);
	assert_null(w->s.tls);
}

/* Our end of the connection to the listener; -1: there is none. */
static int
client_fd(const struct world *w)
{
	const struct sockaddr_in *to = (const struct sockaddr_in *)&w->at;

	for (int fd = 3; fd < 256; fd++) {
		struct sockaddr_in at = {.sin_family = AF_UNSPEC};
		socklen_t len = sizeof(at);

		if (getpeername(fd, (struct sockaddr *)&at, &len) == 0 &&
		    at.sin_family == AF_INET && at.sin_port == to->sin_port)
			return fd;
	}
	return -1;
}

static int
option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static void
an_idle_peer_is_asked_as_often_as_is_said(void **state)
{
	struct world *w = *state;
	int fd;

	tls_open_pinned(w, &tls_plain_events);
	fd = client_fd(w);
	assert_true(fd >= 0);
	assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	d4_tls_keepalive(w->c.tls, 7);
	assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 7);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 7);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPCNT), 3);
	/* no more than the system takes */
	d4_tls_keepalive(w->c.tls, UINT_MAX);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 32767);
	d4_tls_keepalive(w->c.tls, 0);
	assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(bytes_arrive_whole_and_in_order),
	    T(one_write_is_one_record),
	    T(wire_acked_reaches_wire_end),
	    T(client_close_is_clean_on_both_sides),
	    T(server_may_delay_its_close_notify),
	    T(a_close_notify_before_ours_was_sent_is_no_answer),
	    T(a_close_notify_that_ours_did_not_reach_is_no_answer),
	    T(end_without_close_notify_is_not_clean),
	    T(closing_and_then_eof_is_not_clean),
	    T(paused_reader_holds_the_writer_back),
	    T(queue_is_limited),
	    T(freeing_inside_a_callback_is_legal),
	    T(an_idle_peer_is_asked_as_often_as_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
