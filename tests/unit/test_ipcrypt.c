/* ipcrypt against other people's vectors, and the methods made of it. */
#include "chain.h"
#include "prop.h"
#include "sanitizers/ipcrypt.h"
#include "sanitizers/map.h"
#include "sanitizers/reverse.h"
#include "test.h"

#define PFX_KEY \
	"2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a"
#define DET_KEY "2b7e151628aed2a6abf7158809cf4f3c"

static struct d4_addr
addr(const char *text)
{
	struct d4_addr a = {.family = 0};

	assert_int_equal(d4_addr_parse(d4_slice_str(text), &a), D4_OK);
	return a;
}

static void
assert_text(const struct d4_addr *a, const char *want)
{
	char text[D4_ADDR_TEXT];
	struct d4_addr w = addr(want);

	d4_addr_text(a, text);
	if (memcmp(a, &w, sizeof(w)) != 0)
		fail_msg("%s, not %s", text, want);
}

static void
key_of(const char *hex, uint8_t *key, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		key[i] = (uint8_t)strtoul(two, NULL, 16);
	}
}

/* One vector: the function's name, key, address, result. */
static void
check(const char *name, const char *hex, const char *in, const char *want)
{
	struct d4_addr a = addr(in), to = a, back = a;
	struct san_pfx *x = NULL;
	struct san_det *d = NULL;
	uint8_t key[32] = {0};

	if (strcmp(name, "ipcrypt-pfx") == 0) {
		key_of(hex, key, 32);
		assert_int_equal(san_pfx_new(key, &x), D4_OK);
		assert_true(san_pfx(x, &a, &to));
		san_pfx_free(x);
	} else {
		key_of(hex, key, 16);
		assert_int_equal(san_det_new(key, &d), D4_OK);
		assert_true(san_det(d, &a, &to));
		assert_true(san_det_back(d, &to, &back));
		assert_text(&back, in);
		san_det_free(d);
	}
	assert_text(&to, want);
}

/* From the draft's text. */
static void
addresses_become_what_the_draft_says(void **state)
{
	(void)state;
	check("ipcrypt-pfx", PFX_KEY, "0.0.0.0", "31.192.201.36");
	check("ipcrypt-pfx", PFX_KEY, "192.0.2.1", "137.192.175.247");
	check("ipcrypt-pfx", PFX_KEY, "10.0.0.47", "19.214.210.244");
	check("ipcrypt-pfx", PFX_KEY, "10.0.0.129", "19.214.210.80");
	check("ipcrypt-pfx", PFX_KEY, "2001:db8::1",
	    "7cec:702c:1243:f70:d5ff:5bae:21:b09b");
	check("ipcrypt-deterministic", DET_KEY, "192.0.2.1",
	    "1dbd:c1b9:fff1:7586:7d0b:67b4:e76e:4777");
	check("ipcrypt-deterministic", DET_KEY, "2001:db8::1",
	    "10ea:8047:d631:d47d:150d:53dc:6ff3:9302");
}

static void
shared_vectors_are_met(void **state)
{
	const char *shared = getenv("D4_SHARED");
	char path[512], line[512];
	unsigned n = 0;
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/vectors/addresses.tsv",
	    shared != NULL ? shared : "");
	f = fopen(path, "r");
	if (f == NULL) {
		print_message("%s is absent: skipped\n", path);
		skip();
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		char name[32], hex[128], in[64], out[64];

		if (strncmp(line, "ipcrypt-", 8) != 0)
			continue;
		assert_int_equal(
		    sscanf(line, "%31s %127s %63s %63s", name, hex, in, out),
		    4);
		check(name, hex, in, out);
		n++;
	}
	(void)fclose(f);
	assert_true(n > 10);
}

static void
a_key_of_two_same_halves_is_refused(void **state)
{
	static const uint8_t key[SAN_PFX_KEY] = {0};
	struct san_pfx *x = NULL;

	(void)state;
	assert_int_equal(san_pfx_new(key, &x), D4_ECRYPTO);
}

static unsigned
common(const struct d4_addr *a, const struct d4_addr *b)
{
	unsigned n = 0, all = a->family == 4 ? 32 : 128;

	while (n < all && ((a->b[n / 8] ^ b->b[n / 8]) & 0x80u >> n % 8) == 0)
		n++;
	return n;
}

static void
prefixes_are_preserved(void **state)
{
	struct prop p = prop_case(4, 11);
	struct san_pfx *x = NULL;

	(void)state;
	assert_int_equal(san_pfx_new(test_keys()->pfx, &x), D4_OK);
	for (unsigned i = 0; i < 2000; i++) {
		struct d4_addr a = {.family = i % 2 == 0 ? 4 : 6}, b, x1, x2;
		unsigned bits = a.family == 4 ? 32 : 128, n;

		for (unsigned k = 0; k < bits / 8; k++)
			a.b[k] = (uint8_t)prop_next(&p);
		b = a;
		n = (unsigned)(prop_next(&p) % bits);
		b.b[n / 8] ^= (uint8_t)(0x80u >> n % 8);
		assert_true(san_pfx(x, &a, &x1));
		assert_true(san_pfx(x, &b, &x2));
		assert_int_equal(common(&x1, &x2), n);
	}
	san_pfx_free(x);
}

/* ---- the methods ---- */

static void
line_is(const char *steps, const char *ext, const char *in, const char *want)
{
	struct san_chain *c = test_chain(steps, ext[0] != '\0' ? 254 : 6, ext);
	struct san_stream *s = test_stream(c, ext[0] != '\0' ? 254 : 6, ext);
	struct d4_buf out;

	d4_buf_init(&out, 1 << 20);
	(void)test_run(s, d4_slice_str(in), 0, &out);
	if (!d4_slice_eqs(d4_buf_slice(&out), want))
		fail_msg("%.*s, not %s", (int)out.n, (char *)out.p, want);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

/* The keys of acme, epoch 0: by reference.py's ipdet(). */
#define DET_9  "3c20:614d:a4d4:e7dc:ac8:ea5f:4f48:8ea2"
#define DET_10 "1c02:cae1:4fd2:43c2:36e8:cbe4:b32e:dfc3"

static void
det_goes_into_json_and_text(void **state)
{
	static const char json[] = "[addr: {method: det}, json: {default: "
				   "keep, rules: [{path: /a, op: addr}]}]";
	static const char text[] =
	    "[addr: {scope: telescope, method: det, others: keep, "
	    "require_scope: none}, text: {}]";

	(void)state;
	line_is(json, "", "{\"a\":\"9.9.9.9\"}\n", "{\"a\":\"" DET_9 "\"}\n");
	line_is(json, "", "{\"a\":\"127.0.0.1\"}\n", "{\"a\":\"127.0.0.1\"}\n");
	line_is(text, "x", "from 10.1.2.3 to 9.9.9.9\n",
	    "from " DET_10 " to 9.9.9.9\n");
	line_is(text, "x", "10.1.2.3:80\n", "[" DET_10 "]:80\n");
	line_is(text, "x", "3.2.1.10.in-addr.arpa\n", "***.in-addr.arpa\n");
}

#define HONEYPOTS "scope: honeypots, method: pool, others: keep"

/* Three honeypots of our own. */
static const struct d4_prefix_set *
network(void *arg, const char *name)
{
	static struct d4_prefix list[] = {
	    {{.family = 4, .b = {10, 1, 0, 7}}, 32},
	    {{.family = 4, .b = {10, 9, 3, 1}}, 32},
	    {{.family = 4, .b = {172, 20, 0, 5}}, 32},
	};
	static struct d4_prefix_set set = {list, 3};

	return strcmp(name, "honeypots") == 0 ? &set : test_network(arg, name);
}

static struct san_chain *
pool_chain(const char *steps, struct d4_diag *diag)
{
	const struct san_env env = {.network = network};
	const uint8_t type = 1;
	const struct san_takes takes = {.types = &type, .n_types = 1};
	struct san_chain *c = NULL;
	struct d4_yaml *y = NULL;

	*diag = (struct d4_diag){.file = "test"};
	assert_int_equal(d4_yaml_parse(d4_slice_str(steps), diag, &y), D4_OK);
	(void)!san_chain_compile(y, &takes, &env, diag, &c);
	d4_yaml_free(y);
	return c;
}

static void
count(void *arg, const struct d4_addr both[2])
{
	assert_memory_not_equal(&both[0], &both[1], sizeof(both[0]));
	++*(unsigned *)arg;
}

static unsigned
collisions(const char *steps)
{
	struct d4_diag diag;
	struct san_chain *c = pool_chain(steps, &diag);
	unsigned n = 0;
	const struct san_meet meet = {count, &n};

	assert_non_null(c);
	assert_int_equal(san_chain_collisions(c, test_keys(), &meet), D4_OK);
	san_chain_free(c);
	return n;
}

static void
collisions_of_a_pool_are_listed(void **state)
{
	(void)state;
	assert_int_equal(
	    collisions("[addr: {" HONEYPOTS ", into: 198.18.0.0/16}]"), 0);
	assert_int_equal(
	    collisions("[addr: {" HONEYPOTS ", into: 198.18.0.0/32}]"), 3);
	assert_int_equal(collisions("[addr: {scope: honeypots}]"), 0);
}

static void
a_pool_takes_single_addresses_and_gives_them_back(void **state)
{
	struct d4_diag diag;
	struct san_chain *c =
	    pool_chain("[addr: {" HONEYPOTS ", into: 198.18.0.0/16}]", &diag);
	struct san_map *m = NULL;
	struct san_originals found;
	struct san_mapped to;
	struct d4_addr a = addr("10.9.3.1"), other = addr("10.9.3.2");

	(void)state;
	assert_non_null(c);
	assert_int_equal(
	    san_map_new(san_chain_step(c, "addr"), test_keys(), &m), D4_OK);
	assert_int_equal(san_map_addr(m, &a, &to), D4_R_NONE);
	assert_int_equal(to.what, SAN_WHAT_SCOPED);
	assert_true(to.addr.b[0] == 198 && to.addr.b[1] == 18);
	assert_int_equal(
	    san_chain_reverse(c, test_keys(), &to.addr, &found), D4_OK);
	assert_true(found.n >= 1);
	assert_memory_equal(&found.addr[0], &a, sizeof(a));
	assert_int_equal(san_map_addr(m, &other, &to), D4_R_NONE);
	assert_int_equal(to.what, SAN_WHAT_KEPT);
	san_map_free(m);
	san_chain_free(c);
}

static void
what_cannot_be_is_told_with_its_place(void **state)
{
	static const char *const rows[] = {
	    "[addr: {method: det}]",
	    "[addr: {method: pfx, into: 198.18.0.0/16}]",
	    "[addr: {" HONEYPOTS "}]",
	    "[addr: {" HONEYPOTS ", into: 10.9.0.0/16}]",
	    "[addr: {" HONEYPOTS ", into: '2001:db8:1::/48'}]",
	    "[addr: {" HONEYPOTS ", into: [198.18.0.0/16, 198.19.0.0/16]}]",
	    "[addr: {scope: honeypots, method: pool, into: 198.18.0.0/16}]",
	    ("[addr: {scope: telescope, method: pool, others: keep, into: "
	     "[198.18.0.0/16, '2001:db8:1::/48']}]"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct d4_diag diag;

		if (pool_chain(rows[i], &diag) != NULL)
			fail_msg("%s", rows[i]);
		assert_int_equal(diag.line, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_become_what_the_draft_says),
	    cmocka_unit_test(shared_vectors_are_met),
	    cmocka_unit_test(a_key_of_two_same_halves_is_refused),
	    cmocka_unit_test(prefixes_are_preserved),
	    cmocka_unit_test(det_goes_into_json_and_text),
	    cmocka_unit_test(collisions_of_a_pool_are_listed),
	    cmocka_unit_test(a_pool_takes_single_addresses_and_gives_them_back),
	    cmocka_unit_test(what_cannot_be_is_told_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
