#include "relay_conf_load.h"

#define HEAD "redis: \"unix:/r\"\npolicy: p.yaml\n"
#define ACME(more)                                                            \
	HEAD "partners:\n  acme: {host: h, port: 1, key: \"file:k\"" more "}" \
	     "\n"

#define SET       "title: t, licence: CC0-1.0, producer: p, source: s"
#define OWN(what) HEAD "partners:\n  own: {" what "}\n"

static void
put(const char *name, const char *text, unsigned mode)
{
	assert_int_equal(
	    d4_file_replace(in_dir(name), d4_slice_str(text), mode), D4_OK);
}

static void
defaults_hold_and_relative_files_are_beside_the_configuration(void **state)
{
	struct relay_conf *c = NULL;
	struct d4_diag diag;
	char want[96];

	(void)state;
	assert_int_equal(conf_load(ACME(", tls: {pin: aa}"), &diag, &c), D4_OK);
	(void)snprintf(want, sizeof(want), "%s/p.yaml", dir);
	assert_string_equal(c->policy, want);
	assert_string_equal(c->group, "relay:relay");
	assert_string_equal(c->spool, "/var/lib/d4/relay/spool");
	assert_int_equal(c->budget, 10ull << 30);
	assert_int_equal(c->n_partners, 1);
	assert_string_equal(c->partner[0].id, "acme");
	assert_int_equal(c->partner[0].port, 1);
	assert_int_equal(c->partner[0].resend, RELAY_BY_TYPE);
	assert_int_equal(c->partner[0].rotate_us, 3600000000u);
	assert_int_equal(c->partner[0].rotate_bytes, 256u << 20);
	assert_int_equal(c->partner[0].key.n, 0);
	(void)snprintf(want, sizeof(want), "%s/k", dir);
	assert_string_equal(c->file[0].key, want);
	relay_conf_free(c);
}

/* The words that the message must hold. */
static const struct {
	const char *text;
	const char *what;
} invalid[] = {
    {"policy: p\n", "nothing to read from"},
    {"redis: r\n", "policy"},
    {HEAD "polcy: x\n", "polcy"},
    {HEAD "name: \"a b\"\n", "not a name"},
    {HEAD "instance: \"a:b\"\n", "not a name"},
    {HEAD "sandbox: none\n", "not a value: none"},
    {HEAD "log_level: loud\n", "not a level: loud"},
    {HEAD "budget: 1KiB\n", "budget"},
    {HEAD "partners: [a]\n", "partners is not a map"},
    {HEAD "partners:\n  A: {}\n", "not an id: A"},
    {ACME(""), "tls"},
    {ACME(", tls: {}"), "0 ways"},
    {ACME(", tls: {pin: aa, insecure: true}"), "2 ways"},
    {ACME(", tls: {insecure: false}"), "0 ways"},
    {ACME(", tls: {pin: aa}, resend: never"), "not a value: never"},
    {ACME(", tls: {pin: aa}, client_cert: c"), "half"},
    {ACME(", tls: {pin: aa}, backoff_min: 2m, backoff_max: 1m"), "backoff_min"},
    {ACME(", tls: {pin: aa}, prot: 5"), "prot"},
    {ACME(", tls: {pin: aa}, accepts: [8, two words]"), "two words"},
    {ACME(", tls: {pin: aa}, accepts: [254]"), "not a type: 254"},
    {ACME(", tls: {pin: aa}, accepts: [2]"), "not a type: 2"},
    {ACME(", tls: {pin: aa}, accepts: [08]"), "not a type: 08"},
    {ACME(", tls: {pin: aa}, accepts: [300]"), "not a type: 300"},
    {ACME(", tls: {pin: aa}, proxy: \"http://h:1\""), "not a SOCKS5"},
    {ACME(", tls: {pin: aa}, proxy: h"), "not a SOCKS5"},
    {ACME(", tls: {pin: aa}, proxy: \"h:0\""), "not a SOCKS5"},
    {ACME(", tls: {pin: aa}, proxy: \"h:65536\""), "not a SOCKS5"},
    {ACME(", tls: {pin: aa}, proxy: \"h:1x\""), "not a SOCKS5"},
    {ACME(", tls: {pin: aa}, proxy: \":1\""), "not a SOCKS5"},
    {ACME(", tls: {pin: aa}, proxy: \"::1:9050\""), "not a SOCKS5"},
    {ACME(", tls: {pin: aa}, proxy: \"u:p@h:1\""), "not a SOCKS5"},
    {ACME(", tls: {pin: aa}, proxy_auth: f"), "without a proxy"},
    {HEAD "partners:\n  acme: {host: a.onion, port: 1, key: k, "
	  "tls: {pin: aa}}\n",
	"onion"},
    {ACME(", tls: {pin: aa}, sink: tpc"), "no sink: tpc"},
    {ACME(", tls: {pin: aa}, path: /x"), "path is not an option of `sink: d4`"},
    {ACME(", sink: tcp"), "key is not an option of `sink: tcp`"},
    {ACME(", tls: {pin: aa}, confirm: tcp"), "confirm is not an option"},
    {OWN("sink: tcp, host: h"), "`sink: tcp` needs port"},
    {OWN("sink: tls, host: h, port: 1"), "`sink: tls` needs tls"},
    {OWN("sink: tls, host: h, port: 1, tls: {}"), "0 ways"},
    {OWN("sink: tcp, host: h, port: 1, tls: {pin: a}"), "tls is not an option"},
    {OWN("sink: tcp, host: h, port: 1, confirm: never"),
	"no value of confirm: never"},
    {OWN("sink: udp, host: h, port: 1, resend: all"),
	"resend is not an option"},
    {OWN("sink: unix"), "`sink: unix` needs path"},
    {OWN("sink: unix, path: x"), "path is relative: x"},
    {OWN("sink: unix, path: /x, host: h"), "host is not an option"},
    {OWN("sink: syslog, host: h, port: 1, transport: rope"),
	"no transport: rope"},
    {OWN("sink: syslog, host: h, port: 1, facility: none"),
	"no value of facility: none"},
    {OWN("sink: syslog, host: h, port: 1, severity: 6"),
	"no value of severity: 6"},
    {OWN("sink: syslog, host: h, port: 1, hostname: \"a b\""),
	"not a hostname"},
    {OWN("sink: syslog, host: h, port: 1, max_message: 100B"), "max_message"},
    {OWN("sink: syslog, transport: tls, host: h, port: 1"),
	"`sink: syslog` needs tls"},
    {OWN("sink: syslog, transport: local, host: h"), "host is not an option"},
    {OWN("sink: directory, path: /x"), "`sink: directory` needs dataset"},
    {OWN("sink: directory, path: /x, dataset: {title: t, licence: l, "
	 "producer: p}"),
	"source"},
    {OWN("sink: directory, path: /x, compress: lzma, dataset: {" SET "}"),
	"no value of compress: lzma"},
    {OWN("sink: directory, path: /x, dataset: {" SET ", author: me}"),
	"author"},
    {OWN("sink: directory, path: /x, dataset: {" SET "}}\n  too: {"
	 "sink: directory, path: /x, dataset: {" SET "}"),
	"the folder of own too"},
};

static void
what_is_wrong_is_said_with_its_place(void **state)
{
	struct relay_conf *c = NULL;
	struct d4_diag diag;

	(void)state;
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		assert_int_equal(
		    conf_load(invalid[i].text, &diag, &c), D4_EINVAL);
		assert_null(c);
		if (strstr(diag.what, invalid[i].what) == NULL)
			fail_msg("%s: %s", invalid[i].what, diag.what);
		assert_string_equal(diag.file, in_dir(CONF_NAME));
	}
}

static void
sinks_have_their_own_options(void **state)
{
	struct relay_conf *c = NULL;
	struct d4_diag diag;

	(void)state;
	assert_int_equal(
	    conf_load(HEAD
		"partners:\n"
		"  a: {sink: tcp, host: h, port: 1, confirm: tcp}\n"
		"  b: {sink: unix, path: /x}\n"
		"  c: {sink: syslog, host: h, port: 514}\n"
		"  d: {sink: syslog, transport: local, facility: local7, "
		"severity: debug}\n"
		"  e: {sink: udp, host: h, port: 1}\n"
		"  f: {sink: directory, path: /y, compress: zstd, keep: "
		"30d, dataset: {" SET ", tags: [a, b]}}\n",
		&diag, &c),
	    D4_OK);
	assert_int_equal(c->partner[0].sink, SINK_TCP);
	assert_true(c->partner[0].out.sure);
	assert_int_equal(c->partner[1].sink, SINK_UNIX);
	assert_true(c->partner[1].out.sure);
	assert_string_equal(c->partner[1].out.path, "/x");
	assert_int_equal(c->partner[2].sink, SINK_SYSLOG_UDP);
	assert_int_equal(c->partner[2].out.pri, 14);
	assert_int_equal(c->partner[2].out.message_max, 8192);
	assert_string_equal(c->partner[2].out.hostname, "-");
	assert_int_equal(c->partner[3].sink, SINK_SYSLOG_LOCAL);
	assert_int_equal(c->partner[3].out.pri, 191);
	assert_string_equal(c->partner[3].out.path, "/dev/log");
	assert_int_equal(c->partner[4].out.message_max, 65507);
	relay_conf_secrets(c); /* none is needed */
	assert_int_equal(c->n_partners, 6);
	assert_int_equal(c->partner[5].sink, SINK_DIRECTORY);
	assert_int_equal(c->partner[5].rotate_us, 300000000u);
	assert_int_equal(c->partner[5].out.pack, D4_PACK_ZSTD);
	assert_int_equal(c->partner[5].out.dataset.n_tags, 2);
	assert_string_equal(c->partner[5].out.dataset.tags[1], "b");
	assert_string_equal(c->partner[5].out.dataset.frequency, "continuous");
	relay_conf_free(c);
}

/* What stands in the file, and where the connection goes. */
static const struct {
	const char *text, *host;
	uint16_t port;
} proxies[] = {
    {ACME(", tls: {pin: aa}, proxy: \"127.0.0.1:9050\""), "127.0.0.1", 9050},
    {ACME(", tls: {pin: aa}, proxy: \"socks5://tor.lan:1\""), "tor.lan", 1},
    {ACME(", tls: {pin: aa}, proxy: \"socks5://[::1]:65535\""), "::1", 65535},
};

static void
a_proxy_is_taken_apart(void **state)
{
	struct relay_conf *c = NULL;
	struct d4_diag diag;

	(void)state;
	for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
		assert_int_equal(conf_load(proxies[i].text, &diag, &c), D4_OK);
		assert_string_equal(c->partner[0].proxy.host, proxies[i].host);
		assert_int_equal(c->partner[0].proxy.port, proxies[i].port);
		assert_null(c->partner[0].proxy.user);
		relay_conf_free(c);
	}
}

static void
the_proxys_login_is_a_secret_of_two_words(void **state)
{
	static const char text[] = ACME(", tls: {pin: aa}, proxy: \"h:1\", "
					"proxy_auth: login");
	struct relay_conf *c = NULL;
	struct d4_diag diag;

	(void)state;
	put("k", "Key_1\n", 0600);
	put("login", "me:a:secret\n", 0600);
	assert_int_equal(conf_load(text, &diag, &c), D4_OK);
	relay_conf_secrets(c);
	assert_int_equal(c->n_partners, 1);
	assert_string_equal(c->partner[0].proxy.user, "me");
	assert_string_equal(c->partner[0].proxy.password, "a:secret");
	relay_conf_free(c);
	put("login", "nothing\n", 0600);
	assert_int_equal(conf_load(text, &diag, &c), D4_OK);
	relay_conf_secrets(c);
	assert_int_equal(c->n_partners, 0);
	relay_conf_free(c);
}

static void
the_gap_is_the_profiles_unless_it_is_written(void **state)
{
	struct relay_conf *c = NULL;
	struct d4_diag diag;

	(void)state;
	assert_int_equal(
	    conf_load(ACME(", tls: {pin: aa}, accepts: ja3-jl"), &diag, &c),
	    D4_OK);
	assert_true(c->partner[0].gap_us == RELAY_GAP_PROFILE);
	assert_int_equal(c->partner[0].accepts.n, 1);
	assert_string_equal(c->partner[0].accepts.item[0], "ja3-jl");
	relay_conf_free(c);
	assert_int_equal(
	    conf_load(ACME(", tls: {pin: aa}, session_gap: 0s"), &diag, &c),
	    D4_OK);
	assert_int_equal(c->partner[0].gap_us, 0);
	relay_conf_free(c);
}

static void
a_partner_whose_key_is_not_safe_is_left_out(void **state)
{
	struct relay_conf *c = NULL;
	struct d4_diag diag;

	(void)state;
	put("good", "Key_1\n", 0600);
	put("open", "Key_1\n", 0644);
	put("odd", "key with spaces", 0600);
	assert_int_equal(
	    conf_load(HEAD
		"partners:\n"
		"  open: {host: h, port: 1, key: open, tls: {pin: a}}\n"
		"  odd: {host: h, port: 1, key: odd, tls: {pin: a}}\n"
		"  good: {host: h, port: 1, key: good, tls: {pin: a}}\n"
		"  none: {host: h, port: 1, key: none, tls: {pin: a}}\n",
		&diag, &c),
	    D4_OK);
	assert_int_equal(c->n_partners, 4);
	relay_conf_secrets(c);
	assert_int_equal(c->n_partners, 1);
	assert_string_equal(c->partner[0].id, "good");
	assert_true(d4_slice_eqs(c->partner[0].key, "Key_1"));
	relay_conf_free(c);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(defaults_hold_and_relative_files_are_beside_the_configuration),
	    T(what_is_wrong_is_said_with_its_place),
	    T(a_proxy_is_taken_apart),
	    T(the_proxys_login_is_a_secret_of_two_words),
	    T(the_gap_is_the_profiles_unless_it_is_written),
	    T(sinks_have_their_own_options),
	    T(a_partner_whose_key_is_not_safe_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
