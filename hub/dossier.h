/*
 * What Redis holds about one sensor: d4-core's keys (wire.md section 4) and
 * our own d4:sensor:{uuid}. Read by one script for many sensors at a time; its
 * answer is hostile. Pure.
 */
#ifndef HUB_DOSSIER_H
#define HUB_DOSSIER_H

#include <hiredis/hiredis.h>
#include "hub/badge.h"
#include "libd4/prefix.h"
#include "libd4/uuid.h"

#define DOSSIER_KEY_MAX 4096u /* bytes of a key; d4-core cuts at 100 */
#define DOSSIER_FROM    256u  /* prefixes that a sensor may come from */

/* d4-core's key of every tutorial; known to all the world. */
#define DOSSIER_KNOWN_KEY "private key to change"

/* What a sensor may do at most; 0: as all others. */
struct dossier_limits {
	uint64_t payload; /* bytes of a frame */
	uint64_t rate;    /* bytes a second */
	uint64_t queue;   /* entries that wait in its queues */
};

/*
 * struct dossier -- Shape: trap: every address that it comes from is blocked.
 * previous: valid until previous_s; quarantine_s: deadline of a well-known
 * key; both in seconds since 1970, 0: none. limited: `from` says where it may
 * come from (nowhere, when that was not understood). several: many addresses
 * at a time are not a clone. held: a clone was noticed, and only this address
 * may come; family 0: none was. broken: something was not understood.
 * Owns:   from, badges; the slices live as long as the reply.
 */
struct dossier {
	bool registered, pending, revoked, blocked, trap, kicked;
	bool limited, several, broken;
	struct d4_slice key, previous;
	uint64_t previous_s, quarantine_s;
	struct dossier_limits limits;
	struct d4_prefix_set from;
	struct d4_addr held;
	struct badges badges;
};

/* dossier_script -- ARGV: UUIDs as 32 hex digits; one dossier for each. */
extern const char dossier_script[];

/*
 * dossier_read -- one of the script's answers.
 * Errors: D4_EMALFORMED it is not a dossier at all.  D4_ENOMEM.
 */
D4_USED enum d4_status dossier_read(
    const redisReply *reply, struct dossier *out);
void dossier_fini(struct dossier *d);

/*
 * dossier_prefixes -- "10.0.0.0/8,192.0.2.1": up to DOSSIER_FROM of them.
 * Errors: D4_EMALFORMED; D4_EINVAL host bits; D4_ENOMEM; D4_ETOOBIG.
 */
D4_USED enum d4_status dossier_prefixes(
    struct d4_slice text, struct d4_prefix_set *out);

/* dossier_number -- decimal digits, all of text. Errors: D4_EMALFORMED. */
D4_USED enum d4_status dossier_number(struct d4_slice text, uint64_t *out);

#endif
