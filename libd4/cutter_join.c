#include "libd4/cutter_join.h"

enum d4_status
d4_cutter_join(struct d4_cutter *c, struct d4_buf *held,
    enum d4_status (*need)(struct d4_cutter *c, struct d4_slice s, size_t *n),
    struct d4_slice *in)
{
	enum d4_status st;
	size_t whole = 0, n;

	do {
		st = need(c, d4_buf_slice(held), &whole);
		if (st != D4_OK)
			return st;
		n = whole - held->n < in->n ? whole - held->n : in->n;
		st = d4_buf_add(held, in->p, n);
		if (st != D4_OK)
			return st;
		d4_slice_skip(in, n);
	} while (n != 0);
	return held->n < whole ? D4_AGAIN : D4_OK;
}

enum d4_status
d4_cutter_left(uint64_t left, struct d4_run *out)
{
	if (left == 0)
		return D4_OK;
	*out =
	    (struct d4_run){.n = 1, .bytes = left, .reason = D4_R_EOF_PARTIAL};
	return D4_ETRUNC;
}
