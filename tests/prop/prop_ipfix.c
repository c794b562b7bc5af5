/*
 * Properties of IPFIX: any cut of the input gives the same output, whatever
 * leaves can be read and is numbered as another count has it, values that do
 * not leave cannot be told from what does, a file does not know what came
 * before, and no damage to values makes an address of the scope leave. With
 * the step `epoch` as without.
 */
#include "guard.h"
#include "ipfix.h"
#include "ipfix_read.h"
#include "prop_world.h"

#define ROOM 65536u
#define SCOPE                                             \
	"addr: {scope: telescope, into: [198.18.0.0/16, " \
	"'2001:db8:fffe::/48'], others: keep"
#define WORDS 24u /* fields of a template, at most */

static const char *const chains[] = {
    "[" SCOPE "}]",
    "[" SCOPE "}, epoch: 1h]",
    "[" SCOPE ", require_scope: dst}, time: 1h]",
    "[addr: {method: zero}]",
};

#define CHAINS (sizeof(chains) / sizeof(chains[0]))

/* What a field's value is made of. */
enum what { PEER4, HOST4, PEER6, HOST6, PORT, COUNT8, TIME8, JUNK, TEXT };

static const struct {
	enum what what;
	uint16_t id, len, enterprise;
} fields[] = {
    {PEER4, 8, 4, 0}, {HOST4, 12, 4, 0}, {PEER6, 27, 16, 0}, {HOST6, 28, 16, 0},
    {PORT, 7, 2, 0}, {PORT, 11, 2, 0}, {COUNT8, 1, 8, 0},
    {COUNT8, 502, 8, 6871}, {TIME8, 152, 8, 0}, {JUNK, 56, 6, 0},
    {JUNK, 10, 4, 0}, {JUNK, 106, 4, 6871}, {JUNK, 3, 8, 9}, {JUNK, 130, 4, 0},
    {TEXT, 82, 65535, 0}, {TEXT, 18, 65535, 6871}, {COUNT8, 34, 4, 0},
    {COUNT8, 302, 8, 0}, {COUNT8, 144, 4, 0}, /* whom options are about */
};

#define ABOUT  (FIELDS - 1)
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* A template: rows of the table; options: the first says of whom. */
struct layout {
	uint32_t domain;
	unsigned id, n, row[WORDS];
	bool options;
};

/*
 * A file that is being made. wild: where values stand that may be anything;
 * four and six: addresses of the scope that stand in it. family: of all of
 * its addresses, and there is one domain, 0; or 0: of either family.
 */
struct file {
	uint8_t bytes[ROOM], four[1024][4], six[1024][16];
	uint16_t wild[ROOM / 4];
	size_t n_wild, n_four, n_six;
	uint8_t fill, family;
	struct ipfix_out o;
};

static struct file file;

static void
put(struct file *f, const void *p, size_t n)
{
	memcpy(f->bytes + f->o.n, p, n);
	f->o.n += n;
}

static void
put_template(struct file *f, const struct layout *l)
{
	ipfix_set(&f->o, l->options ? 3 : 2);
	ipfix_put16(&f->o, l->id);
	ipfix_put16(&f->o, l->n);
	if (l->options)
		ipfix_put16(&f->o, 1);
	for (unsigned i = 0; i < l->n; i++) {
		unsigned far = fields[l->row[i]].enterprise;

		ipfix_put16(
		    &f->o, fields[l->row[i]].id | (far != 0 ? 0x8000u : 0));
		ipfix_put16(&f->o, fields[l->row[i]].len);
		if (far != 0) {
			ipfix_put16(&f->o, 0);
			ipfix_put16(&f->o, far);
		}
	}
}

/*
 * No host has a last byte that stands third behind 0a 01 at any border of what
 * else is in a file of one family: no address is found by chance.
 */
static void
put_host(struct file *f, struct prop *r, bool six)
{
	uint8_t b[16] = {0x20, 1, 0xd, 0xb8, 0, 0x77};
	uint16_t host =
	    (uint16_t)(prop_below(r, 0xf0) << 8 | (0x80 + prop_below(r, 0x30)));

	if (six) {
		d4_put_be16(b + 14, host);
		memcpy(f->six[f->n_six++], b, 16);
		put(f, b, 16);
		return;
	}
	d4_put_be32(b, 0x0a010000u | host);
	memcpy(f->four[f->n_four++], b, 4);
	put(f, b, 4);
}

static void
put_value(struct file *f, struct prop *r, unsigned row)
{
	uint8_t b[16] = {0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7};
	size_t n = fields[row].len;

	switch (fields[row].what) {
	case PEER4:
		d4_put_be32(b, 0xcb007100u | (uint32_t)prop_below(r, 256));
		break;
	case PEER6:
		d4_put_be32(b, 0x20010db8u);
		b[15] = (uint8_t)prop_next(r);
		break;
	case HOST4:
	case HOST6:
		put_host(f, r, fields[row].what == HOST6);
		return;
	case TIME8:
		d4_put_be64(b, UINT64_C(1700000000000));
		break;
	case TEXT:
		n = 1 + prop_below(r, 8);
		memset(b, f->fill, sizeof(b));
		b[0] = (uint8_t)(n - 1);
		break;
	case JUNK:
		memset(b, f->fill, sizeof(b));
		break;
	case PORT:
	case COUNT8:
		break;
	}
	for (size_t i = fields[row].what == TEXT; i < n; i++)
		f->wild[f->n_wild++] = (uint16_t)(f->o.n + i);
	put(f, b, n);
}

static void
put_data(struct file *f, struct prop *r, const struct layout *l)
{
	ipfix_set(&f->o, l->id);
	for (size_t n = 1 + prop_below(r, 6); n > 0; n--) {
		for (unsigned i = 0; i < l->n; i++)
			put_value(f, r, l->row[i]);
	}
	d4_put_be16(f->bytes + f->o.set + 2, (uint16_t)(f->o.n - f->o.set));
}

static bool
fits(const struct file *f, unsigned row)
{
	enum what w = fields[row].what;

	if (f->family == 4)
		return w != PEER6 && w != HOST6;
	return f->family == 0 || (w != PEER4 && w != HOST4);
}

static void
choose(const struct file *f, struct layout *l, struct prop *r, unsigned i)
{
	static const uint32_t domains[] = {0, 7, 0x0a010203};

	l->domain = f->family != 0 ? 0 : domains[prop_below(r, 3)];
	l->id = 256 + i;
	l->n = 1 + (unsigned)prop_below(r, WORDS - 1);
	for (unsigned k = 0; k < l->n; k++) {
		do
			l->row[k] = (unsigned)prop_below(r, FIELDS);
		while (!fits(f, l->row[k]));
	}
	l->options = prop_below(r, 4) == 0;
	if (l->options)
		l->row[0] = ABOUT;
}

static void
make(struct file *f, struct prop *r, uint8_t fill, uint8_t family)
{
	struct layout l[3];

	memset(f, 0, sizeof(*f));
	f->fill = fill;
	f->family = family;
	f->o = (struct ipfix_out){.p = f->bytes};
	for (unsigned i = 0; i < 3; i++)
		choose(f, &l[i], r, i);
	for (size_t n = 2 + prop_below(r, 12), i = 0; n > 0; n--) {
		unsigned k = i < 3 ? (unsigned)i : (unsigned)prop_below(r, 3);

		ipfix_message(&f->o, l[k].domain);
		d4_put_be32(f->bytes + f->o.message + 4,
		    1700000000u + 3600u * (uint32_t)prop_below(r, 6));
		if (i++ < 3 || prop_below(r, 8) == 0) {
			if (i > 3)
				choose(f, &l[k], r, k);
			d4_put_be32(f->bytes + f->o.message + 12, l[k].domain);
			put_template(f, &l[k]);
			d4_put_be16(f->bytes + f->o.set + 2,
			    (uint16_t)(f->o.n - f->o.set));
		}
		if (prop_below(r, 5) != 0)
			put_data(f, r, &l[k]);
		ipfix_end(&f->o);
	}
}

static void
run(const struct san_chain *c, const struct file *f, struct prop *r,
    struct d4_buf *out, struct d4_tally *tally)
{
	struct d4_slice in = d4_slice_of(f->bytes, f->o.n);
	struct san_stream *s = test_stream(c, 7, "");

	out->n = 0;
	san_stream_many(s);
	san_stream_begin(s);
	while (in.n != 0) {
		size_t n = r == NULL ? in.n : prop_cut(r, in.n);
		struct guard g;

		(void)!san_stream_feed(
		    s, guard_new(&g, d4_slice_skip(&in, n)), out);
		guard_free(&g);
	}
	(void)!san_stream_finish(s, out);
	test_balance(s);
	*tally = *san_stream_tally(s);
	san_stream_free(s);
}

static int
world_open(void **state)
{
	return prop_world_open(state, chains, CHAINS, 7, 8 * ROOM);
}

static void
any_cut_gives_the_same_output_and_it_can_be_read(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(10000) / 10;
	struct prop_world *w = *state;

	for (uint64_t i = 0; i < cases; i++) {
		struct prop r = prop_case(seed, i);
		struct d4_tally a, b;

		make(&file, &r, (uint8_t)prop_next(&r), 0);
		while (prop_below(&r, 3) == 0) /* lengths, templates, times */
			file.bytes[prop_below(&r, file.o.n)] =
			    (uint8_t)prop_next(&r);
		run(w->chain[i % CHAINS], &file, NULL, &w->one, &a);
		run(w->chain[i % CHAINS], &file, &r, &w->two, &b);
		prop_same(w);
		assert_memory_equal(a.records, b.records, sizeof(a.records));
		assert_memory_equal(a.parts, b.parts, sizeof(a.parts));
		assert_int_equal(ipfix_readable(&w->one), a.parts[0]);
	}
}

static void
values_that_do_not_leave_cannot_be_told_from_what_does(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(10000) / 10;
	struct prop_world *w = *state;

	for (uint64_t i = 0; i < cases; i++) {
		struct prop r = prop_case(seed, i), again = r;
		const struct san_chain *c = w->chain[i % CHAINS];
		struct d4_tally a, b;

		make(&file, &r, 0x0a, 0);
		run(c, &file, NULL, &w->one, &a);
		make(&file, &again, 0xc3, 0);
		run(c, &file, NULL, &w->two, &b);
		prop_same(w);
		assert_memory_equal(&a, &b, sizeof(a));
	}
}

static void
a_file_leaves_the_same_whatever_came_before(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(10000) / 10;
	struct prop_world *w = *state;
	struct san_stream *old[CHAINS];

	for (size_t k = 0; k < CHAINS; k++) {
		old[k] = test_stream(w->chain[k], 7, "");
		san_stream_many(old[k]);
	}
	for (uint64_t i = 0; i < cases; i++) {
		struct prop r = prop_case(seed, i);
		struct d4_tally t;

		make(&file, &r, 'x', 0);
		w->one.n = 0;
		(void)test_run(old[i % CHAINS],
		    d4_slice_of(file.bytes, file.o.n), 0, &w->one);
		run(w->chain[i % CHAINS], &file, NULL, &w->two, &t);
		prop_same(w);
	}
	for (size_t k = 0; k < CHAINS; k++)
		san_stream_free(old[k]);
}

static void
no_value_makes_an_address_leave(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(10000) / 5;
	struct prop_world *w = *state;

	for (uint64_t i = 0; i < cases; i++) {
		struct prop r = prop_case(seed, i);
		struct file *f = &file;
		struct d4_tally t;

		make(f, &r, 0xf9, i % 2 == 0 ? 4 : 6);
		for (size_t n = f->n_wild == 0 ? 0 : prop_below(&r, 6); n > 0;
		     n--)
			f->bytes[f->wild[prop_below(&r, f->n_wild)]] =
			    (uint8_t)(0xf0 | prop_next(&r));
		run(w->chain[i / 2 % CHAINS], f, NULL, &w->one, &t);
		for (size_t k = 0; w->one.n != 0 && k < f->n_four; k++)
			assert_null(memmem(w->one.p, w->one.n, f->four[k], 4));
		for (size_t k = 0; w->one.n != 0 && k < f->n_six; k++)
			assert_null(memmem(w->one.p, w->one.n, f->six[k], 16));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_cut_gives_the_same_output_and_it_can_be_read),
	    cmocka_unit_test(
		values_that_do_not_leave_cannot_be_told_from_what_does),
	    cmocka_unit_test(a_file_leaves_the_same_whatever_came_before),
	    cmocka_unit_test(no_value_makes_an_address_leave),
	};

	return cmocka_run_group_tests(tests, world_open, prop_world_close);
}
