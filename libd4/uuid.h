/* UUIDs: 16 bytes in text order. */
#ifndef D4_UUID_H
#define D4_UUID_H

#include <stdbool.h>
#include <stdint.h>
#include "libd4/status.h"

#define D4_UUID_LEN  16u
#define D4_UUID_TEXT 37u /* 8-4-4-4-12 with NUL */
#define D4_UUID_HEX  33u /* 32 digits with NUL, as d4-core keys have it */

struct d4_uuid {
	uint8_t b[D4_UUID_LEN];
};

/*
 * d4_uuid_parse -- reads 8-4-4-4-12 or 32 hex digits, either case, all of text.
 * Errors: D4_EMALFORMED; *out is untouched.
 */
D4_USED enum d4_status d4_uuid_parse(const char *text, struct d4_uuid *out);

/* d4_uuid_text -- lower-case 8-4-4-4-12 with NUL. */
void d4_uuid_text(const struct d4_uuid *u, char out[D4_UUID_TEXT]);

/* d4_uuid_hex -- lower-case 32 digits with NUL. */
void d4_uuid_hex(const struct d4_uuid *u, char out[D4_UUID_HEX]);

/* d4_uuid_is_v4 -- version 4 and variant 10, what d4-core demands. */
bool d4_uuid_is_v4(const struct d4_uuid *u);

/* d4_uuid_force -- stamps a version (4 or 8) and variant 10. */
void d4_uuid_force(struct d4_uuid *u, unsigned version);

bool d4_uuid_eq(const struct d4_uuid *a, const struct d4_uuid *b);

/* d4_uuid_random -- a version 4 UUID. Errors: D4_ECRYPTO (no entropy). */
D4_USED enum d4_status d4_uuid_random(struct d4_uuid *out);

#endif
