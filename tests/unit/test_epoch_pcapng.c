/* Keys by a packet's time for pcapng: each interface has a clock of its own. */
#include "pcapng_world.h"

#define DAY   86400u
#define EPOCH 20000u
#define STEP  "[addr: {scope: telescope, others: keep}, epoch: 1d]"

/* A day later by its offset; in milliseconds; in fractions of two. */
static const struct option later[] = {
    {14, 8, {DAY & 0xff, DAY >> 8 & 0xff, DAY >> 16}}};
static const struct option coarse[] = {{9, 1, {3}}};
static const struct option binary[] = {{9, 1, {0x8a}}}; /* 2^-10 s */

static const struct {
	uint32_t face, epoch;
	uint64_t time;
} said[] = {
    {0, EPOCH, EPOCH *(uint64_t)DAY * 1000000},
    {0, EPOCH, (EPOCH + 1) * (uint64_t)DAY * 1000000 - 1},
    {0, EPOCH + 1, (EPOCH + 1) * (uint64_t)DAY * 1000000},
    {1, EPOCH + 1, EPOCH *(uint64_t)DAY * 1000000},
    {2, EPOCH + 2, (EPOCH + 2) * (uint64_t)DAY * 1000},
    {3, EPOCH + 5, (EPOCH + 5) * (uint64_t)DAY * 1024},
    {3, EPOCH + 4, (EPOCH + 5) * (uint64_t)DAY * 1024 - 1},
    {0, EPOCH, EPOCH *(uint64_t)DAY * 1000000 + 7},
};

#define PACKETS (sizeof(said) / sizeof(said[0]))

/* The last interface is described behind the fifth packet. */
static void
make(struct file *f, bool simple)
{
	begin(f, false);
	put_face(f, 1, NULL, 0);
	put_face(f, 1, later, 1);
	put_face(f, 1, coarse, 1);
	if (simple)
		put_simple(f, udp());
	for (size_t i = 0; i < PACKETS; i++) {
		const struct said s = {
		    .face = said[i].face, .time = said[i].time};

		if (i == 5)
			put_face(f, 1, binary, 1);
		put_packet(f, &s, udp());
	}
}

/* The file without the step, with an epoch's keys. */
static void
alone(const struct file *f, uint64_t epoch, struct d4_buf *out)
{
	const struct san_facts facts = {.type = 5, .ext = ""};
	struct san_chain *c = test_chain(STEPS, 5, "");
	struct san_stream *s = NULL;
	struct san_keys k;

	d4_buf_init(out, 4 * ROOM);
	assert_int_equal(san_keys_epoch(test_keys(), epoch, &k), D4_OK);
	assert_int_equal(san_stream_new(c, &k, &facts, &s), D4_OK);
	san_stream_many(s);
	assert_int_equal(
	    test_run(s, d4_slice_of(f->bytes, f->o.n), 0, out), D4_OK);
	san_stream_free(s);
	san_chain_free(c);
}

static void
packets_are_mapped_by_the_clock_of_their_interface(void **state)
{
	struct d4_buf out, one, cut;
	struct d4_tally t;
	struct file f;

	(void)state;
	make(&f, false);
	assert_int_equal(run(STEP, &f, 0, &out, &t), D4_OK);
	assert_int_equal(run(STEP, &f, 11, &cut, &t), D4_OK);
	assert_true(d4_slice_eq(d4_buf_slice(&out), d4_buf_slice(&cut)));
	assert_int_equal(t.records[D4_R_NONE], PACKETS);
	for (size_t i = 0; i < PACKETS; i++) {
		/* section, three interfaces, and the late one */
		unsigned at = (unsigned)i + (i < 5 ? 4 : 5);

		alone(&f, said[i].epoch, &one);
		assert_int_equal(out.n, one.n);
		assert_memory_equal(out.p + block(&out, false, at),
		    one.p + block(&one, false, at),
		    get32(&one, false, block(&one, false, at) + 4));
		/* The opening is told once, and goes on in the midst. */
		assert_memory_equal(out.p, one.p, block(&one, false, 4));
		d4_buf_fini(&one);
	}
	d4_buf_fini(&out);
	d4_buf_fini(&cut);
}

static void
a_simple_packet_has_the_time_of_its_file_or_none(void **state)
{
	const struct san_facts facts = {.type = 5, .ext = ""};
	struct san_chain *c = test_chain(STEP, 5, "");
	struct san_stream *s = NULL;
	struct d4_buf out, one;
	struct d4_tally t;
	struct file f;

	(void)state;
	make(&f, true);
	assert_int_equal(run(STEP, &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.records[D4_R_TIME_VALUE], 1);
	assert_int_equal(t.records[D4_R_NONE], PACKETS);
	out.n = 0;
	assert_int_equal(san_stream_new(c, test_keys(), &facts, &s), D4_OK);
	san_stream_many(s);
	san_stream_time(s, (EPOCH + 9) * (uint64_t)DAY + 1);
	assert_int_equal(
	    test_run(s, d4_slice_of(f.bytes, f.o.n), 0, &out), D4_OK);
	alone(&f, EPOCH + 9, &one);
	assert_int_equal(out.n, one.n);
	assert_memory_equal(out.p + block(&out, false, 4),
	    one.p + block(&one, false, 4),
	    get32(&one, false, block(&one, false, 4) + 4));
	san_stream_free(s);
	san_chain_free(c);
	d4_buf_fini(&out);
	d4_buf_fini(&one);
}

/* Whatever an epoch's state is made of, the books are those without it. */
static void
what_is_taken_off_is_counted_once(void **state)
{
	static const struct option named[] = {{2, 4, "eth0"}};
	struct d4_tally with, without;
	struct d4_buf out;
	struct file f;

	(void)state;
	begin(&f, false);
	put_face(&f, 1, named, 1);
	for (size_t i = 0; i < 3; i++) {
		const struct said s = {
		    .time = said[i].time, .list = named, .n = 1};

		put_packet(&f, &s, udp());
		png_put_block(&f.o, 4, 8);
	}
	assert_int_equal(run(STEPS, &f, 0, &out, &without), D4_OK);
	d4_buf_fini(&out);
	assert_int_equal(run(STEP, &f, 0, &out, &with), D4_OK);
	d4_buf_fini(&out);
	assert_memory_equal(&with, &without, sizeof(with));
	assert_int_equal(with.records[D4_R_PCAPNG_META], 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		packets_are_mapped_by_the_clock_of_their_interface),
	    cmocka_unit_test(a_simple_packet_has_the_time_of_its_file_or_none),
	    cmocka_unit_test(what_is_taken_off_is_counted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
