/*
 * What holds for every file of blocks or messages (pcapng, IPFIX) that any
 * pipeline made: any cut gives the same, the books balance, the output is
 * hardly longer than the input.
 */
#ifndef FUZZ_BLOCKS_H
#define FUZZ_BLOCKS_H

#include <stdlib.h>
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/step.h"

#define FUZZ_OUT_MAX (64u << 20)
#define FUZZ_CHAINS  4u /* at most */

/* A failed claim ends the run in any build. */
#define HOLDS(x)                 \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

static inline const struct d4_prefix_set *
fuzz_network(void *arg, const char *name)
{
	static struct d4_prefix list[] = {
	    {{.family = 4, .b = {10, 1}}, 16},
	    {{.family = 6, .b = {0x20, 1, 0xd, 0xb8, 0, 0x77}}, 48},
	};
	static const struct d4_prefix_set set = {list, 2};

	(void)arg;
	(void)name;
	return &set;
}

static inline const struct san_keys *
fuzz_keys(void)
{
	static const uint8_t master[D4_MASTER_LEN] = {7};
	static struct san_keys keys;

	if (!keys.have && san_keys_derive(master, "fuzz", &keys) != D4_OK)
		abort();
	return &keys;
}

/* Compiled once; streams are made for each input. */
static inline const struct san_chain *
fuzz_chain(const char *const *steps, size_t i, uint8_t type)
{
	static struct san_chain *chains[FUZZ_CHAINS];
	const struct san_env env = {.network = fuzz_network};
	const struct san_takes takes = {.types = &type, .n_types = 1};
	struct d4_diag diag = {.file = "steps"};
	struct d4_yaml *y = NULL;

	HOLDS(i < FUZZ_CHAINS);
	if (chains[i] != NULL)
		return chains[i];
	HOLDS(d4_yaml_parse(d4_slice_str(steps[i]), &diag, &y) == D4_OK);
	HOLDS(san_chain_compile(y, &takes, &env, &diag, &chains[i]) == D4_OK);
	d4_yaml_free(y);
	return chains[i];
}

/* What a run came to. */
struct fuzz_run {
	struct d4_buf out;
	struct d4_tally tally;
	bool broken;
};

/* All of in, in pieces that are exact allocations, as one file. */
static inline void
fuzz_feed(const struct san_chain *c, uint8_t type, struct d4_slice in,
    size_t piece, struct fuzz_run *r)
{
	const struct san_facts facts = {.type = type, .ext = ""};
	enum d4_status st = D4_OK;
	struct san_stream *s;
	enum d4_reason why;

	HOLDS(san_stream_new(c, fuzz_keys(), &facts, &s) == D4_OK);
	d4_buf_init(&r->out, FUZZ_OUT_MAX);
	san_stream_many(s);
	san_stream_begin(s);
	while (in.n != 0 && st != D4_EDENIED) {
		size_t n = piece < in.n ? piece : in.n;
		uint8_t *copy = malloc(n);

		HOLDS(copy != NULL);
		memcpy(copy, in.p, n);
		(void)d4_slice_skip(&in, n);
		st = san_stream_feed(s, d4_slice_of(copy, n), &r->out);
		free(copy);
		HOLDS(st == D4_OK || st == D4_EMALFORMED || st == D4_EDENIED);
	}
	(void)!san_stream_finish(s, &r->out);
	r->tally = *san_stream_tally(s);
	r->broken = san_stream_broken(s, &why);
	HOLDS(r->tally.in ==
	      r->tally.records[D4_R_NONE] + d4_tally_withheld(&r->tally));
	HOLDS(r->tally.records[D4_R_INTERNAL] == 0);
	san_stream_free(s);
}

/*
 * Byte 0 chooses one of n pipelines, and the pieces: whole and in pieces the
 * same comes of it. r->out is the caller's.
 */
static inline void
fuzz_both(const char *const *steps, unsigned n, uint8_t type,
    struct d4_slice data, struct fuzz_run *r)
{
	const struct san_chain *c = fuzz_chain(steps, data.p[0] % n, type);
	size_t piece = 1 + data.p[0] / n;
	struct fuzz_run other;

	(void)d4_slice_skip(&data, 1);
	fuzz_feed(c, type, data, data.n, r);
	fuzz_feed(c, type, data, piece, &other);
	/* With other keys templates may be told anew. */
	HOLDS(r->out.n <=
	      data.n + data.n / 2 + 64 +
		  (san_chain_epoch_s(c) != 0 ? data.n + D4_OPENING_MAX : 0));
	if (!r->broken && !other.broken) {
		HOLDS(d4_slice_eq(
		    d4_buf_slice(&r->out), d4_buf_slice(&other.out)));
		HOLDS(memcmp(r->tally.records, other.tally.records,
			  sizeof(r->tally.records)) == 0);
		HOLDS(memcmp(r->tally.parts, other.tally.parts,
			  sizeof(r->tally.parts)) == 0);
	}
	d4_buf_fini(&other.out);
}

#endif
