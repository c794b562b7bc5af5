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
 * Shape:  info[3] = purpose, partner, epoch; out[len]; len 32 for cpan pfx
 *         tok mac uuid, 16 ipdet, 8 tshift.
 * Errors: D4_ECRYPTO; D4_ETOOBIG the info does not fit. out is wiped then.
 * Source: spec sanitizers.md section 2; RFC 5869.
 */
D4_USED enum d4_status d4_subkey(const uint8_t master[D4_MASTER_LEN],
    const char *const info[3], uint8_t *out, size_t len);

/*
 * d4_wire_uuid -- the UUID under which a stream is sent: the first 16 bytes
 * of HMAC-SHA256(uuid subkey, message), version 4.
 * Shape:  message = "uuid" 00 id (a sensor, identity: sensor) or
 *         "source" 00 id (identity: source), then, when variant is not 0
 *         (captures: d4_cutter_variant), variant u32 big-endian.
 *         id is a sensor's 16 raw bytes or a source's id. The two cannot be
 *         mixed up: byte 8 of a UUID is 80..bf, an id is [a-z0-9-]. So a
 *         sensor's lines go under the very pseudonym that its UUID has in
 *         data, but for the version.
 * Errors: D4_ECRYPTO; *out is untouched then.
 * Source: spec sanitizers.md section 2; docs/adr/0005.
 */
D4_USED enum d4_status d4_wire_uuid(const uint8_t subkey[D4_SUBKEY_MAX],
    struct d4_slice id, uint32_t variant, struct d4_uuid *out);

/*
 * d4_mac_sha256 -- HMAC-SHA256 under a subkey of the parts, one after the
 * other. For keys that are used once; hot paths keep a context.
 * Errors: D4_ECRYPTO; mac is untouched then.
 */
D4_USED enum d4_status d4_mac_sha256(const uint8_t subkey[D4_SUBKEY_MAX],
    const struct d4_slice *parts, size_t n_parts, uint8_t mac[32]);

#endif
