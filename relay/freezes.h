/* The relay's freezes: their folder, and the record of who froze whom. */
#ifndef RELAY_FREEZES_H
#define RELAY_FREEZES_H

#include "libd4/kit/freeze.h"
#include "relay/conf.h"

/*
 * freezes_make -- makes the folder. If it is missing although freezes were
 * recorded, nobody knows who was frozen: then everyone is.
 * Errors: D4_EIO, D4_ENOSPC errno is set.  D4_ENOMEM.
 */
D4_USED enum d4_status freezes_make(const struct relay_conf *c);

/*
 * freezes_note -- one line more in DIR/freeze.jsonl, durably: event "freeze"
 * or "thaw", partner an id or D4_FREEZE_ALL.
 * Errors: D4_EIO, D4_ENOSPC.
 */
D4_USED enum d4_status freezes_note(const struct relay_conf *c,
    const char *event, const char *partner, const struct d4_freeze_note *note);

#endif
