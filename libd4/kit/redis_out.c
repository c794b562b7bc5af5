#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/redis_out.h"

#define CHUNK_ROOM 4000u /* bytes of a chunk of copies, at least */

/* p[off..n) waits; cap is 0 when p is lent. */
struct redis_chunk {
	struct redis_chunk *next;
	const uint8_t *p;
	size_t n, off, cap;
	uint8_t own[];
};

static struct redis_chunk *
chunk_new(struct redis_out *o, size_t room)
{
	struct redis_chunk *c = malloc(sizeof(*c) + room);

	if (c == NULL)
		return NULL;
	*c = (struct redis_chunk){.cap = room};
	c->p = c->own;
	if (o->last != NULL)
		o->last->next = c;
	else
		o->first = c;
	o->last = c;
	return c;
}

enum d4_status
redis_out_add(struct redis_out *o, struct d4_slice s)
{
	struct redis_chunk *c = o->last;

	if (s.n == 0)
		return D4_OK;
	if (c == NULL || c->cap - c->n < s.n || c->cap == 0)
		c = chunk_new(o, s.n > CHUNK_ROOM ? s.n : CHUNK_ROOM);
	if (c == NULL)
		return D4_ENOMEM;
	memcpy(c->own + c->n, s.p, s.n);
	c->n += s.n;
	o->bytes += s.n;
	return D4_OK;
}

enum d4_status
redis_out_lend(struct redis_out *o, struct d4_slice s)
{
	struct redis_chunk *c;

	if (s.n == 0)
		return D4_OK;
	c = chunk_new(o, 0);
	if (c == NULL)
		return D4_ENOMEM;
	c->p = s.p;
	c->n = s.n;
	o->bytes += s.n;
	return D4_OK;
}

int
redis_out_iov(const struct redis_out *o, struct iovec *iov, int max)
{
	const struct redis_chunk *c;
	int n = 0;

	for (c = o->first; c != NULL && n < max; c = c->next) {
		/* sendmsg reads only; iovec has no const. */
		iov[n].iov_base = (void *)(uintptr_t)(c->p + c->off);
		iov[n].iov_len = c->n - c->off;
		n++;
	}
	return n;
}

void
redis_out_sent(struct redis_out *o, size_t n)
{
	assert(n <= o->bytes);
	o->bytes -= n;
	while (o->first != NULL) {
		struct redis_chunk *c = o->first;

		if (n < c->n - c->off) {
			c->off += n;
			return;
		}
		n -= c->n - c->off;
		o->first = c->next;
		free(c);
	}
	o->last = NULL;
}

void
redis_out_fini(struct redis_out *o)
{
	redis_out_sent(o, o->bytes);
}
