#include "chain.h"
#include "guard.h"
#include "sanitizers/dns.h"

#define HEAD(flags, q, a, n, x) "\x12\x34" flags "\0" q "\0" a "\0" n "\0" x
#define QUERY                   HEAD("\1\0", "\1", "\0", "\0", "\0")
#define IN                      "\0\1"
#define TTL                     "\0\0\1\x2c"
#define WWW                     "\3www\7Vendors\3org\0"
#define ASKS                    WWW "\0\1" IN /* 21 bytes from 12 on */
#define REV  \
	"\1" \
	"3"  \
	"\1" \
	"2"  \
	"\1" \
	"1"  \
	"\2" \
	"10\7in-addr\4arpa\0"
#define M(s)                     \
	{                        \
		s, sizeof(s) - 1 \
	}

struct bytes {
	const char *p;
	size_t n;
};

/* 10.1/16 becomes 198.18/16, the network of IPv6 gets another last byte. */
static enum d4_reason
map(void *arg, struct d4_addr *a)
{
	unsigned *calls = arg;

	++*calls;
	if (a->family == 4 && a->b[0] == 10 && a->b[1] == 1) {
		a->b[0] = 198;
		a->b[1] = 18;
	} else if (a->family == 6 && a->b[5] == 0x77) {
		a->b[5] = 0x99;
	}
	return a->b[0] == 11 ? D4_R_ADDR_DROP : D4_R_NONE;
}

static struct san_dns *
dns_new(const char *params)
{
	struct d4_diag diag = {.file = "test"};
	const struct san_compile cx = {.diag = &diag};
	struct san_dns *d = calloc(1, sizeof(*d));
	struct san_dns_conf *conf = NULL;
	static unsigned calls;
	struct d4_yaml *y = NULL;

	assert_non_null(d);
	assert_int_equal(d4_yaml_parse(d4_slice_str(params), &diag, &y), D4_OK);
	assert_int_equal(san_dns_conf_new(&cx, y, &conf), D4_OK);
	d4_yaml_free(y);
	d->conf = conf;
	d->scope = test_network(NULL, "telescope");
	d->map = map;
	d->arg = &calls;
	return d;
}

static void
dns_free(struct san_dns *d)
{
	san_dns_conf_free((struct san_dns_conf *)(uintptr_t)d->conf);
	free(d);
}

/* Reads at the end of readable memory; true when it was understood. */
static bool
rebuild(struct san_dns *d, struct d4_slice in)
{
	struct guard g;
	bool ok;

	d->msg = guard_new(&g, in);
	ok = san_dns_rebuild(d);
	guard_free(&g);
	return ok;
}

static struct d4_slice
slice(const struct bytes *b)
{
	return d4_slice_of((const uint8_t *)b->p, b->n);
}

static const struct {
	const char *what;
	struct bytes in, out;
} good[] = {
    {"a question keeps its letters", M(QUERY ASKS), M(QUERY ASKS)},
    {"what stands behind the message goes", M(QUERY ASKS "10.1.2.3"),
	M(QUERY ASKS)},
    {"the root", M(QUERY "\0\0\2" IN), M(QUERY "\0\0\2" IN)},
    {"pointers are resolved, an address is replaced",
	M(HEAD("\x81\x80", "\1", "\2", "\0", "\0") ASKS
	    "\xc0\x0c\0\5" IN TTL "\0\6\3"
	    "cdn\xc0\x10"
	    "\xc0\x2d\0\1" IN TTL "\0\4\x0a\1\2\3"),
	M(HEAD("\x81\x80", "\1", "\2", "\0", "\0") ASKS WWW
	    "\0\5" IN TTL "\0\x11\3"
	    "cdn\7Vendors\3org\0"
	    "\3"
	    "cdn\7Vendors\3org\0\0\1" IN TTL "\0\4\xc6\x12\2\3")},
    {"the name of an address", M(QUERY REV "\0\x0c" IN),
	M(QUERY "\1"
		"3\1"
		"2\2"
		"18\3"
		"198\7in-addr\4arpa\0\0\x0c" IN)},
    {"types and classes that nobody reads are left out",
	M(HEAD("\x81\x80", "\1", "\2", "\1", "\0") ASKS
	    "\xc0\x0c\0\x10" IN TTL "\0\3\2hi"
	    "\xc0\x0c\0\1\0\3" TTL "\0\4\x0a\1\2\3"
	    "\xc0\x0c\xff\xfe" IN TTL "\0\1x"),
	M(HEAD("\x81\x80", "\1", "\0", "\0", "\0") ASKS)},
    {"OPT loses client subnet, cookie, NSID, text and what is unknown",
	M(HEAD("\1\0", "\1", "\0", "\0", "\1") ASKS
	    "\0\0\x29\x04\xd0\0\0\x80\0\0\x34"
	    "\0\x08\0\x07\0\1\x18\0\x0a\1\2"
	    "\0\x0a\0\x08"
	    "cookie!!"
	    "\0\x03\0\x02ns"
	    "\0\x0f\0\x06\0\x12text"
	    "\0\x0c\0\x03pad"
	    "\xfe\xed\0\x02zz"),
	M(HEAD("\1\0", "\1", "\0", "\0", "\1") ASKS
	    "\0\0\x29\x04\xd0\0\0\x80\0\0\x0d"
	    "\0\x0f\0\x02\0\x12\0\x0c\0\x03\0\0\0")},
    {"TSIG and SIG(0) go",
	M(HEAD("\1\0", "\1", "\0", "\0", "\2") ASKS
	    "\3key\0\0\xfa\0\xff\0\0\0\0\0\2ab"
	    "\0\0\x18\0\xff\0\0\0\0\0\2\0\0"),
	M(HEAD("\1\0", "\1", "\0", "\0", "\0") ASKS)},
    {"SVCB: hints are replaced, ech and the unknown are left out",
	M(HEAD("\x81\x80", "\0", "\1", "\0", "\0") WWW
	    "\0\x41" IN TTL "\0\x2a\0\1\0"
	    "\0\1\0\3\2h2\0\3\0\2\1\xbb\0\4\0\x08\x0a\1\2\3\x08\x08\x08\x08"
	    "\0\5\0\4ech!\0\x07\0\2/d"),
	M(HEAD("\x81\x80", "\0", "\1", "\0", "\0") WWW
	    "\0\x41" IN TTL "\0\x1c\0\1\0"
	    "\0\1\0\3\2h2\0\3\0\2\1\xbb\0\4\0\x08\xc6\x12\2\3\x08\x08\x08"
	    "\x08")},
    {"IPv6, and numbers in front of names",
	M(HEAD("\x81\x80", "\0", "\2", "\0", "\0") WWW
	    "\0\x1c" IN TTL "\0\x10\x20\1\x0d\xb8\0\x77\0\0\0\0\0\0\0\0\0\1"
	    "\xc0\x0c\0\x0f" IN TTL "\0\4\0\x0a\xc0\x0c"),
	M(HEAD("\x81\x80", "\0", "\2", "\0", "\0") WWW
	    "\0\x1c" IN TTL "\0\x10\x20\1\x0d\xb8\0\x99\0\0\0\0\0\0\0\0\0\1" WWW
	    "\0\x0f" IN TTL "\0\x13\0\x0a" WWW)},
};

#define COUNT(t) (sizeof(t) / sizeof((t)[0]))

static void
messages_are_written_anew(void **state)
{
	struct san_dns *d = dns_new("{}");

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		if (!rebuild(d, slice(&good[i].in)) || d->why != D4_R_NONE)
			fail_msg("%s: %s", good[i].what,
			    d->bad ? "bad" : d4_reason_name(d->why));
		if (!d4_slice_eq(
			d4_slice_of(d->out, d->n), slice(&good[i].out)))
			fail_msg("%s: other bytes", good[i].what);
	}
	dns_free(d);
}

static const struct {
	const char *what;
	struct bytes in;
} broken[] = {
    {"nothing", M("")},
    {"half a header", M("\x12\x34\1\0\0\1")},
    {"a question that is not there", M(QUERY)},
    {"two questions", M(HEAD("\1\0", "\2", "\0", "\0", "\0") ASKS ASKS)},
    {"a pointer to itself", M(QUERY "\xc0\x0c\0\1" IN)},
    {"a pointer forward",
	M(QUERY "\xc0\x20\0\1" IN "\0\0\0\0\0\0\0\0\0\0\0\0")},
    {"two that point at each other",
	M(HEAD("\1\0", "\1", "\1", "\0", "\0") "\1"
					       "a\xc0\x12\0\1"
					       "\1"
					       "b\xc0\x0c\0\1" IN TTL "\0\0")},
    {"a pointer cut", M(QUERY "\3www\xc0")},
    {"a label of 64", M(QUERY "\x40"
			      "aaaaaaaa\0\0\1" IN)},
    {"a label past the end", M(QUERY "\x3f"
				     "aaaaaaaa")},
    {"a dot inside a label", M(QUERY "\3"
				     "a.b\3org\0\0\1" IN)},
    {"a control character", M(QUERY "\3"
				    "a\1b\3org\0\0\1" IN)},
    {"an update", M(HEAD("\x28\0", "\1", "\0", "\0", "\0") ASKS)},
    {"an address of five bytes", M(HEAD("\x81\x80", "\0", "\1", "\0", "\0") WWW
				     "\0\1" IN TTL "\0\5\x0a\1\2\3\4")},
    {"data longer than the message",
	M(HEAD("\x81\x80", "\0", "\1", "\0", "\0") WWW "\0\1" IN TTL
						       "\0\x09\x0a\1\2\3")},
    {"data behind a name", M(HEAD("\x81\x80", "\0", "\1", "\0", "\0") WWW
			       "\0\2" IN TTL "\0\3\xc0\x0cx")},
    {"a parameter of SVCB past the data",
	M(HEAD("\x81\x80", "\0", "\1", "\0", "\0") WWW
	    "\0\x41" IN TTL "\0\x0a\0\1\0\0\1\0\x09\2h2")},
    {"an option past the data",
	M(HEAD("\1\0", "\1", "\0", "\0", "\1") ASKS
	    "\0\0\x29\x04\xd0\0\0\0\0\0\5\0\x0c\0\x09x")},
    {"a record less than the counts say",
	M(HEAD("\x81\x80", "\0", "\2", "\0", "\0") WWW "\0\1" IN TTL
						       "\0\4\x0a\1\2\3")},
};

static void
what_is_broken_is_not_understood(void **state)
{
	struct san_dns *d = dns_new("{}");

	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		if (rebuild(d, slice(&broken[i].in)))
			fail_msg("%s was understood", broken[i].what);
	}
	dns_free(d);
}

static const struct {
	const char *what, *params;
	struct bytes in;
	enum d4_reason why;
} denied[] = {
    {"one label", "{}", M(QUERY "\7printer\0\0\1" IN), D4_R_PDNS_LABEL},
    {"wpad", "{}", M(QUERY "\4WPAD\3org\0\0\1" IN), D4_R_PDNS_LABEL},
    {"local", "{}", M(QUERY "\3nas\5local\0\0\1" IN), D4_R_PDNS_SUFFIX},
    {"a denied suffix", "{deny_suffix: [vendors.org]}", M(QUERY ASKS),
	D4_R_PDNS_SUFFIX},
    {"not under an allowed one", "{allow_suffix: [example.lu]}", M(QUERY ASKS),
	D4_R_PDNS_ALLOW},
    {"a blocklist's name", "{}",
	M(QUERY "\1"
		"3\1"
		"2\1"
		"1\2"
		"10\4list\3org\0\0\1" IN),
	D4_R_PDNS_REVERSE},
    {"a part of the network", "{}",
	M(QUERY "\1"
		"1\2"
		"10\7in-addr\4arpa\0\0\x0c" IN),
	D4_R_PDNS_SUFFIX},
    {"a name with dashes", "{}",
	M(QUERY "\x0d"
		"host-10-1-2-3\3org\0\0\1" IN),
	D4_R_PDNS_REVERSE},
    {"an internal name in an answer", "{}",
	M(HEAD("\x81\x80", "\0", "\1", "\0", "\0") WWW "\0\5" IN TTL
						       "\0\x09\2pc\4corp\0"
						       ""),
	D4_R_PDNS_SUFFIX},
    {"an address in a text", "{rrtypes: [TXT]}",
	M(HEAD("\x81\x80", "\0", "\1", "\0", "\0") WWW "\0\x10" IN TTL
						       "\0\x0c\x0bv=10.1.2.3!"),
	D4_R_PDNS_ANSWER},
    {"an address that drops the record", "{}",
	M(HEAD("\x81\x80", "\0", "\1", "\0", "\0") WWW "\0\1" IN TTL
						       "\0\4\x0b\1\2\3"),
	D4_R_ADDR_DROP},
};

static void
what_the_filters_deny_drops_the_record(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(denied); i++) {
		struct san_dns *d = dns_new(denied[i].params);

		if (!rebuild(d, slice(&denied[i].in)))
			fail_msg("%s: not understood", denied[i].what);
		if (d->why != denied[i].why)
			fail_msg(
			    "%s: %s", denied[i].what, d4_reason_name(d->why));
		dns_free(d);
	}
}

/* What was written is read again and stays; nothing is read past the end. */
static void
check_again(struct san_dns *d, struct d4_slice in)
{
	uint8_t once[SAN_DNS_MAX];
	size_t n;

	if (!rebuild(d, in) || d->why != D4_R_NONE)
		return;
	n = d->n;
	memcpy(once, d->out, n);
	if (!rebuild(d, d4_slice_of(once, n)) || d->why != D4_R_NONE)
		fail_msg("what was written is not understood");
	assert_true(
	    d4_slice_eq(d4_slice_of(d->out, d->n), d4_slice_of(once, n)));
}

static void
any_damage_is_survived_and_what_leaves_is_a_fixed_point(void **state)
{
	struct san_dns *d = dns_new("{rrtypes: [A, AAAA, CNAME, TXT, SVCB, "
				    "HTTPS, SOA, MX, DS, CAA]}");
	uint8_t b[256];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct d4_slice in = slice(&good[i].in);

		assert_true(in.n <= sizeof(b));
		for (size_t n = 0; n < in.n; n++)
			check_again(d, d4_slice_of(in.p, n));
		for (size_t k = 0; k < in.n * 256; k++) {
			memcpy(b, in.p, in.n);
			b[k / 256] = (uint8_t)k;
			check_again(d, d4_slice_of(b, in.n));
		}
	}
	dns_free(d);
}

/* 4,000 names behind pointers would be a megabyte. */
static void
growth_has_a_limit(void **state)
{
	struct san_dns *d = dns_new("{}");
	uint8_t b[12 + 200 + 4000 * 12] = "\x12\x34\x81\x80\0\0\x0f\xa0";
	size_t at = 12;

	(void)state;
	for (unsigned i = 0; i < 3; i++, at += 61) {
		b[at] = 60;
		memset(b + at + 1, 'a', 60);
	}
	memcpy(b + at, "\3org\0\0\1\0\1\0\0\0\0\0\4\1\1\1\1", 19);
	for (at += 19; at + 16 <= sizeof(b); at += 16)
		memcpy(b + at, "\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\1\1\1", 16);
	assert_false(rebuild(d, d4_slice_of(b, at)));
	assert_true(d->n <= SAN_DNS_MAX);
	dns_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_are_written_anew),
	    cmocka_unit_test(what_is_broken_is_not_understood),
	    cmocka_unit_test(what_the_filters_deny_drops_the_record),
	    cmocka_unit_test(
		any_damage_is_survived_and_what_leaves_is_a_fixed_point),
	    cmocka_unit_test(growth_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
