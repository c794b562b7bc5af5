/* Chains of a type, and the two outputs that a property compares. */
#ifndef TEST_PROP_WORLD_H
#define TEST_PROP_WORLD_H

#include "chain.h"
#include "prop.h"

#define PROP_CHAINS 8u

struct prop_world {
	struct san_chain *chain[PROP_CHAINS];
	struct d4_buf one, two;
};

/* The group's world, of n pipelines for a type; room: bytes of an output. */
static inline int
prop_world_open(
    void **state, const char *const *pipes, size_t n, uint8_t type, size_t room)
{
	struct prop_world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	assert_true(n <= PROP_CHAINS);
	for (size_t i = 0; i < n; i++)
		w->chain[i] = test_chain(pipes[i], type, "");
	d4_buf_init(&w->one, room);
	d4_buf_init(&w->two, room);
	*state = w;
	return 0;
}

static inline int
prop_world_close(void **state)
{
	struct prop_world *w = *state;

	for (size_t i = 0; i < PROP_CHAINS; i++)
		san_chain_free(w->chain[i]);
	d4_buf_fini(&w->one);
	d4_buf_fini(&w->two);
	free(w);
	return 0;
}

static inline void
prop_same(const struct prop_world *w)
{
	assert_true(d4_slice_eq(d4_buf_slice(&w->one), d4_buf_slice(&w->two)));
}

#endif
