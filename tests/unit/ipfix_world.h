/* For the tests of IPFIX: messages that are made, run, and looked at. */
#ifndef TEST_IPFIX_WORLD_H
#define TEST_IPFIX_WORLD_H

#include "chain.h"
#include "ipfix.h"

#define ROOM  65536
#define STEPS "[addr: {scope: telescope, others: keep}]"
#define ALL   "[addr: {}]"

/* A field of a template: enterprise 0: IANA's. */
struct field {
	uint16_t id, len;
	uint32_t enterprise;
};

/* Flows to an address of the scope, and past it. */
static const struct field flow[] = {
    {8, 4, 0}, {12, 4, 0}, {7, 2, 0}, {1, 8, 0}};

#define FLOW 18u /* bytes */

static const uint8_t inside[FLOW] = {
    203, 0, 113, 9, 10, 1, 2, 3, 0, 80, 0, 0, 0, 0, 0, 0, 0, 7};
static const uint8_t outside[FLOW] = {
    203, 0, 113, 9, 9, 9, 9, 9, 0, 80, 0, 0, 0, 0, 0, 0, 0, 7};

/* A stream that is being made. */
struct file {
	uint8_t bytes[ROOM];
	struct ipfix_out o;
};

static inline void
begin(struct file *f)
{
	f->o = (struct ipfix_out){.p = f->bytes};
}

static inline void
put_fields(struct ipfix_out *o, const struct field *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ipfix_put16(o, list[i].id | (list[i].enterprise ? 0x8000u : 0));
		ipfix_put16(o, list[i].len);
		if (list[i].enterprise != 0) {
			d4_put_be32(o->p + o->n, list[i].enterprise);
			o->n += 4;
		}
	}
}

/* A set that defines one template. */
static inline void
put_define(struct file *f, unsigned id, const struct field *list, size_t n)
{
	ipfix_set(&f->o, 2);
	ipfix_put16(&f->o, id);
	ipfix_put16(&f->o, (unsigned)n);
	put_fields(&f->o, list, n);
	d4_put_be16(f->o.p + f->o.set + 2, (uint16_t)(f->o.n - f->o.set));
}

static inline void
put_template(struct file *f, uint32_t domain, unsigned id,
    const struct field *list, size_t n)
{
	ipfix_message(&f->o, domain);
	put_define(f, id, list, n);
	ipfix_end(&f->o);
}

static inline void
put_set(struct file *f, unsigned id, const void *p, size_t n)
{
	ipfix_set(&f->o, id);
	memcpy(f->o.p + f->o.n, p, n);
	f->o.n += n;
	d4_put_be16(f->o.p + f->o.set + 2, (uint16_t)(f->o.n - f->o.set));
}

static inline void
put_data(struct file *f, uint32_t domain, unsigned id, const void *p, size_t n)
{
	ipfix_message(&f->o, domain);
	put_set(f, id, p, n);
	ipfix_end(&f->o);
}

static inline enum d4_status
run(const char *steps, const struct file *f, size_t cut, struct d4_buf *out,
    struct d4_tally *tally)
{
	d4_buf_init(out, 4 * ROOM);
	return test_blocks(steps, 7, d4_slice_of(f->bytes, f->o.n), cut,
	    &(struct test_made){out, tally});
}

static inline uint64_t
part(const struct d4_tally *t, enum d4_reason why)
{
	for (size_t i = 0; i < D4_PARTS; i++) {
		if (d4_part_reason(i) == why)
			return t->parts[i];
	}
	return 0;
}

/* The i-th message of the output. */
static inline struct d4_slice
message(const struct d4_buf *b, unsigned i)
{
	struct d4_slice s = d4_buf_slice(b), m;

	do {
		assert_true(s.n >= 16);
		assert_int_equal(d4_get_be16(s.p), 10);
		assert_true(d4_get_be16(s.p + 2) <= s.n);
		m = d4_slice_skip(&s, d4_get_be16(s.p + 2));
	} while (i-- > 0);
	return m;
}

/* A chain that releases what concerns 203.0.113.0/24. */
static inline struct san_chain *
concerned(void)
{
	static struct d4_prefix list[] = {
	    {{.family = 4, .b = {203, 0, 113}}, 24}};
	static const struct d4_prefix_set nets = {list, 1};
	static const uint8_t type = 7;
	const struct san_about about = {&nets, NULL};
	const struct san_env env = {.network = test_network, .about = &about};
	const struct san_takes takes = {.types = &type, .n_types = 1};
	struct d4_diag diag = {.file = "test"};
	struct san_chain *c = NULL;
	struct d4_yaml *y = NULL;

	assert_int_equal(d4_yaml_parse(d4_slice_str(STEPS), &diag, &y), D4_OK);
	assert_int_equal(san_chain_compile(y, &takes, &env, &diag, &c), D4_OK);
	d4_yaml_free(y);
	return c;
}

/* A message with an options template; its first fields say whom it is about. */
static inline void
put_options(struct file *f, unsigned id, unsigned scopes,
    const struct field *list, size_t n)
{
	ipfix_message(&f->o, 0x0a010203);
	ipfix_set(&f->o, 3);
	ipfix_put16(&f->o, id);
	ipfix_put16(&f->o, (unsigned)n);
	ipfix_put16(&f->o, scopes);
	put_fields(&f->o, list, n);
	ipfix_end(&f->o);
}

#endif
