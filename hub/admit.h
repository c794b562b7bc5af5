/*
 * The guard: is this frame acceptable, and if not, why. Pure: facts in, verdict
 * out.
 * Source: spec wire.md section 2.
 */
#ifndef HUB_ADMIT_H
#define HUB_ADMIT_H

#include <stdbool.h>
#include "libd4/header.h"
#include "libd4/reason.h"

/* What holds for every session; accepted[t]: type t may be sent here. */
struct admit_rules {
	bool accepted[256];
	bool any_uuid; /* not only version 4 */
};

/* Where a session stands: [X]+ with one X of {1,3..8}, or 2+ 254*. */
enum admit_stage {
	ADMIT_FIRST,    /* no frame yet */
	ADMIT_PLAIN,    /* one type for good */
	ADMIT_META,     /* type 2 came; the meta header may be unfinished */
	ADMIT_EXTENDED, /* 254 came */
};

/* meta_done: the meta header is whole, and its type is accepted. */
struct admit_state {
	enum admit_stage stage;
	struct d4_uuid uuid;
	uint8_t type;
	bool meta_done;
};

/*
 * What is known of a sensor, and of the address it comes from.
 * Shape:  shared: the hub's mode is shared-secret, so it need not be
 *         registered. trap: whoever comes as this sensor blocks its address.
 *         overdue: its key is publicly known, and the time to change it is
 *         over. foreign: it may not come from this address. cloned: another
 *         address is held. broken: what Redis holds about it was not
 *         understood.
 */
struct admit_sensor {
	bool shared, registered, pending, revoked;
	bool has_key, overdue, broken;
	bool blocked, trap, kicked;
	bool address_blocked, foreign, cloned;
};

/*
 * admit_header -- may a frame with this header follow in this session?
 * D4_R_NONE: yes. It says nothing about the sensor or the HMAC.
 */
enum d4_reason admit_header(const struct admit_rules *rules,
    const struct admit_state *state, const struct d4_header *h);

/* admit_sensor -- may this sensor send at all? */
enum d4_reason admit_sensor(const struct admit_sensor *s);

/* admit_advance -- the frame was authentic: the session moves on. */
void admit_advance(struct admit_state *state, const struct d4_header *h);

/* admit_status -- what an error of the frame parser means to the sensor. */
enum d4_reason admit_status(enum d4_status st);

#endif
