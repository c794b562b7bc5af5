/*
 * Events of maltrail (extended type maltrail): eleven fields between blanks,
 * quoted where they hold one.
 */
#ifndef SAN_MALTRAIL_H
#define SAN_MALTRAIL_H

#include "sanitizers/pdns_name.h"
#include "sanitizers/step.h"

/* Source: stamparm/maltrail, core/log.py, log_event(). */
enum san_trail_field {
	TRAIL_TIME,
	TRAIL_SENSOR,
	TRAIL_SRC,
	TRAIL_SRC_PORT,
	TRAIL_DST,
	TRAIL_DST_PORT,
	TRAIL_PROTO,
	TRAIL_TYPE,
	TRAIL_TRAIL,
	TRAIL_INFO,
	TRAIL_REFERENCE,
	TRAIL_FIELDS,
};

/* What becomes of a field; ADDR only of addresses, TOK only of the sensor. */
enum san_trail_act { TRAIL_KEEP, TRAIL_ADDR, TRAIL_TOK, TRAIL_ZERO };

/*
 * struct san_trail_conf -- the step, compiled.
 * Shape:  deny: names whose trails are not passed on, or NULL.
 */
struct san_trail_conf {
	enum san_trail_act sensor, src, dst;
	struct san_suffixes *deny;
};

/* The fields of a line as received, quotes included. */
struct san_trail {
	struct d4_slice field[TRAIL_FIELDS];
};

/*
 * san_trail_parse -- exactly eleven fields with one blank between them.
 * false: it is not so.
 */
bool san_trail_parse(struct d4_slice line, struct san_trail *out);

extern const struct san_step_kind san_step_maltrail;
extern const struct san_family san_family_maltrail;

#endif
