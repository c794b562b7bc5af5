/*
 * What holds for every line that any pipeline of lines made: any cut gives
 * the same, the books balance, the output is whole lines.
 */
#ifndef FUZZ_SAN_H
#define FUZZ_SAN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sanitizers/find.h"
#include "sanitizers/find_hidden.h"
#include "sanitizers/step.h"

#define FUZZ_OUT       (64u << 20)
#define FUZZ_PIPELINES 8u

/* A failed claim ends the run in any build. */
#define HOLDS(x)                 \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

struct fuzz_chain {
	struct san_chain *chain;
	uint8_t type;
	const char *ext; /* of type 254, or NULL */
};

static inline const struct d4_prefix_set *
fuzz_network(void *arg, const char *name)
{
	static const char *const list[] = {"10.1.0.0/16", "2001:db8:77::/48"};
	static struct d4_prefix_set set;

	(void)arg;
	(void)name;
	for (size_t i = 0; set.n < 2; i++) {
		struct d4_prefix p;

		HOLDS(d4_prefix_parse(d4_slice_str(list[i]), &p) == D4_OK);
		HOLDS(d4_prefix_set_add(&set, &p) == D4_OK);
	}
	return &set;
}

static inline struct san_chain *
fuzz_chain_of(const char *steps, const struct san_takes *takes)
{
	const struct san_env env = {.network = fuzz_network};
	struct d4_diag diag = {.file = "fuzz"};
	struct san_chain *c = NULL;
	struct d4_yaml *y;

	HOLDS(d4_yaml_parse(d4_slice_str(steps), &diag, &y) == D4_OK);
	HOLDS(san_chain_compile(y, takes, &env, &diag, &c) == D4_OK);
	d4_yaml_free(y);
	return c;
}

static inline struct fuzz_chain
fuzz_compile(const char *steps, uint8_t type)
{
	const struct san_takes takes = {.types = &type, .n_types = 1};

	return (struct fuzz_chain){fuzz_chain_of(steps, &takes), type, NULL};
}

static inline struct fuzz_chain
fuzz_compile_ext(const char *steps, const char *ext)
{
	char name[1][64] = {""};
	const struct san_takes takes = {.ext = name, .n_ext = 1};

	(void)snprintf(name[0], sizeof(name[0]), "%s", ext);
	return (struct fuzz_chain){fuzz_chain_of(steps, &takes), 254, ext};
}

/* All of in, in pieces of cut bytes (0: at once), into *out. */
static inline void
fuzz_run(const struct fuzz_chain *c, struct d4_slice in, size_t cut,
    struct d4_buf *out)
{
	static const uint8_t master[D4_MASTER_LEN];
	struct san_facts facts = {
	    .type = c->type, .ext = c->ext != NULL ? c->ext : ""};
	struct san_keys keys;
	struct san_stream *s;
	const struct d4_tally *t;

	HOLDS(san_keys_derive(master, "fuzz", &keys) == D4_OK);
	HOLDS(san_stream_new(c->chain, &keys, &facts, &s) == D4_OK);
	out->n = 0;
	san_stream_begin(s);
	while (in.n != 0) {
		size_t n = cut == 0 || cut > in.n ? in.n : cut;
		enum d4_status st =
		    san_stream_feed(s, d4_slice_skip(&in, n), out);

		HOLDS(st == D4_OK || st == D4_EDENIED);
	}
	(void)!san_stream_finish(s, out);
	t = san_stream_tally(s);
	HOLDS(t->in == t->records[D4_R_NONE] + d4_tally_withheld(t));
	HOLDS(t->records[D4_R_INTERNAL] == 0);
	HOLDS(out->n == 0 || out->p[out->n - 1] == '\n');
	san_stream_free(s);
}

/* Both ways, compared; *out holds the result. */
static inline void
fuzz_both(const struct fuzz_chain *c, struct d4_slice in, size_t cut,
    struct d4_buf *out)
{
	struct d4_buf other;

	d4_buf_init(&other, FUZZ_OUT);
	fuzz_run(c, in, 0, out);
	fuzz_run(c, in, cut, &other);
	HOLDS(d4_slice_eq(d4_buf_slice(out), d4_buf_slice(&other)));
	d4_buf_fini(&other);
}

/*
 * Byte 0 chooses one of n pipelines for this type, and the cut; what comes of
 * the rest is in *out. Answers the pipeline, compiled once.
 */
static inline const struct fuzz_chain *
fuzz_chosen(const char *const *steps, unsigned n, uint8_t type,
    struct d4_slice in, struct d4_buf *out)
{
	static struct fuzz_chain chains[FUZZ_PIPELINES];
	unsigned i = in.p[0] % n;

	HOLDS(n <= FUZZ_PIPELINES);
	if (chains[i].chain == NULL)
		chains[i] = fuzz_compile(steps[i], type);
	fuzz_both(
	    &chains[i], d4_slice_of(in.p + 1, in.n - 1), 1 + in.p[0] / n, out);
	return &chains[i];
}

/* No address of the scope stands in it, in any spelling that we know. */
static inline void
fuzz_hidden(const struct d4_buf *out)
{
	const struct d4_prefix_set *x = fuzz_network(NULL, "x");

	HOLDS(!san_find_scope(d4_buf_slice(out), x));
	HOLDS(!san_hidden_scope(d4_buf_slice(out), x));
}

/* What went through once goes through again and stays what it is. */
static inline void
fuzz_again(const struct fuzz_chain *c, const struct d4_buf *out)
{
	struct d4_buf other;

	d4_buf_init(&other, FUZZ_OUT);
	fuzz_run(c, d4_buf_slice(out), 0, &other);
	HOLDS(d4_slice_eq(d4_buf_slice(out), d4_buf_slice(&other)));
	d4_buf_fini(&other);
}

#endif
