/*
 * The breakers that are open, on disk: what our own doubt stopped stays
 * stopped, whatever becomes of the process, until the pipeline is another one
 * or an operator closes it. A file for each; that it is there is the breaker.
 * See docs/adr/0055-a-breaker-that-stays-open.md.
 */
#ifndef RELAY_BREAKERS_H
#define RELAY_BREAKERS_H

#include <jansson.h>
#include "libd4/reason.h"
#include "libd4/status.h"
#include "libd4/uuid.h"

#define BREAKERS_FOLDER "breakers" /* of wash's state */

/* What stopped, and why. ext "" where there is none; hash: the pipeline's. */
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
 * breakers_has -- is it open? *why: the noted reason. What cannot be looked
 * up is open, for D4_R_INTERNAL; so are all when the folder is gone.
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
