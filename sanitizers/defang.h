/*
 * Addresses that people made unclickable: 10[.]1[.]2[.]3, 10(dot)1.2.3; or that
 * programs escaped: 10\.1\.2\.3, 10%2e1%2e2%2e3.
 */
#ifndef SAN_DEFANG_H
#define SAN_DEFANG_H

#include <stddef.h>
#include "libd4/slice.h"

/* san_dot -- bytes at `at` that stand for a dot ("." too); 0: none do. */
size_t san_dot(struct d4_slice t, size_t at);

#endif
