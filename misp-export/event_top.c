#include <stdlib.h>
#include <string.h>
#include "misp-export/event_top.h"

/* ---- the heap ---- */

/* What was done to the data stays, and what a person took back. */
static uint64_t
top_weight(const struct item *it)
{
	uint64_t sum;

	if (it->mapper == event_anonymisation() || it->state != ITEM_BELOW ||
	    __builtin_add_overflow(it->count, it->err, &sum))
		return UINT64_MAX;
	return sum;
}

/* Any order that does not change: of two that weigh the same, the UUID's. */
static bool
top_lighter(const struct item *a, const struct item *b)
{
	uint64_t x = top_weight(a), y = top_weight(b);

	return x != y ? x < y : memcmp(a->uuid.b, b->uuid.b, D4_UUID_LEN) > 0;
}

static void
top_put(struct event *e, size_t at, struct item *it)
{
	e->items[at] = it;
	it->at = at;
}

static void
top_up(struct event *e, struct item *it)
{
	size_t at = it->at, above;

	for (; at > 0; at = above) {
		above = (at - 1) / 2;
		if (!top_lighter(it, e->items[above]))
			break;
		top_put(e, at, e->items[above]);
	}
	top_put(e, at, it);
}

static void
top_down(struct event *e, struct item *it)
{
	size_t at = it->at, below;

	for (; (below = 2 * at + 1) < e->n; at = below) {
		if (below + 1 < e->n &&
		    top_lighter(e->items[below + 1], e->items[below]))
			below++;
		if (!top_lighter(e->items[below], it))
			break;
		top_put(e, at, e->items[below]);
	}
	top_put(e, at, it);
}

void
top_settle(struct event *e, struct item *it)
{
	top_up(e, it);
	top_down(e, it);
}

void
top_heap(struct event *e)
{
	for (size_t i = e->n / 2; i-- > 0;)
		top_down(e, e->items[i]);
}

static void
top_forget(struct event *e, struct item *it)
{
	e->over += it->count;
	event_unlink(e, it);
	free(it);
}

bool
top_evict(struct event *e, uint64_t *err)
{
	struct item *lightest = e->n > 0 ? e->items[0] : NULL, *last;

	if (lightest == NULL || lightest->state != ITEM_BELOW)
		return false;
	*err = top_weight(lightest);
	last = e->items[--e->n];
	if (last != lightest) {
		last->at = 0;
		top_down(e, last);
	}
	top_forget(e, lightest);
	return true;
}

/* ---- the choice ---- */

static int
top_compare(const void *a, const void *b)
{
	const struct item *x = *(struct item *const *)a;
	const struct item *y = *(struct item *const *)b;
	bool data_x = x->mapper != event_anonymisation();
	bool data_y = y->mapper != event_anonymisation();

	if (data_x != data_y)
		return data_x ? 1 : -1;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return memcmp(x->uuid.b, y->uuid.b, D4_UUID_LEN);
}

/* It is sent, or a person took it back meanwhile. */
static bool
top_keeps(const struct item *it, const struct event_limits *limits,
    const struct top_choice *c)
{
	if (it->state != ITEM_BELOW)
		return true;
	return it->count >= limits->least &&
	       (limits->top == 0 || c->chosen < limits->top);
}

void
top_choose(
    struct event *e, const struct event_limits *limits, struct top_choice *out)
{
	size_t n = 0;

	*out = (struct top_choice){
	    .err = e->over > 0 && e->n > 0 ? top_weight(e->items[0]) : 0};
	if (out->err == UINT64_MAX)
		out->err = 0;
	qsort(e->items, e->n, sizeof(struct item *), top_compare);
	for (size_t i = 0; i < e->n; i++) {
		struct item *it = e->items[i];

		if (!top_keeps(it, limits, out)) {
			out->left++;
			out->seen += it->count;
			top_forget(e, it);
			continue;
		}
		if (it->state == ITEM_BELOW) {
			it->state = ITEM_OPEN;
			out->chosen++;
		}
		top_put(e, n++, it);
	}
	e->n = n;
	e->waits = false;
	e->changed = true;
	e->top = limits->top;
	e->chosen = limits->top != 0 ? out->chosen : 0;
}
