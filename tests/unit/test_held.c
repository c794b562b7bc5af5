/* Who keeps what is quarantined gets it whole, from leaders and followers. */
#include "golden.h"
#include "sanitizers/follow.h"
#include "sanitizers/held.h"

#define ADDR    "[addr: {scope: telescope, others: keep}]"
#define ACK     42u /* of TCP in a frame without options */
#define HOST    30u /* the destination of its IP header */
#define PACKETS 3u

struct kept {
	unsigned n;
	enum d4_reason why;
	uint8_t opening[64], record[256];
	size_t n_opening, n_record;
};

static void
keep(void *arg, const struct san_held *h)
{
	struct kept *k = arg;

	assert_true(h->opening.n <= sizeof(k->opening));
	assert_true(h->record.n <= sizeof(k->record));
	k->n++;
	k->why = h->why;
	k->n_opening = h->opening.n;
	k->n_record = h->record.n;
	memcpy(k->opening, h->opening.p, h->opening.n);
	memcpy(k->record, h->record.p, h->record.n);
}

/* Three packets; the second acknowledges its destination's address. */
static void
make(struct d4_buf *f, size_t *at, size_t *n)
{
	uint8_t p[GOLDEN_MAX];
	size_t len = golden_packet("mirai", p);

	test_pcap_open(f, 1);
	for (unsigned i = 0; i < PACKETS; i++) {
		uint8_t one[GOLDEN_MAX];

		memcpy(one, p, len);
		if (i == 1) {
			*at = f->n;
			one[ACK + 5] = 0x10; /* flags: ACK only */
			memcpy(one + ACK, p + HOST, 4);
			memcpy(one + ACK - 4, "\1\2\3\4", 4);
		}
		test_pcap_add(f, one, len, len);
		if (i == 1)
			*n = f->n - *at;
	}
}

static void
is_whole(const struct kept *k, const struct d4_buf *f, size_t at, size_t n)
{
	assert_int_equal(k->n, 1);
	assert_int_equal(k->why, D4_R_SELFCHECK);
	assert_int_equal(k->n_opening, 24);
	assert_memory_equal(k->opening, f->p, 24);
	assert_int_equal(k->n_record, n);
	assert_memory_equal(k->record, f->p + at, n);
}

static void
it_is_the_record_as_it_came_and_nothing_else(void **state)
{
	struct san_chain *c = test_chain(ADDR, 1, "");
	struct d4_buf f, out;
	size_t at = 0, n = 0;

	(void)state;
	make(&f, &at, &n);
	for (size_t cut = 0; cut < 64; cut += 7) {
		struct san_stream *s = test_stream(c, 1, "");
		struct kept k = {.n = 0};

		d4_buf_init(&out, TEST_FILE_MAX);
		san_stream_hold(s, keep, &k);
		assert_int_equal(
		    test_run(s, d4_buf_slice(&f), cut, &out), D4_OK);
		is_whole(&k, &f, at, n);
		assert_int_equal(san_stream_tally(s)->quarantined, 1);
		assert_int_equal(
		    san_stream_tally(s)->records[D4_R_NONE], PACKETS - 1);
		d4_buf_fini(&out);
		san_stream_free(s);
	}
	d4_buf_fini(&f);
	san_chain_free(c);
}

static void
a_follower_gives_what_it_withholds(void **state)
{
	struct san_chain *c = test_chain(ADDR, 1, "");
	struct san_stream *lead = test_stream(c, 1, "");
	struct san_stream *s = test_stream(c, 1, "");
	struct kept first = {.n = 0}, second = {.n = 0};
	struct san_trace *t = NULL;
	struct d4_buf f, one, two;
	size_t at = 0, n = 0;

	(void)state;
	make(&f, &at, &n);
	d4_buf_init(&one, TEST_FILE_MAX);
	d4_buf_init(&two, TEST_FILE_MAX);
	assert_int_equal(san_trace_new(&t), D4_OK);
	san_stream_hold(lead, keep, &first);
	san_stream_hold(s, keep, &second);
	san_stream_begin(lead);
	assert_int_equal(san_stream_lead(lead, t), D4_OK);
	assert_int_equal(san_stream_feed(lead, d4_buf_slice(&f), &one), D4_OK);
	assert_int_equal(san_stream_finish(lead, &one), D4_OK);
	assert_int_equal(
	    san_stream_follow(s, t, d4_buf_slice(&one), &two), D4_OK);
	is_whole(&first, &f, at, n);
	is_whole(&second, &f, at, n); /* a doubt of its own */
	assert_int_equal(san_stream_tally(s)->quarantined, 1);
	assert_true(d4_slice_eq(d4_buf_slice(&one), d4_buf_slice(&two)));
	d4_buf_fini(&f);
	d4_buf_fini(&one);
	d4_buf_fini(&two);
	san_trace_free(t);
	san_stream_free(s);
	san_stream_free(lead);
	san_chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_is_the_record_as_it_came_and_nothing_else),
	    cmocka_unit_test(a_follower_gives_what_it_withholds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
