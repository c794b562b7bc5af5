#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <netinet/in.h>
#include "libd4/kit/log.h"
#include "tls_world.h"

#define DEADLINE_S 10

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

const struct d4_tls_events tls_plain_events = {
    on_open, on_read, on_drained, on_end, NULL};
const struct d4_tls_events tls_slow_events = {
    on_open, on_read, on_drained, on_end, on_peer_closed};

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

/* Turns the loop until *what is true; fails at the deadline. */
void
tls_turn_until(struct world *w, const bool *what)
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
void
tls_turn_idle(struct world *w)
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

int
tls_setup(void **state)
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

int
tls_teardown(void **state)
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
void
tls_dial(struct world *w, const struct d4_tls_settings *set, const char *name,
    const struct d4_tls_events *server_events)
{
	struct d4_tls_ctx *ctx = NULL;
	const char *why = NULL;
	int pair[2];

	assert_int_equal(d4_tls_ctx_new(set, &why, &ctx), D4_OK);
	assert_int_equal(
	    d4_tls_connect(w->base, ctx,
		&(struct d4_tls_to){.at = &w->at, .name = name},
		&(struct d4_tls_owner){&tls_plain_events, &w->c}, &w->c.tls),
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

void
tls_open_pinned(struct world *w, const struct d4_tls_events *server_events)
{
	struct d4_tls_settings set = {.pin = w->pki.pin};

	tls_dial(w, &set, NULL, server_events);
	tls_turn_until(w, &w->c.open);
	tls_turn_until(w, &w->s.open);
	tls_turn_idle(w);
	w->tap.app_only = true;
}

void
tls_write_side(struct side *s, const void *p, size_t n)
{
	assert_int_equal(d4_tls_write(s->tls, d4_slice_of(p, n)), D4_OK);
}
