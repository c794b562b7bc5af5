/* The keys of sensors and partners: what a valid one looks like. */
#ifndef D4_KEY_H
#define D4_KEY_H

#include "libd4/slice.h"

#define D4_KEY_MAX 100u /* characters of a sensor's or partner's HMAC key */

/*
 * d4_key_ok -- 1..100 characters of [A-Za-z0-9_-]: a d4-core server escapes
 * and cuts any other when a sensor registers (wire.md, rule R2).
 */
bool d4_key_ok(struct d4_slice key);

/*
 * d4_key_make -- a new random key: 64 hex digits with NUL; the caller wipes
 * it. Errors: D4_ECRYPTO no random bytes.
 */
D4_USED enum d4_status d4_key_make(char out[D4_KEY_MAX + 1]);

#endif
