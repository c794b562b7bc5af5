#include <fcntl.h>
#include <unistd.h>
#include "tls_world.h"

static const struct d4_socks5_to target = {
    "hub.test", 4443, "circuit", "seven"};

/* The client dials the listener as if it were a SOCKS5 proxy. */
static int
dial_proxy(struct world *w)
{
	struct d4_tls_settings set = {.ca = w->pki.cert};
	struct d4_tls_to to = {
	    .at = &w->at, .name = "hub.test", .via = &target};
	struct d4_tls_ctx *ctx = NULL;
	const char *why = NULL;
	int fd;

	assert_int_equal(d4_tls_ctx_new(&set, &why, &ctx), D4_OK);
	assert_int_equal(
	    d4_tls_connect(w->base, ctx, &to,
		&(struct d4_tls_owner){&tls_plain_events, &w->c}, &w->c.tls),
	    D4_OK);
	d4_tls_ctx_free(ctx);
	fd = accept(w->listener, NULL, NULL);
	assert_true(fd >= 0);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* The proxy's ear: exactly these bytes must come, and no others. */
static void
expect(struct world *w, int fd, const char *hex)
{
	uint8_t want[64], got[65];
	size_t n = test_hex(hex, want, sizeof(want)), at = 0;

	while (at < n) {
		ssize_t k = recv(fd, got + at, sizeof(got) - at, 0);

		if (k > 0)
			at += (size_t)k;
		event_base_loop(w->base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(at, n);
	assert_memory_equal(got, want, n);
}

static void
answer(int fd, const char *hex)
{
	uint8_t b[64];
	size_t n = test_hex(hex, b, sizeof(b));

	assert_int_equal(send(fd, b, n, 0), (ssize_t)n);
}

static void
tls_runs_behind_the_proxy(void **state)
{
	struct world *w = *state;
	int fd = dial_proxy(w);

	expect(w, fd, "05020002");
	answer(fd, "0502");
	expect(w, fd,
	    "010763697263756974"
	    "05736576656e");
	answer(fd, "0100");
	expect(w, fd, "05010003086875622e74657374115b");
	answer(fd, "05000001000000000000");
	assert_int_equal(
	    d4_tls_accept(w->base, w->server, fd,
		&(struct d4_tls_owner){&tls_plain_events, &w->s}, &w->s.tls),
	    D4_OK);
	tls_turn_until(w, &w->c.open);
	tls_turn_until(w, &w->s.open);
	tls_write_side(&w->c, "through", 7);
	while (w->s.got < 7)
		event_base_loop(w->base, EVLOOP_ONCE);
	assert_memory_equal(w->s.bytes.p, "through", 7);
}

static void
a_proxy_that_cannot_connect_ends_it(void **state)
{
	struct world *w = *state;
	int fd = dial_proxy(w);

	expect(w, fd, "05020002");
	answer(fd, "0500");
	expect(w, fd, "05010003086875622e74657374115b");
	answer(fd, "05050001000000000000");
	tls_turn_until(w, &w->c.ended);
	assert_int_equal(w->c.how, D4_TLS_PROXY);
	assert_string_equal(w->c.why, "SOCKS5: connection refused");
	close(fd);
}

static void
a_proxy_that_closes_ends_it(void **state)
{
	struct world *w = *state;
	int fd = dial_proxy(w);

	expect(w, fd, "05020002");
	close(fd);
	tls_turn_until(w, &w->c.ended);
	assert_int_equal(w->c.how, D4_TLS_PROXY);
}

static void
closing_while_the_proxy_is_silent_ends_it(void **state)
{
	struct world *w = *state;
	int fd = dial_proxy(w);

	expect(w, fd, "05020002");
	d4_tls_close(w->c.tls);
	tls_turn_until(w, &w->c.ended);
	assert_int_equal(w->c.how, D4_TLS_CONNECT);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(tls_runs_behind_the_proxy),
	    T(a_proxy_that_cannot_connect_ends_it),
	    T(a_proxy_that_closes_ends_it),
	    T(closing_while_the_proxy_is_silent_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
