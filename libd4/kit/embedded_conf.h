/* What the embedded Redis reads when it starts: its file and its users. */
#ifndef KIT_EMBEDDED_CONF_H
#define KIT_EMBEDDED_CONF_H

#include "libd4/kit/embedded.h"
#include "libd4/slice.h"

/*
 * embedded_write -- makes the secrets that are missing, and writes
 * DIR/redis.conf and DIR/users.acl for them, owned by e->user.
 * Errors: D4_EINVAL a path that cannot be written into the file.  D4_EIO,
 *         D4_ENOSPC, D4_EPERM, D4_ECRYPTO, D4_ENOENT no such user.
 */
D4_USED enum d4_status embedded_write(const struct d4_embedded *e);

#define EMBEDDED_WORDS 128u /* words of a user's rights */

/*
 * embedded_rights -- "ACL SETUSER hub ..." as words: what a server that an
 * older hub started is told, so that its users may do what this one needs, and
 * those that it does not know are there. Borrows from text. Errors: D4_END no
 * such user.  D4_ETOOBIG; of the secret.
 */
D4_USED enum d4_status embedded_rights(const struct d4_embedded *e,
    unsigned user, struct d4_buf *text, struct d4_slice argv[EMBEDDED_WORDS],
    size_t *n);

#endif
