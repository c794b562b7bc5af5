/*
 * The findings of an event that were seen most often, in bounded room. While
 * the event waits, its items are a heap, the lightest in front; a new finding
 * of a full event takes the place of the lightest, and may have been seen as
 * often as that one before. Whoever makes more than 1/items of all that was
 * seen is never displaced. Pure.
 * Source: Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and
 * top-k elements in data streams" (Space-Saving), 2005.
 */
#ifndef MISP_EVENT_TOP_H
#define MISP_EVENT_TOP_H

#include "misp-export/event.h"

/*
 * top_evict -- the lightest finding leaves, into event.over; *err: what its
 * successor may have been seen before. false: there is none that may leave.
 */
bool top_evict(struct event *e, uint64_t *err);

/* top_settle -- the heap, after an item came or its count grew. */
void top_settle(struct event *e, struct item *it);

/* top_heap -- the heap anew, of items in any order. */
void top_heap(struct event *e);

/*
 * struct top_choice -- what was chosen, and what was left: findings and how
 * often those were seen. err: as often a finding that was displaced may have
 * been seen at most; 0: none was, the choice is exact.
 */
struct top_choice {
	uint64_t chosen, left, seen, err;
};

/*
 * top_choose -- the `limits->top` findings (0: all) with the highest counts
 * that were seen `limits->least` times, of equal ones those with the lower
 * UUID, are due from now on; the others are forgotten, into event.over. The
 * event does not wait any more.
 */
void top_choose(
    struct event *e, const struct event_limits *limits, struct top_choice *out);

#endif
