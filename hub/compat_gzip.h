/* A file, compressed as d4-core's workers do. */
#ifndef HUB_COMPAT_GZIP_H
#define HUB_COMPAT_GZIP_H

#include "libd4/status.h"

/*
 * compat_gzip -- the file `from` as gzip into `to`, which is whole and durable
 * or not there. Errors: D4_EIO errno is set; D4_ENOMEM.
 */
D4_USED enum d4_status compat_gzip(const char *from, const char *to);

#endif
