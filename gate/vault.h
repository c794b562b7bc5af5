/*
 * Secrets of partners whose keys can be forgotten: beside the master key's
 * file, in MASTER.ring/PARTNER/EPOCH, each as the master key itself (32 bytes,
 * or 64 hex digits, 0600). What was destroyed has EPOCH.gone in its place.
 */
#ifndef GATE_VAULT_H
#define GATE_VAULT_H

#include "libd4/slice.h"
#include "sanitizers/keys.h"

#define GATE_VAULT_MAX 4096u /* secrets of one partner */

struct gate_vault;

/*
 * gate_vault_read -- all of them; without the folder there are none.
 * Errors: as d4_master_read, for any of them; D4_ETOOBIG.
 */
D4_USED enum d4_status gate_vault_read(
    const char *master, struct gate_vault **out);
void gate_vault_free(struct gate_vault *v);

/* gate_vault_ring -- a partner's; v NULL, or nothing there: an empty one. */
const struct san_ring *gate_vault_ring(
    const struct gate_vault *v, const char *partner);

/*
 * gate_vault_digest -- tells one state from another, and nothing of a secret;
 * none: all zero. Errors: false, the library failed.
 */
D4_USED bool gate_vault_digest(const struct gate_vault *v, uint8_t md[32]);

/* gate_vault_folder -- where a partner's are; allocated, NULL: no memory. */
char *gate_vault_folder(const char *master, const char *partner);

/* gate_vault_epoch -- the number that a file's name is. false: it is none. */
bool gate_vault_epoch(const char *name, uint64_t *out);

#endif
