/*
 * What MISP has of an event, read back into it. Identity is verified by our
 * own names (UUID version 5), so that what people added there is told apart.
 * Items come back with what was counted, and nothing of them is sent before a
 * finding brings their values (item.h, lanes 0). Pure.
 */
#ifndef MISP_REMEMBER_H
#define MISP_REMEMBER_H

#include <jansson.h>
#include "misp-export/event.h"

/*
 * struct remember -- an event that is being remembered.
 * Shape:  event: what came back so far, by itself. sighted: buckets (bits) by
 *         UUID of the attribute. mappers: as for mappers_find. recalled: items
 *         that are deleted there; foreign: what is there and not of our
 *         making.
 * Owns:   event, sighted: remember_init, remember_fini.
 */
struct remember {
	struct event *event;
	const struct mappers *mappers;
	json_t *sighted;
	uint64_t recalled, foreign;
};

/* remember_init -- for an event of that name. Errors: D4_ENOMEM, D4_ECRYPTO. */
D4_USED enum d4_status remember_init(
    struct remember *r, const struct event *of, const struct mappers *mappers);
void remember_fini(struct remember *r);

/*
 * remember_name -- which event of this space has that UUID and title, whatever
 * is in front of its source. *top: of its title, else 0. false: none.
 */
bool remember_name(const struct d4_uuid *space, const char *info,
    const struct d4_uuid *uuid, struct event_name *out, uint64_t *top);

/*
 * remember_sighting -- a row of /sightings/index; before the items.
 * remember_item -- an object, or an attribute that is in none, as restSearch
 * answers it. Errors: D4_ENOMEM, D4_ECRYPTO.
 */
D4_USED enum d4_status remember_sighting(struct remember *r, const json_t *o);
D4_USED enum d4_status remember_item(struct remember *r, const json_t *o);

/*
 * remember_end -- all was read: it becomes part of the event, what was counted
 * since it was forgotten on top. distribution, top: the event's there. An
 * event of which all is deleted was recalled, and stays so.
 * Errors: D4_ENOMEM; a part is in the event then.
 */
D4_USED enum d4_status remember_end(
    struct remember *r, struct event *e, int distribution, uint64_t top);

#endif
