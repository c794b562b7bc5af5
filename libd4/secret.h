/* Subkeys of the hub's master key, and pseudonyms made with them. */
#ifndef D4_SECRET_H
#define D4_SECRET_H

#include "libd4/slice.h"
#include "libd4/uuid.h"

#define D4_MASTER_LEN 32u
#define D4_SUBKEY_MAX 32u

/*
 * d4_subkey -- HKDF-SHA256, empty salt, IKM = master, info
 * "d4san1|PURPOSE|PARTNER|EPOCH".
 * Shape:  out[len]; len 32 for cpan pfx tok mac uuid, 16 ipdet, 8 tshift.
 * Errors: D4_ECRYPTO; D4_ETOOBIG the info does not fit. out is wiped then.
 * Source: spec sanitizers.md section 2; RFC 5869.
 */
D4_USED enum d4_status d4_subkey(const uint8_t master[D4_MASTER_LEN],
    const char *const info[3], uint8_t *out, size_t len);

/*
 * d4_wire_uuid -- the UUID under which a stream is sent: first 16 bytes of
 * HMAC-SHA256(uuid subkey, "wire" 00 id 00 variant u32 big-endian), version 4.
 * Shape:  id is a sensor's UUID text or a source's id (identity: source).
 * Errors: D4_ECRYPTO.
 */
D4_USED enum d4_status d4_wire_uuid(const uint8_t subkey[D4_SUBKEY_MAX],
    struct d4_slice id, uint32_t variant, struct d4_uuid *out);

#endif
