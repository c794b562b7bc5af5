/* The step `canary`: texts that were planted where they must never leave. */
#ifndef SAN_CANARY_H
#define SAN_CANARY_H

#include "sanitizers/step.h"

#define SAN_CANARIES   16u  /* of one step */
#define SAN_CANARY_MIN 8u   /* bytes: no word of other people's is one */
#define SAN_CANARY_MAX 128u /* bytes */

extern const struct san_step_kind san_step_canary;

/* struct san_canaries -- the step, compiled; each is a text of n[i] bytes. */
struct san_canaries {
	size_t count;
	uint8_t n[SAN_CANARIES];
	char text[SAN_CANARIES][SAN_CANARY_MAX + 1];
};

/*
 * san_canary_seen -- one of them is in what was made of a record, which is
 * in *out from a byte on. c NULL: there are none.
 */
bool san_canary_seen(
    const struct san_canaries *c, const struct d4_buf *out, size_t from);

#endif
