/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates. */
#ifndef SAN_UTF8_H
#define SAN_UTF8_H

#include "libd4/slice.h"

/*
 * san_utf8_sequence -- bytes of the sequence at p that begins with a byte of
 * 0x80 or more; 0: not valid, or it ends behind end.
 */
size_t san_utf8_sequence(const uint8_t *p, const uint8_t *end);

/* san_utf8_ok -- all of it is UTF-8. */
bool san_utf8_ok(struct d4_slice text);

#endif
