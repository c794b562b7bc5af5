/* The step `time`: what time stamps become. */
#ifndef SAN_WHEN_H
#define SAN_WHEN_H

#include "sanitizers/step.h"

/* A unit from which on times are coarse enough for a public set. */
#define SAN_WHEN_COARSE_US (UINT64_C(3600) * 1000000)

/*
 * struct san_when -- the step, compiled.
 * Shape:  unit_us: times are floored to it, 1 us to one day; 0: not.
 *         shift: a constant, tshift mod one day, is added first (packets
 *         only).
 */
struct san_when {
	uint64_t unit_us;
	bool shift;
};

extern const struct san_step_kind san_step_time;

/*
 * san_when_apply -- a time in units of 1/per_s seconds (1, 10^6, 10^9),
 * shifted, then floored. tshift: the subkey, read big-endian.
 * Errors: false, the result does not fit; *t is untouched.
 */
D4_USED bool san_when_apply(const struct san_when *w, const uint8_t tshift[8],
    uint64_t per_s, uint64_t *t);

#endif
