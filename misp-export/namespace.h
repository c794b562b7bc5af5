/*
 * The UUID in which all names are made: the configuration's, else the one in
 * DIR/namespace. With another one everything in MISP has another name.
 */
#ifndef MISP_NAMESPACE_H
#define MISP_NAMESPACE_H

#include "libd4/slice.h"
#include "libd4/uuid.h"

/*
 * namespace_read -- conf: what the configuration says, NULL nothing.
 * Errors: D4_ENOENT there is none.  D4_EMALFORMED, D4_EIO, D4_ENOMEM.
 */
D4_USED enum d4_status namespace_read(
    const char *dir, const char *conf, struct d4_uuid *out);

/* namespace_keep -- the same; a random one when there is none, written down. */
D4_USED enum d4_status namespace_keep(
    const char *dir, const char *conf, struct d4_uuid *out);

#endif
