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

#endif
