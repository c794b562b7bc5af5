#include <fcntl.h>
#include <unistd.h>
#include "tls_world.h"

static void
wrong_pin_is_refused(void **state)
{
	struct world *w = *state;
	struct d4_tls_settings set = {.pin = w->other.pin};

	tls_dial(w, &set, NULL, &tls_plain_events);
	tls_turn_until(w, &w->c.ended);
	tls_turn_until(w, &w->s.ended);
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
		tls_dial(w, &set, cases[i].name, &tls_plain_events);
		tls_turn_until(w, cases[i].ok ? &w->c.open : &w->c.ended);
		if (!cases[i].ok)
			assert_int_equal(w->c.how, D4_TLS_HANDSHAKE);
		d4_tls_free(w->c.tls);
		tls_turn_until(w, &w->s.ended);
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

	tls_dial(w, &set, "hub.test", &tls_plain_events);
	tls_turn_until(w, &w->c.ended);
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
	    d4_tls_connect(w->base, ctx, &(struct d4_tls_to){.at = &w->at},
		&(struct d4_tls_owner){&tls_plain_events, &w->c}, &w->c.tls),
	    D4_EINVAL);
	d4_tls_ctx_free(ctx);
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
		&(struct d4_tls_owner){&tls_plain_events, &w->s}, &w->s.tls),
	    D4_OK);
	assert_int_equal(write(pair[0], "GET / HTTP/1.0\r\n\r\n", 18), 18);
	tls_turn_until(w, &w->s.ended);
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
	    d4_tls_connect(w->base, ctx, &(struct d4_tls_to){.at = &w->at},
		&(struct d4_tls_owner){&tls_plain_events, &w->c}, &w->c.tls),
	    D4_OK);
	tls_turn_until(w, &w->c.ended);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(wrong_pin_is_refused),
	    T(names_are_checked_with_a_ca),
	    T(another_ca_is_refused),
	    T(ca_needs_a_name),
	    T(garbage_ends_the_handshake),
	    T(bad_settings_say_why),
	    T(refused_connection_is_told_as_such),
	    T(pin_of_a_certificate_is_its_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
