#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/prefix.h"
#include "libd4/wire.h"
#include "sanitizers/chain.h"
#include "sanitizers/cryptopan.h"

static struct d4_addr
addr_of(const char *text)
{
	struct d4_addr a = {0};

	assert_int_equal(d4_addr_parse(d4_slice_str(text), &a), D4_OK);
	return a;
}

static void
assert_maps(struct san_cpan *c, const char *in, const char *want)
{
	struct d4_addr a = addr_of(in), out = a;
	char text[D4_ADDR_TEXT];
	uint32_t v = 0;

	if (a.family == 4) {
		assert_true(san_cpan4(c, d4_get_be32(a.b), &v));
		d4_put_be32(out.b, v);
	} else {
		assert_true(san_cpan6(c, a.b, out.b));
	}
	d4_addr_text(&out, text);
	assert_string_equal(text, want);
}

/* Made by a second implementation, in Python: reference.py. */
static void
addresses_map_as_the_second_implementation_says(void **state)
{
	static const char *const rows[][2] = {
	    {"24.5.0.80", "216.22.252.111"},
	    {"192.102.249.13", "60.101.209.255"},
	    {"10.1.2.3", "207.158.252.12"},
	    {"10.1.2.4", "207.158.252.11"},
	    {"8.8.8.8", "204.8.8.6"},
	    {"2001:db8::1", "fc1f:75b9:a1e3:c05d:821f:fe9e:300:1c11"},
	    {"2001:638:709:861::1", "fc1f:79c7:a716:e99e:380:3c1c:c1ff:1c02"},
	};
	uint8_t master[D4_MASTER_LEN];
	struct san_keys k = {0};
	struct san_cpan *c = NULL;

	(void)state;
	for (unsigned i = 0; i < D4_MASTER_LEN; i++)
		master[i] = (uint8_t)i;
	assert_int_equal(san_keys_derive(master, "acme", &k), D4_OK);
	assert_int_equal(san_cpan_new(k.cpan, &c), D4_OK);
	/* twice: computed, and from the caches */
	for (size_t n = 0; n < 2; n++) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			assert_maps(c, rows[i][0], rows[i][1]);
	}
	san_cpan_free(c);
}

static void
key_of(const char *hex, uint8_t key[SAN_CPAN_KEY])
{
	for (size_t i = 0; i < SAN_CPAN_KEY; i++) {
		char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		key[i] = (uint8_t)strtoul(two, NULL, 16);
	}
}

static void
shared_vectors_are_met_byte_for_byte(void **state)
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
		char hex[128], in[64], out[64];
		struct san_cpan *c = NULL;
		uint8_t key[SAN_CPAN_KEY];

		if (strncmp(line, "cryptopan\t", 10) != 0)
			continue;
		assert_int_equal(
		    sscanf(line + 10, "%127s %63s %63s", hex, in, out), 3);
		key_of(hex, key);
		assert_int_equal(san_cpan_new(key, &c), D4_OK);
		assert_maps(c, in, out);
		san_cpan_free(c);
		n++;
	}
	(void)fclose(f);
	assert_true(n > 0);
}

/* Leading bits that two addresses share. */
static unsigned
common(uint32_t a, uint32_t b)
{
	return a == b ? 32 : (unsigned)__builtin_clz(a ^ b);
}

static void
prefixes_are_preserved(void **state)
{
	uint8_t key[SAN_CPAN_KEY] = {1, 2, 3};
	struct san_cpan *c = NULL;
	uint32_t x = 2463534242u;

	(void)state;
	assert_int_equal(san_cpan_new(key, &c), D4_OK);
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t a, b, fa = 0, fb = 0;

		x ^= x << 13, x ^= x >> 17, x ^= x << 5;
		a = x;
		b = a ^ (x >> (i % 32));
		assert_true(san_cpan4(c, a, &fa));
		assert_true(san_cpan4(c, b, &fb));
		assert_int_equal(common(a, b), common(fa, fb));
	}
	san_cpan_free(c);
}

static void
a_slash_16_maps_onto_a_slash_16_one_to_one(void **state)
{
	uint8_t key[SAN_CPAN_KEY] = {9}, *seen = calloc(65536, 1);
	struct san_cpan *c = NULL;
	uint32_t first = 0;

	(void)state;
	assert_non_null(seen);
	assert_int_equal(san_cpan_new(key, &c), D4_OK);
	for (uint32_t i = 0; i < 65536; i++) {
		uint32_t v = 0;

		assert_true(san_cpan4(c, 0x0a010000u | i, &v));
		if (i == 0)
			first = v >> 16;
		assert_int_equal(v >> 16, first);
		assert_int_equal(seen[v & 0xffff], 0);
		seen[v & 0xffff] = 1;
	}
	san_cpan_free(c);
	free(seen);
}

/* Many in one turn, some of them twice, some of a first half not yet seen. */
static void
many_at_once_are_what_each_is_alone(void **state)
{
	enum { N = 1000, TURNS = 100 };
	uint8_t key[SAN_CPAN_KEY] = {4, 2};
	struct san_cpan *one = NULL, *many = NULL;
	uint32_t in[N], out[N], x = 123456789u, v = 0;

	(void)state;
	assert_int_equal(san_cpan_new(key, &one), D4_OK);
	assert_int_equal(san_cpan_new(key, &many), D4_OK);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		for (unsigned i = 0; i < N; i++) {
			x ^= x << 13, x ^= x >> 17, x ^= x << 5;
			in[i] = i % 3 == 0 ? x : 0x0a010000u | (x & 0xffff);
			in[i] &= i % 50 == 0 ? 0x0000ffffu : 0xffffffffu;
			if (i % 10 == 9)
				in[i] = in[i - x % 8];
		}
		assert_int_equal(san_cpan_each4(many, in, N, out), N);
		for (unsigned i = 0; i < N; i++) {
			assert_true(san_cpan4(one, in[i], &v));
			assert_int_equal(out[i], v);
		}
		/* The result may take the place of what was asked. */
		assert_int_equal(san_cpan_each4(many, in, N, in), N);
		assert_memory_equal(in, out, sizeof(in));
	}
	san_cpan_free(one);
	san_cpan_free(many);
}

/* Whatever was asked before, and whatever went out of the cache since. */
static void
what_is_in_the_caches_never_changes_an_answer(void **state)
{
	enum { N = 200000 };
	uint8_t key[SAN_CPAN_KEY] = {7, 7};
	uint32_t *in = calloc(N, sizeof(*in)), *first = calloc(N, sizeof(*in));
	struct san_cpan *a = NULL, *b = NULL;
	uint32_t x = 88172645u, v = 0;

	(void)state;
	assert_true(in != NULL && first != NULL);
	assert_int_equal(san_cpan_new(key, &a), D4_OK);
	assert_int_equal(san_cpan_new(key, &b), D4_OK);
	for (unsigned i = 0; i < N; i++) {
		x ^= x << 13, x ^= x >> 17, x ^= x << 5;
		/* Some of them have neighbours, some end in .0.0. */
		in[i] = i % 3 == 0 ? 0x0a010000u | (x & 0xffff) : x;
		in[i] &= i % 7 == 0 ? 0xffff0000u : 0xffffffffu;
		assert_true(san_cpan4(a, in[i], &first[i]));
	}
	for (unsigned i = N; i-- > 0;) {
		assert_true(san_cpan4(b, in[i], &v));
		assert_int_equal(v, first[i]);
		assert_true(san_cpan4(b, in[i], &v));
		assert_int_equal(v, first[i]);
		assert_true(san_cpan4(a, in[i], &v));
		assert_int_equal(v, first[i]);
	}
	san_cpan_free(a);
	san_cpan_free(b);
	free(in);
	free(first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_map_as_the_second_implementation_says),
	    cmocka_unit_test(shared_vectors_are_met_byte_for_byte),
	    cmocka_unit_test(prefixes_are_preserved),
	    cmocka_unit_test(a_slash_16_maps_onto_a_slash_16_one_to_one),
	    cmocka_unit_test(many_at_once_are_what_each_is_alone),
	    cmocka_unit_test(what_is_in_the_caches_never_changes_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
