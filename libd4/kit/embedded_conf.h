/* What the embedded Redis reads when it starts: its file and its users. */
#ifndef KIT_EMBEDDED_CONF_H
#define KIT_EMBEDDED_CONF_H

#include "libd4/kit/embedded.h"

/*
 * embedded_write -- makes the secrets that are missing, and writes
 * DIR/redis.conf and DIR/users.acl for them, owned by e->user.
 * Errors: D4_EINVAL a path that cannot be written into the file.  D4_EIO,
 *         D4_ENOSPC, D4_EPERM, D4_ECRYPTO, D4_ENOENT no such user.
 */
D4_USED enum d4_status embedded_write(const struct d4_embedded *e);

#endif
