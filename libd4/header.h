/* The 62-byte D4 encapsulation header. */
#ifndef D4_HEADER_H
#define D4_HEADER_H

#include <stdint.h>
#include "libd4/status.h"
#include "libd4/uuid.h"

#define D4_HEADER_LEN  62u
#define D4_HMAC_LEN    32u
#define D4_HMAC_OFFSET 26u
#define D4_VERSION_1   1u

#define D4_PAYLOAD_MAX 1000000u /* what a d4-core server takes in a frame */

struct d4_header {
	uint8_t version;
	uint8_t type;
	struct d4_uuid uuid;
	uint64_t timestamp_s;
	uint8_t hmac[D4_HMAC_LEN];
	uint32_t size;
};

/*
 * d4_header_decode -- reads one D4 encapsulation header.
 * Shape:  wire[62] = version u8 | type u8 | uuid[16] | timestamp u64 |
 *         hmac[32] | size u32, little-endian (the specification is silent;
 *         every client and server sends the host order of x86).
 * Units:  timestamp_s: seconds since 1970 by the sensor's clock, not trusted.
 * Owns:   nothing; copies out of `wire`.
 * Errors: D4_EVERSION version is not 1.  D4_EMALFORMED type is 0.
 *         On error *out is untouched.
 * Source: D4-project/architecture, format/README.md, "Headers", "Types".
 */
D4_USED enum d4_status d4_header_decode(
    const uint8_t wire[D4_HEADER_LEN], struct d4_header *out);

/* d4_header_encode -- the same shape, written; hmac as it is in *h. */
void d4_header_encode(const struct d4_header *h, uint8_t wire[D4_HEADER_LEN]);

#endif
