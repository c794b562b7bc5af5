/*
 * A finding of an event: an object, or an attribute by itself, with what was
 * counted of it. Pure.
 */
#ifndef MISP_ITEM_H
#define MISP_ITEM_H

#include "misp-export/identity.h"
#include "misp-export/mapper.h"

enum item_state {
	ITEM_OPEN,       /* MISP does not have it, or not yet for sure */
	ITEM_DONE,       /* verified there */
	ITEM_QUARANTINE, /* MISP refuses it; a person decides */
	ITEM_RECALLED,   /* deleted, and stays so */
	ITEM_BELOW,      /* not seen often enough yet */
	ITEM_RECALL,     /* is to be deleted there */
};

struct item_value {
	uint8_t rel;
	bool mapped;
	const char *text;
};

/*
 * struct item -- an object, or an attribute by itself.
 * Shape:  uuid: of the object or attribute. lanes: bits of event.lane.
 *         came_us: when the hub had the last of it. seen, told: bits of the
 *         buckets in which it was seen, and of those of which MISP has the
 *         sighting. moved: count or times changed since MISP was told. ids: may
 *         be marked as an indicator. lanes 0: remembered, of MISP or of a
 *         mapper that is another now: counted, and nothing of it is sent until
 *         a finding brings its values anew. err: what may have been missed of
 *         it before it stood in a full event (event_top.h). at: its place in
 *         event.items.
 * Owns:   one allocation, values and texts included.
 */
struct item {
	struct d4_uuid uuid;
	struct item *next;
	const struct mapper *mapper;
	size_t at;
	uint64_t count, err, first_us, last_us, came_us, lanes;
	uint32_t seen, told;
	enum item_state state;
	bool moved, ids;
	const char *comment;
	size_t n;
	struct item_value value[];
};

struct event;
struct finding;

/* item_new -- a copy of a finding. Owns: the caller's. NULL: no memory. */
struct item *item_new(const struct finding *f, const struct d4_uuid *uuid);

/* item_due -- MISP needs something of it: the item, its times or sightings. */
bool item_due(const struct item *it);

/*
 * item_attribute -- the UUID of the attribute of its i-th row of the mapper
 * (rel): of a value, or of a computed one, which keeps its UUID while its
 * value changes. text NULL: computed. Errors: D4_ECRYPTO.
 */
D4_USED enum d4_status item_attribute(
    const struct item *it, size_t rel, const char *text, struct d4_uuid *out);

/* item_sighted -- the UUID that its sightings are of. Errors: D4_ECRYPTO. */
D4_USED enum d4_status item_sighted(const struct item *it, struct d4_uuid *out);

/*
 * item_sighting -- the UUID of the sighting of a bucket; item_sighting_of: by
 * the attribute that it is of. Errors: D4_ECRYPTO.
 */
D4_USED enum d4_status item_sighting(const struct event *e,
    const struct item *it, unsigned bucket, struct d4_uuid *out);
D4_USED enum d4_status item_sighting_of(const struct event *e,
    const struct d4_uuid *attribute, unsigned bucket, struct d4_uuid *out);

#endif
