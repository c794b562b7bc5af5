/* A scope for tests: what is protected. */
#ifndef TEST_SCOPE_H
#define TEST_SCOPE_H

#include "libd4/prefix.h"
#include "test.h"

/* scope_add -- one prefix more of a set. */
static inline void
scope_add(struct d4_prefix_set *s, const char *text)
{
	struct d4_prefix p;

	assert_int_equal(d4_prefix_parse(d4_slice_str(text), &p), D4_OK);
	assert_int_equal(d4_prefix_set_add(s, &p), D4_OK);
}

/* scope -- 10.1.0.0/16, 240.1.0.0/16 and 2001:db8:77::/48. */
static inline const struct d4_prefix_set *
scope(void)
{
	static struct d4_prefix_set s;

	if (s.n == 0) {
		scope_add(&s, "10.1.0.0/16");
		scope_add(&s, "240.1.0.0/16");
		scope_add(&s, "2001:db8:77::/48");
	}
	return &s;
}

#endif
