/* HMAC-SHA256, keyed once and reused: of D4 frames, and of any bytes. */
#ifndef D4_HMAC_H
#define D4_HMAC_H

#include <stdbool.h>
#include "libd4/header.h"
#include "libd4/slice.h"

struct d4_hmac;

/*
 * d4_hmac_new -- a keyed context; the key is copied by the library only.
 * Errors: D4_EINVAL the key is empty.  D4_ENOMEM.  D4_ECRYPTO.
 */
D4_USED enum d4_status d4_hmac_new(struct d4_slice key, struct d4_hmac **out);

/* d4_hmac_free -- wipes and frees; NULL is legal. */
void d4_hmac_free(struct d4_hmac *h);

/*
 * d4_hmac_parts -- HMAC over n parts, one after the other.
 * Errors: D4_ECRYPTO; mac is untouched.
 */
D4_USED enum d4_status d4_hmac_parts(struct d4_hmac *h,
    const struct d4_slice *part, size_t n, uint8_t mac[D4_HMAC_LEN]);

/*
 * d4_hmac_frame -- HMAC over the header with a zeroed hmac field and payload.
 * Shape:  wire is the encoded header; its bytes 26..57 are taken as zero.
 * Errors: D4_ECRYPTO; mac is untouched.
 * Source: spec wire.md section 1; D4-project/d4-core client/d4.c.
 */
D4_USED enum d4_status d4_hmac_frame(struct d4_hmac *h,
    const uint8_t wire[D4_HEADER_LEN], struct d4_slice payload,
    uint8_t mac[D4_HMAC_LEN]);

/*
 * d4_hmac_seal -- d4_hmac_frame into the hmac field of wire itself.
 */
D4_USED enum d4_status d4_hmac_seal(
    struct d4_hmac *h, uint8_t wire[D4_HEADER_LEN], struct d4_slice payload);

/*
 * d4_hmac_check -- compares in constant time with the field in wire.
 * Errors: D4_EAUTH wrong.  D4_ECRYPTO.
 */
D4_USED enum d4_status d4_hmac_check(struct d4_hmac *h,
    const uint8_t wire[D4_HEADER_LEN], struct d4_slice payload);

#endif
