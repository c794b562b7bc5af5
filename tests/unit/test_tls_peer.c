/* What a server learns of a client's certificate. */
#include "libd4/kit/tls_peer.h"
#include "tls_world.h"

static struct pki signed_, other;

/* A server that asks for any certificate; it knows one of the two. */
static void
dial(struct world *w, const struct pki *shown)
{
	struct d4_tls_settings server = {.server = true,
	    .cert = w->pki.cert,
	    .key = w->pki.key,
	    .client_ask = true,
	    .client_ca = signed_.cert};
	struct d4_tls_settings set = {.pin = w->pki.pin};
	const char *why = NULL;

	if (shown != NULL) {
		set.cert = shown->cert;
		set.key = shown->key;
	}
	d4_tls_ctx_free(w->server);
	assert_int_equal(d4_tls_ctx_new(&server, &why, &w->server), D4_OK);
	tls_dial(w, &set, NULL, &tls_plain_events);
	tls_turn_until(w, &w->c.open);
	tls_turn_until(w, &w->s.open);
}

static void
digest_is(const struct d4_tls_cert *cert, const struct pki *p)
{
	char text[96];

	for (unsigned i = 0; i < D4_PIN_LEN; i++)
		(void)snprintf(text + (size_t)3 * i, 96 - (size_t)3 * i,
		    "%02X%s", cert->digest[i], i + 1 < D4_PIN_LEN ? ":" : "");
	assert_string_equal(text, p->pin);
}

static void
a_client_may_show_none(void **state)
{
	struct world *w = *state;
	struct d4_tls_cert cert;

	dial(w, NULL);
	assert_false(d4_tls_peer_cert(w->s.tls, &cert));
	assert_false(d4_tls_peer_named(w->s.tls, "test"));
}

static void
one_of_our_ca_is_trusted_and_has_names(void **state)
{
	static const char *const names[] = {"test", "probe.example",
	    "PROBE.example", "urn:uuid:11223344-5566-4777-8888-010203040506",
	    "a@probe.example"};
	static const char *const others[] = {"", "probe", "probe.example.",
	    "x.probe.example", "*", "192.0.2.1", "test2"};
	struct world *w = *state;
	struct d4_tls_cert cert;

	dial(w, &signed_);
	assert_true(d4_tls_peer_cert(w->s.tls, &cert));
	assert_true(cert.trusted);
	digest_is(&cert, &signed_);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_true(d4_tls_peer_named(w->s.tls, names[i]));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(d4_tls_peer_named(w->s.tls, others[i]));
}

static void
one_that_nobody_signed_is_known_by_its_digest(void **state)
{
	struct world *w = *state;
	struct d4_tls_cert cert;

	dial(w, &other);
	assert_true(d4_tls_peer_cert(w->s.tls, &cert));
	assert_false(cert.trusted);
	digest_is(&cert, &other);
}

static void
who_must_show_one_of_the_ca_is_refused_with_another(void **state)
{
	struct world *w = *state;
	struct d4_tls_settings server = {.server = true,
	    .cert = w->pki.cert,
	    .key = w->pki.key,
	    .client_ca = signed_.cert};
	struct d4_tls_settings set = {
	    .pin = w->pki.pin, .cert = other.cert, .key = other.key};
	const char *why = NULL;

	d4_tls_ctx_free(w->server);
	assert_int_equal(d4_tls_ctx_new(&server, &why, &w->server), D4_OK);
	tls_dial(w, &set, NULL, &tls_plain_events);
	tls_turn_until(w, &w->s.ended);
	assert_int_equal(w->s.how, D4_TLS_HANDSHAKE);
}

static int
make(void **unused)
{
	(void)unused;
	pki_make(&signed_,
	    "DNS:probe.example,email:a@probe.example,IP:192.0.2.1,"
	    "URI:urn:uuid:11223344-5566-4777-8888-010203040506");
	pki_make(&other, "DNS:probe.example");
	return 0;
}

static int
forget(void **unused)
{
	(void)unused;
	pki_fini(&signed_);
	pki_fini(&other);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_client_may_show_none),
	    T(one_of_our_ca_is_trusted_and_has_names),
	    T(one_that_nobody_signed_is_known_by_its_digest),
	    T(who_must_show_one_of_the_ca_is_refused_with_another),
	};

	return cmocka_run_group_tests(tests, make, forget);
}
