/* What came back out of MISP becomes part of the event that we have. */
#include <stdlib.h>
#include "misp-export/remember.h"

/* What was counted since we forgot it comes on top. */
static void
back_add(struct item *it, const struct item *was)
{
	it->count += was->count;
	it->first_us =
	    was->first_us < it->first_us ? was->first_us : it->first_us;
	it->last_us = was->last_us > it->last_us ? was->last_us : it->last_us;
	it->seen |= was->seen;
	it->told = was->told;
	it->moved = true;
	if (was->state == ITEM_RECALLED)
		it->state = ITEM_RECALLED;
}

static bool
end_all_gone(const struct event *e)
{
	for (size_t i = 0; i < e->n; i++) {
		if (e->items[i]->state != ITEM_RECALLED)
			return false;
	}
	return e->n != 0;
}

static enum d4_status
end_items(struct remember *r, struct event *e)
{
	struct event *back = r->event;
	enum d4_status st = D4_OK;

	for (size_t i = 0; i < back->n; i++) {
		struct item *it = back->items[i];
		struct item *known = event_find(e, &it->uuid);

		if (known == NULL && st == D4_OK) {
			st = event_add(e, it);
			continue;
		}
		if (known != NULL)
			back_add(known, it);
		free(it);
	}
	back->n = 0; /* they are the event's */
	return st;
}

enum d4_status
remember_end(
    struct remember *r, struct event *e, int distribution, uint64_t top)
{
	bool gone = end_all_gone(r->event);
	enum d4_status st = end_items(r, e);

	e->changed = true;
	e->state = gone ? EVENT_GONE : EVENT_KNOWN;
	e->asked = true;
	if (e->distribution == -2)
		e->distribution = distribution;
	if (top != 0 && e->top == 0) {
		e->top = top;
		e->chosen = e->n;
	}
	for (size_t i = 0; gone && i < e->n; i++)
		e->items[i]->state = ITEM_RECALLED;
	return st;
}
