/* What MISP is sent of an event: JSON bodies. Pure. */
#ifndef MISP_EVENT_JSON_H
#define MISP_EVENT_JSON_H

#include <jansson.h>
#include "misp-export/event_terms.h"

/*
 * struct event_send -- what goes with an event beside its findings.
 * Shape:  distribution: MISP's 0 to 4 (never -1); group: id of the sharing
 *         group, "" none. tags: "tlp:green" and others, JSON array of names.
 *         info: the event's title, a prefix of it. published: in this edit.
 */
struct event_send {
	int distribution;
	const char *group, *prefix;
	const json_t *tags;
	bool published;
};

/* Each answers a new object, NULL out of memory. */
json_t *event_head(const struct event *e, const struct event_send *s);

/* event_add_item -- the item's object or attribute into the event's body. */
bool event_add_item(json_t *event, const struct item *it);

/* item_json -- the object, or the attribute, as MISP takes it. */
json_t *item_json(const struct item *it);

/* item_uuids -- calls fn with the UUID of each attribute of it. */
D4_USED enum d4_status item_uuids(const struct item *it,
    void (*fn)(void *arg, const struct d4_uuid *u), void *arg);

/*
 * event_sightings -- up to most sightings that MISP has not, a JSON array;
 * may: what may be sent today. event_sighted -- it has the
 * same ones now.
 */
json_t *event_sightings(
    const struct event *e, struct event_may *may, size_t most);
void event_sighted(struct event *e, struct event_may *may, size_t most);

/* event_info -- its title. */
void event_info(const struct event *e, const char *prefix, char *out, size_t n);

/* event_date -- "2026-11-21". */
#define EVENT_DATE 16u
void event_date(const struct event *e, char out[EVENT_DATE]);

#endif
