#include <string.h>
#include "hub/clone.h"

#define NET6 8u /* bytes of an IPv6 address that name the network */

bool
clone_same(const struct d4_addr *a, const struct d4_addr *b)
{
	if (a->family != b->family)
		return false;
	return memcmp(a->b, b->b, a->family == 4 ? 4 : NET6) == 0;
}

void
clone_place(struct d4_addr *a)
{
	if (a->family == 6)
		memset(a->b + NET6, 0, sizeof(a->b) - NET6);
}

/* One more turn; true when there were too many of them lately. */
static bool
clone_turn(struct clone *c, uint64_t now_ms)
{
	const unsigned last = CLONE_BORNE;

	memmove(c->turn_ms + 1, c->turn_ms, last * sizeof(c->turn_ms[0]));
	c->turn_ms[0] = now_ms;
	return c->turn_ms[last] != 0 &&
	       now_ms - c->turn_ms[last] < CLONE_WINDOW_MS;
}

bool
clone_seen(
    struct clone *c, const struct d4_addr *from, bool begins, uint64_t now_ms)
{
	bool first = c->last.family == 0;

	if (clone_same(&c->last, from))
		return false;
	c->last = *from;
	/* What was under way when a sensor moved comes at once. */
	if (first || (!begins && now_ms - c->turn_ms[0] < CLONE_APART_MS))
		return false;
	return clone_turn(c, now_ms);
}

void
clone_hold(struct clone *c, const struct d4_addr *holder, uint64_t until_ms)
{
	*c = (struct clone){
	    .last = *holder, .holder = *holder, .held_ms = until_ms};
}

bool
clone_barred(const struct clone *c, const struct d4_addr *from, uint64_t now_ms)
{
	return now_ms < c->held_ms && !clone_same(&c->holder, from);
}
