/* Entries written as XADD commands by entry.py: we write the same bytes. */
#include "test.h"
#include "libd4/entry.h"

#define SHARDS 16u
#define ARGS   (3 + 2 * D4_ENTRY_FIELDS)

/* "*27\r\n" or "$5\r\n": the number behind the mark. */
static size_t
resp_number(struct d4_slice *s, char mark)
{
	size_t n = 0;

	assert_true(s->n > 0 && s->p[0] == (uint8_t)mark);
	for (d4_slice_skip(s, 1); s->n > 0 && s->p[0] != '\r';
	     d4_slice_skip(s, 1))
		n = 10 * n + (size_t)(s->p[0] - '0');
	d4_slice_skip(s, 2);
	return n;
}

static void
resp_args(struct d4_slice s, struct d4_slice out[ARGS])
{
	assert_int_equal(resp_number(&s, '*'), ARGS);
	for (size_t i = 0; i < ARGS; i++) {
		size_t n = resp_number(&s, '$');

		out[i] = d4_slice_skip(&s, n);
		d4_slice_skip(&s, 2);
	}
	assert_int_equal(s.n, 0);
}

static void
resp_write(struct d4_buf *b, const struct d4_slice args[ARGS])
{
	assert_int_equal(d4_buf_addf(b, "*%u\r\n", ARGS), D4_OK);
	for (size_t i = 0; i < ARGS; i++) {
		assert_int_equal(d4_buf_addf(b, "$%zu\r\n", args[i].n), D4_OK);
		assert_int_equal(d4_buf_add(b, args[i].p, args[i].n), D4_OK);
		assert_int_equal(d4_buf_adds(b, "\r\n"), D4_OK);
	}
}

static void
check_entry(const char *path, uint64_t seq, uint64_t n)
{
	struct d4_slice args[ARGS], ours[ARGS];
	struct d4_entry_text text;
	struct d4_entry e;
	struct d4_buf b;
	char key[128];
	uint8_t *data;
	size_t len;

	data = test_read(path, &len);
	resp_args(d4_slice_of(data, len), args);
	assert_int_equal(d4_entry_parse(args + 3, D4_ENTRY_FIELDS, &e), D4_OK);
	assert_true(e.seq == seq);
	assert_true(e.n == n);
	assert_int_equal(
	    d4_queue_key(e.type, e.ext, d4_queue_shard(&e.sensor, SHARDS), key,
		sizeof(key)),
	    D4_OK);
	ours[0] = d4_slice_str("XADD");
	ours[1] = d4_slice_str(key);
	ours[2] = d4_slice_str("*");
	d4_entry_fields(&e, &text, ours + 3);
	d4_buf_init(&b, 1 << 20);
	resp_write(&b, ours);
	assert_true(d4_slice_eq(d4_buf_slice(&b), d4_slice_of(data, len)));
	d4_buf_fini(&b);
	free(data);
}

static void
a_pcap_entry_is_byte_equal(void **state)
{
	(void)state;
	check_entry("tests/golden/entry_pcap.resp", 1, 3);
}

static void
a_passivedns_entry_is_byte_equal(void **state)
{
	(void)state;
	check_entry("tests/golden/entry_passivedns.resp", 4294967297, 2);
}

static void
an_extended_entry_is_byte_equal(void **state)
{
	(void)state;
	check_entry("tests/golden/entry_extended.resp", 1, 1);
}

static void
a_stored_entry_is_byte_equal(void **state)
{
	(void)state;
	check_entry("tests/golden/entry_stored.resp", 3, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pcap_entry_is_byte_equal),
	    cmocka_unit_test(a_passivedns_entry_is_byte_equal),
	    cmocka_unit_test(an_extended_entry_is_byte_equal),
	    cmocka_unit_test(a_stored_entry_is_byte_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
