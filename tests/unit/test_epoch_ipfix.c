/*
 * Keys by the time of export for flows. A domain that is a token has another
 * name in each epoch: its templates are told under that name, too.
 */
#include "ipfix_world.h"
#include "libd4/ipfix_record.h"

#define WEEK  604800u
#define EPOCH 2815u
#define STEP  "[addr: {scope: telescope, others: keep}, epoch: 7d]"

/* The message that was begun last was exported then. */
static void
put_time(struct file *f, uint32_t t)
{
	d4_put_be32(f->bytes + f->o.message + 4, t);
}

static void
put_flow(struct file *f, uint32_t domain, uint32_t t)
{
	put_data(f, domain, 256, inside, FLOW);
	put_time(f, t);
}

/* What a file of one flow becomes without the step, with an epoch's keys. */
static void
alone(uint32_t domain, uint32_t t, struct d4_buf *out)
{
	const struct san_facts facts = {.type = 7, .ext = ""};
	struct san_chain *c = test_chain(STEPS, 7, "");
	struct san_stream *s = NULL;
	struct san_keys k;
	struct file f;

	begin(&f);
	put_template(&f, domain, 256, flow, 4);
	put_flow(&f, domain, t);
	d4_buf_init(out, ROOM);
	assert_int_equal(san_keys_epoch(test_keys(), t / WEEK, &k), D4_OK);
	assert_int_equal(san_stream_new(c, &k, &facts, &s), D4_OK);
	assert_int_equal(
	    test_run(s, d4_slice_of(f.bytes, f.o.n), 0, out), D4_OK);
	san_stream_free(s);
	san_chain_free(c);
}

/* Messages that a reader can understand: their template came before. */
static unsigned
count_readable(const struct d4_buf *b)
{
	struct ipfix_templates known;
	struct d4_slice at = d4_buf_slice(b), m;
	unsigned n = 0;

	ipfix_templates_init(&known);
	while (at.n != 0) {
		m = d4_slice_skip(&at, d4_get_be16(at.p + 2));
		assert_int_equal(ipfix_templates_learn(&known, m), D4_OK);
		n += d4_get_be16(m.p + 16) == 256 &&
		     ipfix_templates_find(&known, d4_get_be32(m.p + 12), 256) !=
		         NULL;
	}
	ipfix_templates_fini(&known);
	return n;
}

static const uint32_t times[] = {EPOCH * WEEK, (EPOCH + 1) * WEEK - 1,
    (EPOCH + 1) * WEEK, (EPOCH + 6) * WEEK, (EPOCH + 2) * WEEK,
    (EPOCH + 3) * WEEK, (EPOCH + 4) * WEEK, EPOCH *WEEK + 5,
    (EPOCH + 1) * WEEK};

#define FLOWS (sizeof(times) / sizeof(times[0]))

static void
make(struct file *f, uint32_t domain)
{
	begin(f);
	put_template(f, domain, 256, flow, 4);
	for (size_t i = 0; i < FLOWS; i++)
		put_flow(f, domain, times[i]);
}

/* The i-th message with data. */
static struct d4_slice
data(const struct d4_buf *b, size_t i)
{
	struct d4_slice m;

	for (unsigned k = 0;; k++) {
		m = message(b, k);
		if (d4_get_be16(m.p + 16) == 256 && i-- == 0)
			return m;
	}
}

static void
flows_are_mapped_by_the_epoch_of_their_export(void **state)
{
	static const uint32_t domains[] = {0, 0x0a010203};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct d4_buf out, one, cut;
		struct d4_tally t;
		struct file f;

		make(&f, domains[k]);
		assert_int_equal(run(STEP, &f, 0, &out, &t), D4_OK);
		assert_int_equal(run(STEP, &f, 7, &cut, &t), D4_OK);
		assert_true(
		    d4_slice_eq(d4_buf_slice(&out), d4_buf_slice(&cut)));
		assert_int_equal(t.records[D4_R_NONE], FLOWS);
		assert_int_equal(count_readable(&out), FLOWS);
		for (size_t i = 0; i < FLOWS; i++) {
			struct d4_slice got = data(&out, i), want;

			alone(domains[k], times[i], &one);
			want = data(&one, 0);
			assert_int_equal(got.n, want.n);
			/* domain and what stands behind it; not the number */
			assert_memory_equal(
			    got.p + 12, want.p + 12, want.n - 12);
			d4_buf_fini(&one);
		}
		d4_buf_fini(&out);
		d4_buf_fini(&cut);
	}
}

static void
the_domain_that_is_no_token_goes_on(void **state)
{
	struct d4_buf out;
	struct d4_tally t;
	struct file f;

	(void)state;
	make(&f, 0);
	assert_int_equal(run(STEP, &f, 0, &out, &t), D4_OK);
	for (size_t i = 0; i < FLOWS; i++) {
		struct d4_slice m = message(&out, (unsigned)i + 1);

		assert_int_equal(d4_get_be16(m.p + 16), 256);
		assert_int_equal(d4_get_be32(m.p + 8), i);
	}
	d4_buf_fini(&out);
}

/* Who strips openings later is told the one in front, no matter what came. */
static void
the_opening_is_the_one_in_front_of_the_first_flow(void **state)
{
	struct san_secret at[2] = {{.epoch = EPOCH + 1}, {.epoch = EPOCH + 2}};
	const struct san_ring ring = {2, at};
	const struct san_facts facts = {.type = 7, .ext = ""};
	struct san_chain *c = test_chain(STEP, 7, "");
	struct san_keys base = *test_keys();
	struct san_stream *s = NULL;
	struct d4_buf out;
	struct d4_slice m;
	struct file f;

	(void)state;
	base.ring = &ring;
	make(&f, 7);
	d4_buf_init(&out, ROOM);
	assert_int_equal(san_stream_new(c, &base, &facts, &s), D4_OK);
	for (unsigned round = 0; round < 2; round++) {
		uint64_t before = san_stream_tally(s)->records[D4_R_NONE];

		out.n = 0;
		assert_int_equal(
		    test_run(s, d4_slice_of(f.bytes, f.o.n), 0, &out), D4_OK);
		assert_int_equal(
		    san_stream_tally(s)->records[D4_R_NONE] - before, 3);
		assert_int_equal(count_readable(&out), 3);
		m = message(&out, 0);
		assert_int_equal(san_stream_opening(s), m.n);
		assert_int_equal(
		    d4_get_be32(m.p + 12), d4_get_be32(data(&out, 0).p + 12));
	}
	assert_int_equal(
	    san_stream_tally(s)->records[D4_R_EPOCH_KEY], 2 * (FLOWS - 3));
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

/* Nothing of the keys of epoch 0, or of the first message's, is in front. */
static void
a_message_that_does_not_leave_gives_no_opening(void **state)
{
	struct d4_buf out, one;
	struct d4_tally t;
	struct file f;

	(void)state;
	begin(&f);
	put_template(&f, 7, 256, flow, 4);
	put_data(&f, 7, 256, outside, FLOW);
	put_time(&f, EPOCH * WEEK);
	put_flow(&f, 7, (EPOCH + 1) * WEEK);
	assert_int_equal(run(STEP, &f, 0, &out, &t), D4_OK);
	alone(7, (EPOCH + 1) * WEEK, &one);
	assert_true(d4_slice_eq(d4_buf_slice(&out), d4_buf_slice(&one)));
	d4_buf_fini(&out);
	d4_buf_fini(&one);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flows_are_mapped_by_the_epoch_of_their_export),
	    cmocka_unit_test(the_domain_that_is_no_token_goes_on),
	    cmocka_unit_test(the_opening_is_the_one_in_front_of_the_first_flow),
	    cmocka_unit_test(a_message_that_does_not_leave_gives_no_opening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
