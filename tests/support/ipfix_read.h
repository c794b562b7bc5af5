/* For tests: what a reader of an IPFIX stream makes of it. */
#ifndef TEST_IPFIX_READ_H
#define TEST_IPFIX_READ_H

#include <stdlib.h>
#include "libd4/ipfix_number.h"
#include "libd4/wire.h"
#include "test.h"

/* The flows of one message, by the templates in front of them. */
static inline uint64_t
ipfix_flows(struct ipfix_templates *known, struct d4_slice m)
{
	struct d4_slice sets = m, one;
	struct ipfix_set s;
	uint64_t n = 0;

	(void)d4_slice_skip(&sets, IPFIX_HEADER);
	while (sets.n != 0) {
		const struct ipfix_template *t;

		assert_true(ipfix_set_next(&sets, &s));
		assert_int_equal(
		    ipfix_templates_learn_set(known, m.p, &s), D4_OK);
		if (s.id < IPFIX_DATA)
			continue;
		t = ipfix_templates_find(known, d4_get_be32(m.p + 12), s.id);
		assert_non_null(t);
		while (ipfix_record_next(
		    ipfix_fields(t->record, t->set), &s.body, &one))
			n++;
		assert_int_equal(s.body.n, 0);
	}
	return n;
}

/* Every flow can be read, and the numbers are those of another count. */
static inline uint64_t
ipfix_readable(const struct d4_buf *out)
{
	struct d4_slice at = d4_buf_slice(out);
	struct ipfix_templates known;
	struct ipfix_number numbers;
	uint8_t *copy = malloc(out->n + 1);
	uint64_t n = 0;

	assert_non_null(copy);
	ipfix_templates_init(&known);
	ipfix_number_init(&numbers);
	while (at.n != 0) {
		size_t len;

		assert_true(at.n >= IPFIX_HEADER && d4_get_be16(at.p) == 10);
		len = d4_get_be16(at.p + 2);
		assert_true(len >= IPFIX_HEADER && len <= at.n);
		n += ipfix_flows(&known, d4_slice_skip(&at, len));
	}
	if (out->n != 0) {
		memcpy(copy, out->p, out->n);
		(void)ipfix_number(&numbers, copy, out->n);
		assert_memory_equal(copy, out->p, out->n);
	}
	ipfix_templates_fini(&known);
	ipfix_number_fini(&numbers);
	free(copy);
	return n;
}

#endif
