/* What of an event the relay's terms release today. Pure. */
#ifndef MISP_EVENT_TERMS_H
#define MISP_EVENT_TERMS_H

#include "misp-export/event.h"

/*
 * event_released -- bits of the event's lanes whose findings may be sent:
 * under the same pipeline and release as they came, with no stricter label.
 * group: there is a sharing group. *distribution is narrowed to what those
 * lanes ask for.
 */
uint64_t event_released(const struct event *e, const struct terms *t,
    bool group, int *distribution);

/* terms_print -- another number when other terms hold; never 0. */
uint64_t terms_print(const struct terms *t);

#endif
