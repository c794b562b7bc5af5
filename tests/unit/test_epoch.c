/* Keys by the record's time: test_keys() is partner acme, master 00..1f. */
#include "chain.h"
#include "libd4/wire.h"
#include "sanitizers/epoch.h"

#define WEEK     604800u
#define EPOCH    2815u
#define RECORDS  7u
#define IP_BYTES 28u
#define RECORD   (16u + IP_BYTES)

#define ADDR "addr: {scope: telescope, others: keep}"

static void
keys_of_an_epoch_are_those_of_another_program(void **state)
{
	/* Python: cryptography's HKDF, info d4san1|cpan|acme|2815 */
	static const uint8_t cpan[4] = {0x5d, 0x9c, 0xde, 0x04};
	static const uint8_t tok[4] = {0x01, 0x11, 0x64, 0xc6};
	static const uint8_t ipdet[4] = {0x55, 0xe3, 0x06, 0xc8};
	struct san_keys k;

	(void)state;
	assert_int_equal(san_keys_epoch(test_keys(), EPOCH, &k), D4_OK);
	assert_memory_equal(k.cpan, cpan, 4);
	assert_memory_equal(k.tok, tok, 4);
	assert_memory_equal(k.uuid, test_keys()->uuid, 32);
	assert_memory_equal(test_keys()->ipdet, ipdet, 4);
}

static void
a_ring_stands_in_for_the_master(void **state)
{
	struct san_secret at[2] = {{.epoch = 7}, {.epoch = 9, .secret = {1}}};
	const struct san_ring ring = {2, at};
	struct san_keys base = *test_keys(), k, other;

	(void)state;
	base.ring = &ring;
	assert_int_equal(san_keys_epoch(&base, 8, &k), D4_ENOENT);
	assert_int_equal(san_keys_epoch(&base, 9, &k), D4_OK);
	assert_int_equal(san_keys_epoch(test_keys(), 9, &other), D4_OK);
	assert_memory_not_equal(k.cpan, other.cpan, 32);
	assert_memory_equal(k.uuid, other.uuid, 32);
}

/* A raw IPv4 packet to 10.1.2.3 at t. */
static void
put_record(struct d4_buf *f, uint32_t t)
{
	uint8_t b[RECORD] = {0};

	d4_put_le32(b, t);
	d4_put_le32(b + 8, IP_BYTES);
	d4_put_le32(b + 12, IP_BYTES);
	b[16] = 0x45;
	b[19] = IP_BYTES;
	b[24] = 64;
	b[25] = 17;
	memcpy(b + 28, "\xcb\0\x71\x07\x0a\1\2\3\0\1\0\2\0\x08", 14);
	assert_int_equal(d4_buf_add(f, b, sizeof(b)), D4_OK);
}

static void
put_file(struct d4_buf *f, const uint32_t *t, size_t n)
{
	static const uint8_t head[24] = {
	    0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [16] = 0, 0, 4, 0, 101};

	d4_buf_init(f, 1 << 20);
	assert_int_equal(d4_buf_add(f, head, sizeof(head)), D4_OK);
	for (size_t i = 0; i < n; i++)
		put_record(f, t[i]);
}

/* The destination that a file of one record gets with these keys. */
static uint32_t
mapped(const char *steps, const struct san_keys *keys, uint32_t t)
{
	const struct san_facts facts = {.type = 1, .ext = ""};
	struct san_chain *c = test_chain(steps, 1, "");
	struct san_stream *s = NULL;
	struct d4_buf in, out;
	uint32_t v;

	put_file(&in, &t, 1);
	d4_buf_init(&out, 1 << 20);
	assert_int_equal(san_stream_new(c, keys, &facts, &s), D4_OK);
	assert_int_equal(test_run(s, d4_buf_slice(&in), 0, &out), D4_OK);
	assert_int_equal(out.n, 24 + RECORD);
	v = d4_get_be32(out.p + 24 + 32);
	d4_buf_fini(&in);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
	return v;
}

/* More epochs than are kept at once, forth and back. */
static const uint32_t times[RECORDS] = {EPOCH * WEEK, (EPOCH + 1) * WEEK - 1,
    (EPOCH + 1) * WEEK, (EPOCH + 2) * WEEK, (EPOCH + 3) * WEEK,
    (EPOCH + 4) * WEEK, EPOCH *WEEK + 5};

static void
records_are_mapped_by_the_epoch_of_their_time(void **state)
{
	struct san_chain *c = test_chain("[" ADDR ", epoch: 7d]", 1, "");
	struct d4_buf in, out;

	(void)state;
	put_file(&in, times, RECORDS);
	d4_buf_init(&out, 1 << 20);
	for (size_t cut = 0; cut < 60; cut++) {
		struct san_stream *s = test_stream(c, 1, "");

		out.n = 0;
		assert_int_equal(
		    test_run(s, d4_buf_slice(&in), cut, &out), D4_OK);
		assert_int_equal(out.n, 24 + RECORDS * RECORD);
		for (size_t i = 0; i < RECORDS; i++) {
			struct san_keys k;

			assert_int_equal(
			    san_keys_epoch(test_keys(), times[i] / WEEK, &k),
			    D4_OK);
			assert_int_equal(
			    d4_get_be32(out.p + 24 + i * RECORD + 32),
			    mapped("[" ADDR "]", &k, 0));
		}
		san_stream_free(s);
	}
	d4_buf_fini(&in);
	d4_buf_fini(&out);
	san_chain_free(c);
}

static void
without_its_key_a_record_does_not_leave_and_the_stream_goes_on(void **state)
{
	struct san_secret at[1] = {{.epoch = EPOCH + 1}};
	const struct san_ring ring = {1, at};
	const struct san_facts facts = {.type = 1, .ext = ""};
	struct san_chain *c = test_chain("[" ADDR ", epoch: 7d]", 1, "");
	struct san_keys base = *test_keys();
	struct san_stream *s = NULL;
	struct d4_buf in, out;
	enum d4_reason why;

	(void)state;
	base.ring = &ring;
	put_file(&in, times, RECORDS);
	d4_buf_init(&out, 1 << 20);
	assert_int_equal(san_stream_new(c, &base, &facts, &s), D4_OK);
	assert_int_equal(test_run(s, d4_buf_slice(&in), 0, &out), D4_OK);
	assert_int_equal(out.n, 24 + RECORD);
	assert_int_equal(
	    san_stream_tally(s)->records[D4_R_EPOCH_KEY], RECORDS - 1);
	assert_false(san_stream_broken(s, &why));
	test_balance(s);
	san_stream_free(s);
	san_chain_free(c);
	d4_buf_fini(&in);
	d4_buf_fini(&out);
}

static void
passive_dns_has_epochs_by_its_first_field(void **state)
{
	static const char line[] = "1702512000.5||10.1.2.3||0.0.0.0||IN||"
				   "www.vendors.org||A||192.0.2.1||300||1\n";
	struct san_chain *c =
	    test_chain("[" ADDR ", pdns: {client: addr}, epoch: 12h]", 8, "");
	struct san_stream *s = test_stream(c, 8, "");
	struct d4_buf out;
	char text[D4_ADDR_TEXT], want[64];
	struct d4_addr a = {.family = 4};
	struct san_keys k;

	(void)state;
	d4_buf_init(&out, 1 << 20);
	assert_int_equal(test_run(s, d4_slice_str(line), 0, &out), D4_OK);
	assert_int_equal(
	    san_keys_epoch(test_keys(), 1702512000 / 43200, &k), D4_OK);
	d4_put_be32(a.b, mapped("[" ADDR "]", &k, 0));
	d4_addr_text(&a, text);
	(void)snprintf(want, sizeof(want), "1702512000.5||%s||", text);
	assert_true(out.n > strlen(want));
	assert_memory_equal(out.p, want, strlen(want));
	assert_string_equal(san_chain_epoch(c), "12h");
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

static void
epochs_that_cannot_be_are_refused(void **state)
{
	static const struct {
		const char *steps;
		uint8_t type;
	} rows[] = {
	    {"[" ADDR ", epoch: 0h]", 1},
	    {"[" ADDR ", epoch: 90s]", 1},
	    {"[" ADDR ", epoch: 400d]", 1},
	    {"[" ADDR ", epoch: []]", 1},
	    {"[pdns: {min_distinct: 3}, epoch: 7d]", 8},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct san_chain *c;
		struct d4_diag diag;

		if (test_compile(rows[i].steps, rows[i].type, "", &diag, &c) !=
		    D4_EINVAL)
			fail_msg("%s", rows[i].steps);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_of_an_epoch_are_those_of_another_program),
	    cmocka_unit_test(a_ring_stands_in_for_the_master),
	    cmocka_unit_test(records_are_mapped_by_the_epoch_of_their_time),
	    cmocka_unit_test(
		without_its_key_a_record_does_not_leave_and_the_stream_goes_on),
	    cmocka_unit_test(passive_dns_has_epochs_by_its_first_field),
	    cmocka_unit_test(epochs_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
