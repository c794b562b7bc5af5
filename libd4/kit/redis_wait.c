#include <assert.h>
#include <stdlib.h>
#include "libd4/kit/redis_wait.h"

#define WAIT_FIRST 256u /* places of a first ring */

static enum d4_status
wait_grow(struct redis_waits *w)
{
	size_t cap = w->cap != 0 ? w->cap * 2 : WAIT_FIRST;
	struct redis_wait *at = calloc(cap, sizeof(*at));

	if (at == NULL)
		return D4_ENOMEM;
	for (size_t i = 0; i < w->n; i++)
		at[i] = w->at[(w->head + i) & (w->cap - 1)];
	free(w->at);
	w->at = at;
	w->cap = cap;
	w->head = 0;
	return D4_OK;
}

enum d4_status
redis_wait_push(struct redis_waits *w, const struct redis_wait *who)
{
	if (w->n == w->cap) {
		enum d4_status st = wait_grow(w);

		if (st != D4_OK)
			return st;
	}
	w->at[(w->head + w->n++) & (w->cap - 1)] = *who;
	return D4_OK;
}

void
redis_wait_undo(struct redis_waits *w)
{
	assert(w->n > 0);
	w->n--;
}

void
redis_wait_answer(
    struct redis_waits *w, enum d4_status st, const redisReply *reply)
{
	struct redis_wait first;

	assert(w->n > 0);
	first = w->at[w->head];
	w->head = (w->head + 1) & (w->cap - 1);
	w->n--;
	if (first.fn != NULL)
		first.fn(first.arg, st, reply);
}

void
redis_wait_fini(struct redis_waits *w)
{
	free(w->at);
	*w = (struct redis_waits){0};
}
