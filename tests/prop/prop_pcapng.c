/*
 * Properties of pcapng over the golden packets: any cut of the input gives the
 * same output, a packet does not know its neighbours, what is taken off cannot
 * be told from what leaves, whatever leaves can be read, and no damage makes
 * an address leave. With the step `epoch` as without.
 */
#include "guard.h"
#include "libd4/wire.h"
#include "packets.h"
#include "pcapng.h"
#include "prop_world.h"

#define ROOM 65536u
#define SCOPE                                             \
	"addr: {scope: telescope, into: [198.18.0.0/16, " \
	"'2001:db8:fffe::/48'], others: keep}"
#define FACES 4u

static const char *const chains[] = {
    "[" SCOPE "]",
    "[" SCOPE ", link: keep, payload: keep]",
    "[" SCOPE ", epoch: 1h, time: 1s]",
    "[addr: {method: zero}, link: hmac, payload: zero, time: 1h]",
};

#define CHAINS (sizeof(chains) / sizeof(chains[0]))

/*
 * A file that is being made. fill: what stands where nothing may leave of.
 * faces: of the section under way.
 */
struct file {
	uint8_t bytes[ROOM], fill;
	struct png_out o;
	unsigned faces;
};

static struct file file;

/* A comment of four bytes, and the end of options. */
static void
put_comment(struct file *f)
{
	png_put16(&f->o, 1);
	png_put16(&f->o, 4);
	png_fill(&f->o, 4, f->fill);
	png_put32(&f->o, 0);
}

static void
put_face(struct file *f, uint8_t digits)
{
	png_put32(&f->o, 1);
	png_put32(&f->o, 20 + 8 + 12);
	png_put16(&f->o, 1);
	png_put16(&f->o, 0);
	png_put32(&f->o, 0);
	png_put16(&f->o, 9);
	png_put16(&f->o, 1);
	png_fill(&f->o, 1, digits);
	put_comment(f);
	png_put32(&f->o, 20 + 8 + 12);
	f->faces++;
}

static void
put_section(struct file *f, struct prop *r)
{
	png_put_section(&f->o, 0);
	f->faces = 0;
	put_face(f, (uint8_t)(3 + prop_below(r, 7)));
}

static void
put_packet(struct file *f, struct prop *r, const struct packet *p)
{
	uint32_t len = 32 + (uint32_t)(p->n + 3) / 4 * 4 + 12;
	uint64_t t = UINT64_C(1700000000000000) +
	             prop_below(r, 4) * UINT64_C(3600000000);

	png_put32(&f->o, 6);
	png_put32(&f->o, len);
	png_put32(&f->o, (uint32_t)prop_below(r, f->faces));
	png_put32(&f->o, (uint32_t)(t >> 32));
	png_put32(&f->o, (uint32_t)t);
	png_put32(&f->o, (uint32_t)p->n);
	png_put32(&f->o, (uint32_t)p->n);
	png_fill(&f->o, (uint32_t)p->n, 0);
	memcpy(f->bytes + f->o.n - (p->n + 3) / 4 * 4, p->b, p->n);
	put_comment(f);
	png_put32(&f->o, len);
}

static void
put_other(struct file *f, struct prop *r)
{
	size_t from = f->o.n + 8, n = prop_below(r, 40);

	png_put_block(&f->o, 4 + (uint32_t)prop_below(r, 2), (uint32_t)n);
	memset(f->bytes + from, f->fill, n);
}

static void
make(struct file *f, struct prop *r, uint8_t fill)
{
	*f = (struct file){.fill = fill};
	f->o = (struct png_out){.p = f->bytes, .big = prop_below(r, 2) == 0};
	put_section(f, r);
	for (size_t n = 1 + prop_below(r, 24); n > 0; n--) {
		struct packet p = packets[prop_below(r, n_packets)];

		while (prop_below(r, 4) == 0)
			p.b[prop_below(r, p.n)] = (uint8_t)prop_next(r);
		put_packet(f, r, &p);
		if (prop_below(r, 6) == 0)
			put_other(f, r);
		if (prop_below(r, 8) == 0 && f->faces < FACES)
			put_face(f, (uint8_t)prop_below(r, 13));
		if (prop_below(r, 12) == 0)
			put_section(f, r);
	}
}

static void
run(const struct san_chain *c, struct d4_slice in, struct prop *r,
    struct d4_buf *out, struct d4_tally *tally)
{
	struct san_stream *s = test_stream(c, 5, "");
	enum d4_status st = D4_OK;

	out->n = 0;
	san_stream_many(s);
	san_stream_begin(s);
	while (in.n != 0) {
		size_t n = r == NULL ? in.n : prop_cut(r, in.n);
		struct guard g;

		st = san_stream_feed(
		    s, guard_new(&g, d4_slice_skip(&in, n)), out);
		guard_free(&g);
	}
	(void)!san_stream_finish(s, out);
	(void)st;
	test_balance(s);
	*tally = *san_stream_tally(s);
	san_stream_free(s);
}

/* By the cutter: nothing in it is broken. Answers how many records it has. */
static uint64_t
readable(const struct d4_buf *out)
{
	struct d4_slice in = d4_buf_slice(out);
	struct d4_cutter *c = NULL;
	enum d4_status st;
	struct d4_run got;
	uint64_t n = 0;

	assert_int_equal(d4_cutter_new(&d4_cutter_pcapng, &c), D4_OK);
	while ((st = d4_cutter_feed(c, &in, &got)) == D4_OK) {
		assert_int_equal(got.reason, D4_R_NONE);
		n += got.n;
	}
	assert_int_equal(st, D4_AGAIN);
	assert_int_equal(d4_cutter_held(c), 0);
	d4_cutter_free(c);
	return n;
}

static int
world_open(void **state)
{
	return prop_world_open(state, chains, CHAINS, 5, 4 * ROOM);
}

static void
any_cut_gives_the_same_output_and_it_can_be_read(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(10000) / 10;
	struct prop_world *w = *state;

	for (uint64_t i = 0; i < cases; i++) {
		struct prop r = prop_case(seed, i);
		struct d4_tally a, b;
		struct d4_slice in;

		make(&file, &r, (uint8_t)prop_next(&r));
		while (prop_below(&r, 3) == 0) /* lengths, faces, anything */
			file.bytes[prop_below(&r, file.o.n)] =
			    (uint8_t)prop_next(&r);
		in = d4_slice_of(
		    file.bytes, file.o.n - (prop_below(&r, 4) == 0 ? 5 : 0));
		run(w->chain[i % CHAINS], in, NULL, &w->one, &a);
		run(w->chain[i % CHAINS], in, &r, &w->two, &b);
		prop_same(w);
		assert_memory_equal(a.records, b.records, sizeof(a.records));
		assert_memory_equal(a.parts, b.parts, sizeof(a.parts));
		assert_int_equal(readable(&w->one), a.records[D4_R_NONE]);
	}
}

static void
what_is_taken_off_cannot_be_told_from_what_leaves(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(10000) / 20;
	struct prop_world *w = *state;

	for (uint64_t i = 0; i < cases; i++) {
		struct prop r = prop_case(seed, i), again = r;
		const struct san_chain *c = w->chain[i % CHAINS];
		struct d4_tally a, b;

		make(&file, &r, 0x0a);
		run(c, d4_slice_of(file.bytes, file.o.n), NULL, &w->one, &a);
		make(&file, &again, 0xc3);
		run(c, d4_slice_of(file.bytes, file.o.n), NULL, &w->two, &b);
		prop_same(w);
		assert_memory_equal(&a, &b, sizeof(a));
	}
}

/* Files of one packet, through a stream that had many and through a new one. */
static void
a_packet_leaves_the_same_whatever_came_before(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(10000) / 10;
	struct prop_world *w = *state;
	struct san_stream *old[CHAINS];

	for (size_t k = 0; k < CHAINS; k++)
		old[k] = test_stream(w->chain[k], 5, "");
	for (uint64_t i = 0; i < cases; i++) {
		struct prop r = prop_case(seed, i);
		struct packet p = packets[prop_below(&r, n_packets)];
		enum d4_reason why;
		struct d4_slice in;
		struct d4_tally t;

		file = (struct file){.fill = 'x'};
		file.o = (struct png_out){.p = file.bytes};
		p.b[prop_below(&r, p.n)] = (uint8_t)prop_next(&r);
		put_section(&file, &r);
		put_packet(&file, &r, &p);
		in = d4_slice_of(file.bytes, file.o.n);
		w->one.n = 0;
		(void)test_run(old[i % CHAINS], in, 0, &w->one);
		run(w->chain[i % CHAINS], in, NULL, &w->two, &t);
		prop_same(w);
		if (san_stream_broken(old[i % CHAINS], &why))
			san_stream_reset(old[i % CHAINS]);
	}
	for (size_t k = 0; k < CHAINS; k++)
		san_stream_free(old[k]);
}

static void
no_damage_makes_an_address_leave(void **state)
{
	static const uint8_t a4[2][4] = {{10, 1, 2, 3}, {10, 1, 255, 255}};
	static const uint8_t a6[2][16] = {
	    {0x20, 1, 0xd, 0xb8, 0, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	    {0x20, 1, 0xd, 0xb8, 0, 0x77, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5}};
	uint64_t seed = prop_seed(), cases = prop_cases(10000);
	struct prop_world *w = *state;

	for (uint64_t i = 0; i < cases; i++) {
		struct prop r = prop_case(seed, i);
		struct packet p = packets[prop_below(&r, n_packets)];
		struct d4_tally t;

		p.b[prop_below(&r, p.n)] = (uint8_t)prop_next(&r);
		p.b[prop_below(&r, p.n)] = (uint8_t)prop_next(&r);
		file = (struct file){.fill = 'x'};
		file.o = (struct png_out){
		    .p = file.bytes, .big = prop_below(&r, 2) == 0};
		put_section(&file, &r);
		put_packet(&file, &r, &p);
		run(w->chain[i % CHAINS], d4_slice_of(file.bytes, file.o.n),
		    NULL, &w->one, &t);
		for (size_t k = 0; w->one.n != 0 && k < 2; k++) {
			if (packet_has(&p, a4[k], 4))
				assert_false(
				    packet_holds(w->one.p, w->one.n, a4[k], 4));
			if (packet_has(&p, a6[k], 16))
				assert_false(packet_holds(
				    w->one.p, w->one.n, a6[k], 16));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_cut_gives_the_same_output_and_it_can_be_read),
	    cmocka_unit_test(what_is_taken_off_cannot_be_told_from_what_leaves),
	    cmocka_unit_test(a_packet_leaves_the_same_whatever_came_before),
	    cmocka_unit_test(no_damage_makes_an_address_leave),
	};
	void *none = NULL;

	if (packets_load(&none) != 0)
		return 1;
	return cmocka_run_group_tests(tests, world_open, prop_world_close);
}
