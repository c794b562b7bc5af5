/* What of an event the relay's terms release today. Pure. */
#ifndef MISP_EVENT_TERMS_H
#define MISP_EVENT_TERMS_H

#include "misp-export/event.h"

/* struct event_ask -- group: there is a sharing group; feed: who may read? */
struct event_ask {
	const struct terms *terms;
	uint64_t now_us;
	bool group, feed;
};

/*
 * struct event_may -- the answer.
 * Shape:  lanes: bits of the event's lanes whose findings may be sent: under
 *         the same pipeline and release as they came, with no stricter label,
 *         behind no embargo, by a rule that names their kind; for a feed, only
 *         where the rule lets them further than the own organisation. ids: of
 *         them, those whose rule lets indicators be marked. publish: so may
 *         all that the event has, and each rule lets MISP pass it on.
 * distribution: the event's, narrowed to what those lanes ask for. delay_us,
 * max_age_s: of each lane, 0 none. until_us: when time alone gives another
 * answer, of what was asked so far.
 */
struct event_may {
	uint64_t lanes, ids, now_us, until_us;
	int distribution;
	bool publish, timed;
	size_t n;
	struct {
		uint64_t delay_us, max_age_s;
	} lane[EVENT_LANES];
};

void event_released(
    const struct event *e, const struct event_ask *ask, struct event_may *out);

/*
 * event_narrow -- what is marked as an indicator, and may not be any more, is
 * none, there neither.
 */
void event_narrow(struct event *e, const struct event_may *may);

/*
 * event_remembered -- it has findings, there and not deleted, of which nobody
 * knows any more by which rule they came: such an event is not published.
 */
bool event_remembered(const struct event *e);

/* item_released -- it may be sent, with all that fed it; notes until_us. */
bool item_released(const struct item *it, struct event_may *may);

/* terms_print -- another number when other terms hold; never 0. */
uint64_t terms_print(const struct terms *t);

#endif
