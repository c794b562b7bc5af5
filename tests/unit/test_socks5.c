#include "test.h"
#include "libd4/kit/socks5.h"

/*
 * A conversation: '>' what the client must send, '<' what the proxy says, in
 * hex, by turns. The result is take's, of the last answer.
 */
struct talk {
	const char *name;
	struct d4_socks5_to to;
	const char *words[6];
	enum d4_status end;
};

#define GREET_NONE ">050100"
#define GREET_BOTH ">05020002"
#define ASK_V4     ">05010001c0000201115b"   /* 192.0.2.1:4443 */
#define ASK_NAME   ">0501000304682e6f6e0050" /* h.on:80 */

static const struct talk talks[] = {
    {"an IPv4 literal goes as four bytes", {"192.0.2.1", 4443, NULL, NULL},
	{GREET_NONE, "<0500", ASK_V4, "<05000001000000000000"}, D4_OK},
    {"a name is left to the proxy", {"h.on", 80, NULL, NULL},
	{GREET_NONE, "<0500", ASK_NAME, "<05000001000000000000"}, D4_OK},
    {"an IPv6 literal goes as sixteen bytes", {"2001:db8::1", 1, NULL, NULL},
	{GREET_NONE, "<0500", ">0501000420010db80000000000000000000000010001",
	    "<050000040000000000000000000000000000000000ff"},
	D4_OK},
    {"a bound address that is a name is skipped", {"h.on", 80, NULL, NULL},
	{GREET_NONE, "<0500", ASK_NAME, "<0500000303616263ffff"}, D4_OK},
    {"a bound name may be empty", {"h.on", 80, NULL, NULL},
	{GREET_NONE, "<0500", ASK_NAME, "<0500000300ffff"}, D4_OK},
    {"user and password are given when asked for", {"h.on", 80, "u", "pw"},
	{GREET_BOTH, "<0502", ">010175027077", "<0100", ASK_NAME,
	    "<05000001000000000000"},
	D4_OK},
    {"user and password stay here when not asked for", {"h.on", 80, "u", "pw"},
	{GREET_BOTH, "<0500", ASK_NAME, "<05000001000000000000"}, D4_OK},
    {"a wrong password is told", {"h.on", 80, "u", "pw"},
	{GREET_BOTH, "<0502", ">010175027077", "<0101"}, D4_EAUTH},
    {"a login that was not offered is refused", {"h.on", 80, NULL, NULL},
	{GREET_NONE, "<0502"}, D4_EAUTH},
    {"no common way of logging in", {"h.on", 80, NULL, NULL},
	{GREET_NONE, "<05ff"}, D4_EAUTH},
    {"a web server is no SOCKS5 proxy", {"h.on", 80, NULL, NULL},
	{GREET_NONE, "<4854"}, D4_EMALFORMED},
    {"a SOCKS4 proxy is none either", {"h.on", 80, NULL, NULL},
	{GREET_NONE, "<005b"}, D4_EMALFORMED},
    {"a refused connection", {"h.on", 80, NULL, NULL},
	{GREET_NONE, "<0500", ASK_NAME, "<05050001"}, D4_EIO},
    {"a forbidden target", {"h.on", 80, NULL, NULL},
	{GREET_NONE, "<0500", ASK_NAME, "<05020001"}, D4_EDENIED},
    {"an unknown name", {"h.on", 80, NULL, NULL},
	{GREET_NONE, "<0500", ASK_NAME, "<05040001"}, D4_ENOENT},
    {"Tor's own codes are failures", {"h.on", 80, NULL, NULL},
	{GREET_NONE, "<0500", ASK_NAME, "<05f00001"}, D4_EIO},
    {"an unknown kind of bound address", {"h.on", 80, NULL, NULL},
	{GREET_NONE, "<0500", ASK_NAME, "<05000002"}, D4_EMALFORMED},
    {"a reply of another version", {"h.on", 80, NULL, NULL},
	{GREET_NONE, "<0500", ASK_NAME, "<04000001"}, D4_EMALFORMED},
};

/* The client's turn: sent in pieces of `step` bytes. */
static void
hear(struct d4_socks5 *s, const char *hex, size_t step)
{
	uint8_t want[600], got[600];
	size_t n = test_hex(hex, want, sizeof(want)), at = 0;

	while (d4_socks5_out(s).n != 0) {
		struct d4_slice out = d4_socks5_out(s);
		size_t k = out.n < step ? out.n : step;

		assert_int_equal(d4_socks5_want(s), 0);
		assert_true(at + k <= sizeof(got));
		memcpy(got + at, out.p, k);
		at += k;
		d4_socks5_sent(s, k);
	}
	assert_int_equal(at, n);
	assert_memory_equal(got, want, n);
}

/* The proxy's turn; what it says beyond what is wanted is never read. */
static enum d4_status
say(struct d4_socks5 *s, const char *hex, size_t step, const char **why)
{
	uint8_t bytes[600];
	size_t n = test_hex(hex, bytes, sizeof(bytes)), at = 0;
	enum d4_status st = D4_OK;

	while (st == D4_OK && at < n) {
		size_t k = d4_socks5_want(s);

		k = k < step ? k : step;
		k = k < n - at ? k : n - at;
		if (k == 0)
			break;
		st = d4_socks5_take(s, d4_slice_of(bytes + at, k), why);
		at += k;
	}
	if (st == D4_OK)
		assert_int_equal(at, n);
	return st;
}

static void
every_conversation_ends_as_it_should_at_any_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3 * COUNT(talks); i++) {
		static const size_t steps[] = {1, 3, 1000};
		const struct talk *t = &talks[i / 3];
		enum d4_status st = D4_OK;
		const char *why = NULL;
		struct d4_socks5 s;

		assert_int_equal(d4_socks5_init(&s, &t->to, &why), D4_OK);
		for (size_t w = 0; w < 6 && t->words[w] != NULL; w++) {
			assert_int_equal(st, D4_OK);
			assert_false(d4_socks5_done(&s));
			if (t->words[w][0] == '>')
				hear(&s, t->words[w] + 1, steps[i % 3]);
			else
				st = say(
				    &s, t->words[w] + 1, steps[i % 3], &why);
		}
		if (st != t->end)
			fail_msg("%s: %s", t->name, d4_status_text(st));
		assert_int_equal(d4_socks5_done(&s), st == D4_OK);
		assert_int_equal(d4_socks5_want(&s), 0);
		assert_int_equal(d4_socks5_out(&s).n, 0);
		assert_int_equal(st == D4_OK, why == NULL);
		d4_socks5_fini(&s);
	}
}

static void
what_cannot_be_asked_for_is_refused(void **state)
{
	static char long_text[257];
	const struct d4_socks5_to wrong[] = {
	    {NULL, 1, NULL, NULL},
	    {"", 1, NULL, NULL},
	    {long_text, 1, NULL, NULL},
	    {"h", 0, NULL, NULL},
	    {"h", 1, "u", NULL},
	    {"h", 1, NULL, "p"},
	    {"h", 1, "", "p"},
	    {"h", 1, "u", ""},
	    {"h", 1, long_text, "p"},
	    {"h", 1, "u", long_text},
	};
	const struct d4_socks5_to longest = {
	    long_text + 1, 1, long_text + 1, long_text + 1};
	struct d4_socks5 s;
	const char *why;

	(void)state;
	memset(long_text, 'x', 256);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		why = NULL;
		assert_int_equal(
		    d4_socks5_init(&s, &wrong[i], &why), D4_EINVAL);
		assert_non_null(why);
	}
	assert_int_equal(d4_socks5_init(&s, &longest, &why), D4_OK);
	d4_socks5_sent(&s, d4_socks5_out(&s).n);
	assert_int_equal(say(&s, "0502", 9, &why), D4_OK);
	assert_int_equal(d4_socks5_out(&s).n, 3 + 2 * 255);
	d4_socks5_sent(&s, d4_socks5_out(&s).n);
	assert_int_equal(say(&s, "0100", 9, &why), D4_OK);
	assert_int_equal(d4_socks5_out(&s).n, 7 + 255);
	d4_socks5_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_conversation_ends_as_it_should_at_any_cut),
	    cmocka_unit_test(what_cannot_be_asked_for_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
