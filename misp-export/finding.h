/* One record to findings: mapped, checked, pseudonyms told apart. Pure. */
#ifndef MISP_FINDING_H
#define MISP_FINDING_H

#include "misp-export/event.h"
#include "misp-export/value.h"

#define FINDING_TEXT (1u << 20) /* bytes of all texts of one finding */

/*
 * struct finding_maker -- what findings are made with, and what was refused.
 * Shape:  refused: by enum value_why, since it was made. told: called for
 *         each refused value, with its type; the value itself is not passed
 *         on: it could be anything. NULL: nobody.
 * Owns:   its buffers: finding_init, finding_fini.
 */
struct finding_maker {
	struct d4_buf text, value, key;
	uint64_t refused[VALUE_WHY_N];
	void (*told)(void *arg, const struct mapper *m,
	    const struct map_rel *rel, enum value_why why);
	void *arg;
};

/* Errors: D4_ENOMEM. */
D4_USED enum d4_status finding_init(struct finding_maker *m);
void finding_fini(struct finding_maker *m);

/* Which mapper, under which words; rel: that row alone, MAPPER_RELS: all. */
struct finding_ask {
	const struct mapper *mapper;
	const struct terms_lane *lane;
	size_t rel;
};

/*
 * finding_make -- what a mapper makes of a record; valid until the next call.
 * false: nothing, because a key is missing or was refused (counted then).
 */
bool finding_make(struct finding_maker *m, const struct finding_ask *ask,
    struct record *r, struct finding *out);

/*
 * finding_anonymisation -- the object that says what was done to the data of
 * a lane. false: out of memory.
 */
bool finding_anonymisation(struct finding_maker *m,
    const struct terms_lane *lane, uint64_t time_us, struct finding *out);

#endif
