/* The registry, between registry.c (verdicts, lists) and registry_ask.c (what
 * Redis is asked about the sensors). */
#ifndef HUB_REGISTRY_PARTS_H
#define HUB_REGISTRY_PARTS_H

#include "hub/registry.h"

/*
 * struct registry -- Shape: left: sensors that this look has still to ask
 * about; walking: questions of it that are in progress, each answer brings the
 * next. version: of what holds for all sensors (each has its own, too).
 */
struct registry {
	struct registry_setup set;
	struct lists *lists;
	struct sensors sensors;
	struct d4_hmac *shared;
	struct event *timer;
	size_t left;
	uint64_t version;
	unsigned walking;
};

/* registry_ask -- asks about a sensor at once, unless that is in progress. */
void registry_ask(struct registry *r, struct sensor *s);

/*
 * registry_round -- asks about a part of the sensors that are in use, those
 * that were not asked about for longest; four times a second.
 */
void registry_round(struct registry *r);

#endif
