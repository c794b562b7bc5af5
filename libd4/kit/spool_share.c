#include <assert.h>
#include <stdlib.h>
#include "libd4/kit/crc32c.h"
#include "libd4/kit/spool_share.h"
#include "libd4/kit/spool_writer.h"

enum d4_status
d4_spool_share_take(struct d4_spool_shares *pool, size_t n, size_t max,
    struct d4_spool_share **out)
{
	struct d4_spool_share *s = pool->free;
	enum d4_status st;

	if (s == NULL) {
		s = calloc(1, sizeof(*s));
		if (s == NULL)
			return D4_ENOMEM;
		s->free = pool->free;
		pool->free = s;
		s->pool = pool;
	}
	s->bytes.n = 0;
	s->bytes.max = max;
	st = d4_buf_reserve(&s->bytes, n);
	if (st != D4_OK)
		return st;
	pool->free = s->free;
	s->free = NULL;
	s->holders = 1;
	s->summed = false;
	*out = s;
	return D4_OK;
}

void
d4_spool_share_drop(struct d4_spool_share *s)
{
	if (s == NULL)
		return;
	assert(s->holders > 0);
	if (--s->holders > 0)
		return;
	s->free = s->pool->free;
	s->pool->free = s;
}

void
d4_spool_shares_fini(struct d4_spool_shares *pool)
{
	struct d4_spool_share *s;

	while ((s = pool->free) != NULL) {
		pool->free = s->free;
		d4_buf_fini(&s->bytes);
		free(s);
	}
}

enum d4_status
d4_spool_append_share(struct d4_spool_writer *w, const struct d4_spool_entry *e,
    struct d4_spool_share *s)
{
	enum d4_status st;
	struct d4_buf *out;

	if (e->data.n != s->bytes.n || e->data.n > D4_SPOOL_ENTRY ||
	    e->opening > e->data.n)
		return D4_ETOOBIG;
	st = spool_refs_reserve(w);
	if (st == D4_OK)
		st = d4_spool_begin(w, &out);
	if (st != D4_OK)
		return st;
	if (!s->summed) {
		s->sum = d4_crc32c(0, d4_buf_slice(&s->bytes));
		s->power = d4_crc32c_power(s->bytes.n);
		s->summed = true;
	}
	s->holders++;
	spool_refs_add(w, s);
	return d4_spool_end(w, e);
}
