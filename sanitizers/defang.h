/* Addresses that people made unclickable: 10[.]1[.]2[.]3, 10(dot)1.2.3. */
#ifndef SAN_DEFANG_H
#define SAN_DEFANG_H

#include "sanitizers/find_hidden.h"

/* san_dot -- bytes at `at` that stand for a dot ("." too); 0: none do. */
size_t san_dot(struct d4_slice t, size_t at);

/* san_find_defanged -- a wanted IPv4 address is written so. */
bool san_find_defanged(struct d4_slice t, const struct san_wanted *w);

#endif
