/* Records into sealed frames, built in place in the ring. */
#ifndef SENSOR_FRAMER_H
#define SENSOR_FRAMER_H

#include "libd4/cutter.h"
#include "libd4/header.h"
#include "libd4/hmac.h"
#include "sensor/counts.h"
#include "sensor/ring.h"

/*
 * struct framer_conf -- who seals, and how large a payload shall be: at most
 * target, unless one record alone is larger. drop: when the ring is full the
 * oldest frames are given up, and counted. hmac, ring, counts: borrowed.
 */
struct framer_conf {
	struct d4_uuid uuid;
	uint8_t type;
	size_t target;
	struct d4_hmac *hmac;
	struct ring *ring;
	struct counts *counts;
	bool drop;
};

struct framer;

/* framer_new -- Errors: D4_ENOMEM. */
D4_USED enum d4_status framer_new(
    const struct framer_conf *conf, struct framer **out);
void framer_free(struct framer *f);

/*
 * framer_take -- takes whole records from *run (advancing its data) into
 * frames. c tells where records end; NULL: any place will do (types without a
 * cutter), then a frame counts as a record. A record of more than a million
 * bytes is dropped and counted (wire.toobig, rule R4).
 * Errors: D4_AGAIN the ring is full: call again when there is room, the run
 *         must stay until then.  D4_ECRYPTO.
 */
D4_USED enum d4_status framer_take(
    struct framer *f, const struct d4_cutter *c, struct d4_run *run);

/* framer_pending -- records wait for the rest of a frame. */
bool framer_pending(const struct framer *f);

/* framer_held -- bytes of the frame in progress. */
size_t framer_held(const struct framer *f);

/* framer_made -- frames that were made and are in the ring, or were. */
uint64_t framer_made(const struct framer *f);

/* framer_flush -- makes a frame of what is there. Errors: D4_ECRYPTO. */
D4_USED enum d4_status framer_flush(struct framer *f);

/*
 * framer_control -- appends frames of another type (the meta header) or the
 * opening to out, each small enough for one TLS record.
 * Errors: D4_ECRYPTO, D4_ENOMEM.
 */
D4_USED enum d4_status framer_control(struct framer *f, uint8_t type,
    struct d4_slice payload, struct d4_buf *out);

#endif
