/* For tests: a chain from a text, and a file through a stream in any cut. */
#ifndef TEST_CHAIN_H
#define TEST_CHAIN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "sanitizers/step.h"

/* The networks that tests name. */
static inline const struct d4_prefix_set *
test_network(void *arg, const char *name)
{
	static struct d4_prefix_set set;
	static const char *const list[] = {"10.1.0.0/16", "2001:db8:77::/48"};

	(void)arg;
	if (strcmp(name, "telescope") != 0)
		return NULL;
	for (size_t i = 0; set.n < 2 && i < 2; i++) {
		struct d4_prefix p;

		if (d4_prefix_parse(d4_slice_str(list[i]), &p) != D4_OK ||
		    d4_prefix_set_add(&set, &p) != D4_OK)
			abort();
	}
	return &set;
}

/* Compiles steps (YAML) for one type; on error *out is NULL, diag is set. */
static inline enum d4_status
test_compile(const char *steps, uint8_t type, const char *ext,
    struct d4_diag *diag, struct san_chain **out)
{
	const struct san_env env = {.network = test_network};
	char name[1][64] = {""};
	struct san_takes takes = {.types = &type, .n_types = 1};
	struct d4_yaml *y = NULL;
	enum d4_status st;

	*out = NULL;
	*diag = (struct d4_diag){.file = "test"};
	if (ext[0] != '\0') {
		(void)snprintf(name[0], sizeof(name[0]), "%s", ext);
		takes = (struct san_takes){.ext = name, .n_ext = 1};
	}
	st = d4_yaml_parse(d4_slice_str(steps), diag, &y);
	if (st == D4_OK)
		st = san_chain_compile(y, &takes, &env, diag, out);
	d4_yaml_free(y);
	return st;
}

static inline struct san_chain *
test_chain(const char *steps, uint8_t type, const char *ext)
{
	struct san_chain *c;
	struct d4_diag diag;

	if (test_compile(steps, type, ext, &diag, &c) != D4_OK) {
		char text[1024];

		d4_diag_format(&diag, text, sizeof(text));
		fail_msg("%s", text);
	}
	return c;
}

/* Known keys: master 00..1f, partner acme. */
static inline const struct san_keys *
test_keys(void)
{
	static struct san_keys keys;
	uint8_t master[D4_MASTER_LEN];

	for (unsigned i = 0; i < D4_MASTER_LEN; i++)
		master[i] = (uint8_t)i;
	if (!keys.have && san_keys_derive(master, "acme", &keys) != D4_OK)
		abort();
	return &keys;
}

static inline struct san_stream *
test_stream(const struct san_chain *c, uint8_t type, const char *ext)
{
	struct san_facts facts = {.type = type, .ext = ext};
	struct san_stream *s = NULL;

	assert_int_equal(san_stream_new(c, test_keys(), &facts, &s), D4_OK);
	return s;
}

/* A file in pieces of `cut` bytes (0: at once); the worst answer is given. */
static inline enum d4_status
test_run(
    struct san_stream *s, struct d4_slice in, size_t cut, struct d4_buf *out)
{
	enum d4_status st = D4_OK, worst = D4_OK;

	san_stream_begin(s);
	while (in.n != 0) {
		size_t n = cut == 0 || cut > in.n ? in.n : cut;

		st = san_stream_feed(s, d4_slice_skip(&in, n), out);
		worst = st != D4_OK ? st : worst;
	}
	st = san_stream_finish(s, out);
	return st != D4_OK ? st : worst;
}

/* in = forward + withheld, always. */
static inline void
test_balance(const struct san_stream *s)
{
	const struct d4_tally *t = san_stream_tally(s);

	assert_int_equal(t->in, t->records[D4_R_NONE] + d4_tally_withheld(t));
}

/* struct test_made -- what steps make of a file of blocks (pcapng, IPFIX). */
struct test_made {
	struct d4_buf *out;
	struct d4_tally *tally;
};

/* test_blocks -- with openings in their midst; cut as test_run. */
static inline enum d4_status
test_blocks(const char *steps, uint8_t type, struct d4_slice in, size_t cut,
    const struct test_made *m)
{
	struct san_chain *c = test_chain(steps, type, "");
	struct san_stream *s = test_stream(c, type, "");
	enum d4_status st;

	san_stream_many(s);
	st = test_run(s, in, cut, m->out);
	test_balance(s);
	*m->tally = *san_stream_tally(s);
	san_stream_free(s);
	san_chain_free(c);
	return st;
}

/* test_blocks_cut -- in pieces of 1 to most - 1 bytes, too, it is the same. */
static inline void
test_blocks_cut(const char *steps, uint8_t type, struct d4_slice in,
    size_t most, const struct test_made *whole)
{
	struct d4_tally t;
	struct d4_buf out;

	for (size_t cut = 1; cut < most; cut++) {
		d4_buf_init(&out, 1u << 20);
		assert_int_equal(test_blocks(steps, type, in, cut,
				     &(struct test_made){&out, &t}),
		    D4_OK);
		assert_true(
		    d4_slice_eq(d4_buf_slice(whole->out), d4_buf_slice(&out)));
		assert_memory_equal(whole->tally, &t, sizeof(t));
		d4_buf_fini(&out);
	}
}

#endif
