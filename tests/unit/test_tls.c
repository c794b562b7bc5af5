#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <cmocka.h>
#include "libd4/kit/log.h"
#include "libd4/kit/tls.h"
#include "pki.h"

#define DEADLINE_S 10

/* One side of a connection and what it was told. */
struct side {
	struct d4_tls *tls;
	bool open, ended, peer_closed, pause_after_read, free_in_read;
	unsigned drained, reads;
	size_t got;
	struct d4_buf bytes;
	enum d4_tls_end how;
	char why[128];
};

/*
 * A tap on the wire: client socket, then pair[0] | pair[1] to the server.
 * rec[]: lengths of the TLS application records from client to server.
 */
struct tap {
	int up, down;
	struct event *up_ev, *down_ev;
	struct d4_buf raw;
	size_t rec[64], n_rec;
	bool app_only;
};

struct world {
	struct event_base *base;
	struct pki pki, other;
	struct d4_tls_ctx *server;
	struct side c, s;
	struct tap tap;
	struct sockaddr_storage at;
	int listener;
	bool late;
};

static void
on_open(void *arg)
{
	((struct side *)arg)->open = true;
}

static void
on_read(void *arg, struct d4_slice b)
{
	struct side *s = arg;

	s->reads++;
	s->got += b.n;
	if (s->bytes.n + b.n <= s->bytes.max)
		assert_int_equal(d4_buf_add(&s->bytes, b.p, b.n), D4_OK);
	if (s->pause_after_read)
		d4_tls_read_pause(s->tls, true);
	if (s->free_in_read) {
		d4_tls_free(s->tls);
		s->tls = NULL;
	}
}

static void
on_drained(void *arg)
{
	((struct side *)arg)->drained++;
}

static void
on_end(void *arg, enum d4_tls_end how, const char *why)
{
	struct side *s = arg;

	assert_false(s->ended);
	s->ended = true;
	s->how = how;
	(void)snprintf(s->why, sizeof(s->why), "%s", why);
}

static void
on_peer_closed(void *arg)
{
	((struct side *)arg)->peer_closed = true;
}

static const struct d4_tls_events plain_events = {
    on_open, on_read, on_drained, on_end, NULL};
static const struct d4_tls_events slow_events = {
    on_open, on_read, on_drained, on_end, on_peer_closed};

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

/* Turns the loop until *what is true; fails at the deadline. */
static void
turn_until(struct world *w, const bool *what)
{
	struct timeval tv = {DEADLINE_S, 0};
	struct event *e = evtimer_new(w->base, on_late, &w->late);

	w->late = false;
	evtimer_add(e, &tv);
	while (!*what && !w->late)
		event_base_loop(w->base, EVLOOP_ONCE);
	event_free(e);
	assert_true(*what);
}

/* Turns the loop while anything at once is to be done. */
static void
turn_idle(struct world *w)
{
	for (int i = 0; i < 50; i++)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
}

static void
tap_records(struct tap *t)
{
	while (t->raw.n >= 5) {
		size_t n = (size_t)t->raw.p[3] << 8 | t->raw.p[4];

		if (t->raw.n < 5 + n)
			return;
		if (t->raw.p[0] == 23 && t->app_only && t->n_rec < 64)
			t->rec[t->n_rec++] = n;
		d4_buf_drop(&t->raw, 5 + n);
	}
}

static void
on_tap(evutil_socket_t fd, short what, void *arg)
{
	struct tap *t = arg;
	char b[32768];
	ssize_t n = recv(fd, b, sizeof(b), 0);
	int to = fd == t->up ? t->down : t->up;

	(void)what;
	if (n <= 0) {
		(void)shutdown(to, SHUT_WR);
		event_del(fd == t->up ? t->up_ev : t->down_ev);
		return;
	}
	if (fd == t->up) {
		assert_int_equal(d4_buf_add(&t->raw, b, (size_t)n), D4_OK);
		tap_records(t);
	}
	for (ssize_t at = 0; at < n;) {
		ssize_t k = send(to, b + at, (size_t)(n - at), MSG_NOSIGNAL);

		if (k < 0)
			return;
		at += k;
	}
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct sockaddr_in *a = (struct sockaddr_in *)&w->at;
	socklen_t len = sizeof(*a);
	struct d4_tls_settings set = {.server = true};
	const char *why = NULL;

	d4_log_open("test", D4_LOG_WARN, false);
	w->base = event_base_new();
	pki_make(&w->pki, "DNS:hub.test,IP:127.0.0.1");
	pki_make(&w->other, "DNS:hub.test");
	set.cert = w->pki.cert;
	set.key = w->pki.key;
	if (d4_tls_ctx_new(&set, &why, &w->server) != D4_OK)
		return -1;
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	w->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(w->listener, (struct sockaddr *)a, len) < 0 ||
	    listen(w->listener, 8) < 0)
		return -1;
	getsockname(w->listener, (struct sockaddr *)a, &len);
	d4_buf_init(&w->c.bytes, 1 << 20);
	d4_buf_init(&w->s.bytes, 1 << 20);
	d4_buf_init(&w->tap.raw, 1 << 20);
	w->tap.up = w->tap.down = -1;
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	d4_tls_free(w->c.tls);
	d4_tls_free(w->s.tls);
	d4_tls_ctx_free(w->server);
	if (w->tap.up_ev != NULL) {
		event_free(w->tap.up_ev);
		event_free(w->tap.down_ev);
		close(w->tap.up);
		close(w->tap.down);
	}
	d4_buf_fini(&w->c.bytes);
	d4_buf_fini(&w->s.bytes);
	d4_buf_fini(&w->tap.raw);
	pki_fini(&w->pki);
	pki_fini(&w->other);
	close(w->listener);
	event_base_free(w->base);
	free(w);
	return 0;
}

/* Dials through the tap; the server side is begun when TCP is accepted. */
static void
dial(struct world *w, const struct d4_tls_settings *set, const char *name,
    const struct d4_tls_events *server_events)
{
	struct d4_tls_ctx *ctx = NULL;
	const char *why = NULL;
	int pair[2];

	assert_int_equal(d4_tls_ctx_new(set, &why, &ctx), D4_OK);
	assert_int_equal(
	    d4_tls_connect(w->base, ctx, &(struct d4_tls_to){&w->at, name},
		&(struct d4_tls_owner){&plain_events, &w->c}, &w->c.tls),
	    D4_OK);
	d4_tls_ctx_free(ctx);
	w->tap.up = accept(w->listener, NULL, NULL);
	assert_true(w->tap.up >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	w->tap.down = pair[0];
	(void)fcntl(pair[1], F_SETFL, O_NONBLOCK);
	w->tap.up_ev = event_new(
	    w->base, w->tap.up, EV_READ | EV_PERSIST, on_tap, &w->tap);
	w->tap.down_ev = event_new(
	    w->base, w->tap.down, EV_READ | EV_PERSIST, on_tap, &w->tap);
	event_add(w->tap.up_ev, NULL);
	event_add(w->tap.down_ev, NULL);
	assert_int_equal(
	    d4_tls_accept(w->base, w->server, pair[1],
		&(struct d4_tls_owner){server_events, &w->s}, &w->s.tls),
	    D4_OK);
}

static void
open_pinned(struct world *w, const struct d4_tls_events *server_events)
{
	struct d4_tls_settings set = {.pin = w->pki.pin};

	dial(w, &set, NULL, server_events);
	turn_until(w, &w->c.open);
	turn_until(w, &w->s.open);
	turn_idle(w);
	w->tap.app_only = true;
}

static void
write_side(struct side *s, const void *p, size_t n)
{
	assert_int_equal(d4_tls_write(s->tls, d4_slice_of(p, n)), D4_OK);
}

static void
bytes_arrive_whole_and_in_order(void **state)
{
	struct world *w = *state;
	uint8_t out[70000];

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 + i / 256);
	open_pinned(w, &plain_events);
	write_side(&w->c, out, sizeof(out));
	write_side(&w->s, "hello", 5);
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

	open_pinned(w, &plain_events);
	for (size_t i = 0; i < 6; i++) {
		end = d4_tls_wire_end(w->c.tls);
		write_side(&w->c, out, sizes[i]);
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

	open_pinned(w, &plain_events);
	write_side(&w->c, out, sizeof(out));
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

	open_pinned(w, &plain_events);
	write_side(&w->c, "last", 4);
	d4_tls_close(w->c.tls);
	turn_until(w, &w->c.ended);
	turn_until(w, &w->s.ended);
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

	open_pinned(w, &slow_events);
	d4_tls_close(w->c.tls);
	turn_until(w, &w->s.peer_closed);
	turn_idle(w);
	assert_false(w->c.ended);
	assert_false(w->s.ended);
	assert_true(d4_tls_peer_closed(w->s.tls));
	d4_tls_close(w->s.tls);
	turn_until(w, &w->c.ended);
	turn_until(w, &w->s.ended);
	assert_int_equal(w->c.how, D4_TLS_CLEAN);
	assert_int_equal(w->s.how, D4_TLS_CLEAN);
}

static void
end_without_close_notify_is_not_clean(void **state)
{
	struct world *w = *state;

	open_pinned(w, &plain_events);
	write_side(&w->c, "partial", 7);
	while (w->s.got < 7)
		event_base_loop(w->base, EVLOOP_ONCE);
	d4_tls_free(w->s.tls); /* a refusal */
	w->s.tls = NULL;
	turn_until(w, &w->c.ended);
	assert_int_equal(w->c.how, D4_TLS_EOF);
}

static void
closing_and_then_eof_is_not_clean(void **state)
{
	struct world *w = *state;

	open_pinned(w, &slow_events);
	d4_tls_close(w->c.tls);
	turn_until(w, &w->s.peer_closed);
	d4_tls_free(w->s.tls);
	w->s.tls = NULL;
	turn_until(w, &w->c.ended);
	assert_int_equal(w->c.how, D4_TLS_EOF);
}

static void
wrong_pin_is_refused(void **state)
{
	struct world *w = *state;
	struct d4_tls_settings set = {.pin = w->other.pin};

	dial(w, &set, NULL, &plain_events);
	turn_until(w, &w->c.ended);
	turn_until(w, &w->s.ended);
	assert_int_equal(w->c.how, D4_TLS_HANDSHAKE);
	assert_non_null(strstr(w->c.why, "fingerprint"));
	assert_int_equal(w->s.how, D4_TLS_HANDSHAKE);
	assert_false(w->c.open);
}

static void
names_are_checked_with_a_ca(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} cases[] = {{"hub.test", true}, {"127.0.0.1", true},
	    {"evil.test", false}, {"127.0.0.2", false}, {"test", false}};
	struct world *w = *state;
	struct d4_tls_settings set = {.ca = w->pki.cert};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		dial(w, &set, cases[i].name, &plain_events);
		turn_until(w, cases[i].ok ? &w->c.open : &w->c.ended);
		if (!cases[i].ok)
			assert_int_equal(w->c.how, D4_TLS_HANDSHAKE);
		d4_tls_free(w->c.tls);
		turn_until(w, &w->s.ended);
		d4_tls_free(w->s.tls);
		event_free(w->tap.up_ev);
		event_free(w->tap.down_ev);
		w->tap.up_ev = NULL;
		close(w->tap.up);
		close(w->tap.down);
		w->tap.raw.n = 0;
		w->c = (struct side){.bytes = w->c.bytes};
		w->s = (struct side){.bytes = w->s.bytes};
	}
}

static void
another_ca_is_refused(void **state)
{
	struct world *w = *state;
	struct d4_tls_settings set = {.ca = w->other.cert};

	dial(w, &set, "hub.test", &plain_events);
	turn_until(w, &w->c.ended);
	assert_int_equal(w->c.how, D4_TLS_HANDSHAKE);
}

static void
ca_needs_a_name(void **state)
{
	struct world *w = *state;
	struct d4_tls_settings set = {.ca = w->pki.cert};
	struct d4_tls_ctx *ctx = NULL;
	const char *why = NULL;

	assert_int_equal(d4_tls_ctx_new(&set, &why, &ctx), D4_OK);
	assert_int_equal(
	    d4_tls_connect(w->base, ctx, &(struct d4_tls_to){&w->at, NULL},
		&(struct d4_tls_owner){&plain_events, &w->c}, &w->c.tls),
	    D4_EINVAL);
	d4_tls_ctx_free(ctx);
}

static void
paused_reader_holds_the_writer_back(void **state)
{
	struct world *w = *state;
	uint8_t out[16384] = {0};
	size_t sent = 0, seen;
	bool full = false;

	open_pinned(w, &plain_events);
	d4_tls_read_pause(w->s.tls, true);
	for (unsigned i = 0; i < 20000 && !full; i++) {
		enum d4_status st =
		    d4_tls_write(w->c.tls, d4_slice_of(out, sizeof(out)));

		full = st == D4_ETOOBIG && i > 100;
		sent += st == D4_OK ? sizeof(out) : 0;
		turn_idle(w);
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
		turn_idle(w);
		assert_int_equal(w->s.got, seen);
	}
	assert_int_equal(w->s.got, sent);
}

static void
queue_is_limited(void **state)
{
	struct world *w = *state;
	static uint8_t out[D4_TLS_WRITE + 1];

	open_pinned(w, &plain_events);
	assert_int_equal(
	    d4_tls_write(w->c.tls, d4_slice_of(out, sizeof(out))), D4_ETOOBIG);
	write_side(&w->c, out, D4_TLS_WRITE);
	assert_int_equal(
	    d4_tls_write(w->c.tls, d4_slice_of(out, 1)), D4_ETOOBIG);
	assert_true(d4_tls_queued(w->c.tls) > D4_TLS_WRITE);
}

static void
freeing_inside_a_callback_is_legal(void **state)
{
	struct world *w = *state;

	open_pinned(w, &plain_events);
	w->s.free_in_read = true;
	write_side(&w->c, "x", 1);
	turn_until(w, &w->c.ended);
	assert_null(w->s.tls);
}

static void
garbage_ends_the_handshake(void **state)
{
	struct world *w = *state;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	(void)fcntl(pair[1], F_SETFL, O_NONBLOCK);
	assert_int_equal(
	    d4_tls_accept(w->base, w->server, pair[1],
		&(struct d4_tls_owner){&plain_events, &w->s}, &w->s.tls),
	    D4_OK);
	assert_int_equal(write(pair[0], "GET / HTTP/1.0\r\n\r\n", 18), 18);
	turn_until(w, &w->s.ended);
	assert_int_equal(w->s.how, D4_TLS_HANDSHAKE);
	close(pair[0]);
}

static void
bad_settings_say_why(void **state)
{
	struct world *w = *state;
	const struct d4_tls_settings bad[] = {
	    {.server = true},
	    {.server = true, .cert = w->pki.cert},
	    {.server = true, .cert = w->pki.cert, .key = w->other.key},
	    {.server = true, .cert = "/nonexistent", .key = w->pki.key},
	    {.server = false},
	    {.insecure = true, .pin = w->pki.pin},
	    {.pin = "AA:BB"},
	    {.pin = "zz"},
	    {.ca = "/nonexistent"},
	};
	struct d4_tls_ctx *ctx = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = NULL;

		/* an empty server context needs its certificate */
		assert_int_equal(
		    d4_tls_ctx_new(&bad[i], &why, &ctx), D4_EINVAL);
		assert_non_null(why);
		assert_null(ctx);
	}
}

static void
refused_connection_is_told_as_such(void **state)
{
	struct world *w = *state;
	struct d4_tls_settings set = {.insecure = true};
	struct d4_tls_ctx *ctx = NULL;
	const char *why = NULL;

	close(w->listener);
	w->listener = -1;
	assert_int_equal(d4_tls_ctx_new(&set, &why, &ctx), D4_OK);
	assert_int_equal(
	    d4_tls_connect(w->base, ctx, &(struct d4_tls_to){&w->at, NULL},
		&(struct d4_tls_owner){&plain_events, &w->c}, &w->c.tls),
	    D4_OK);
	turn_until(w, &w->c.ended);
	assert_int_equal(w->c.how, D4_TLS_CONNECT);
	d4_tls_ctx_free(ctx);
}

static void
pin_of_a_certificate_is_its_sha256(void **state)
{
	struct world *w = *state;
	char pin[96];

	assert_int_equal(d4_tls_pin(w->pki.cert, pin), D4_OK);
	assert_string_equal(pin, w->pki.pin);
	assert_int_equal(d4_tls_pin("/nonexistent", pin), D4_EINVAL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(bytes_arrive_whole_and_in_order),
	    T(one_write_is_one_record),
	    T(wire_acked_reaches_wire_end),
	    T(client_close_is_clean_on_both_sides),
	    T(server_may_delay_its_close_notify),
	    T(end_without_close_notify_is_not_clean),
	    T(closing_and_then_eof_is_not_clean),
	    T(wrong_pin_is_refused),
	    T(names_are_checked_with_a_ca),
	    T(another_ca_is_refused),
	    T(ca_needs_a_name),
	    T(paused_reader_holds_the_writer_back),
	    T(queue_is_limited),
	    T(freeing_inside_a_callback_is_legal),
	    T(garbage_ends_the_handshake),
	    T(bad_settings_say_why),
	    T(refused_connection_is_told_as_such),
	    T(pin_of_a_certificate_is_its_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
