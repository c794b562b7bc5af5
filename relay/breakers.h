/*
 * The open breakers, on disk: what the self-check or a canary stopped stays
 * stopped, across restarts, until the pipeline changes or an operator closes
 * it. One file for each; its existence is the breaker. See
 * docs/adr/0055-a-breaker-that-stays-open.md.
 */
#ifndef RELAY_BREAKERS_H
#define RELAY_BREAKERS_H

#include <jansson.h>
#include "libd4/reason.h"
#include "libd4/status.h"
#include "libd4/uuid.h"

#define BREAKERS_FOLDER "breakers" /* of wash's state */

/* What was stopped, and why. ext "" if there is none; hash: the pipeline's. */
struct breaker {
	const char *partner, *source, *rule, *pipeline, *hash;
	const struct d4_uuid *sensor;
	uint8_t type;
	const char *ext;
	enum d4_reason why;
};

/*
 * breakers_set -- notes one, durably; id: 16 hex digits.
 * Errors: D4_EIO, D4_ENOSPC (errno is set), D4_ENOMEM.
 */
D4_USED enum d4_status breakers_set(
    const char *folder, const char *id, const struct breaker *b);

/*
 * breakers_has -- is it open? *why: the noted reason. A breaker that cannot be
 * looked up counts as open, for D4_R_INTERNAL; so do all if the folder is
 * missing.
 */
bool breakers_has(const char *folder, const char *id, enum d4_reason *why);

/*
 * breakers_lift -- removes the note, durably.
 * Errors: D4_EINVAL no id.  D4_ENOENT it was not there.  D4_EIO.
 */
D4_USED enum d4_status breakers_lift(const char *folder, const char *id);

/*
 * breakers_list -- [{"id", "since", "partner", "source", "rule", "pipeline",
 * "hash", "sensor", "type", "ext", "reason"}], sorted by id; of a note that is
 * damaged only the id. Owns: the caller's. Errors: NULL, errno is set.
 */
json_t *breakers_list(const char *folder);

#endif
