/* The listening socket of ctl.c. */
#ifndef KIT_CTL_SOCKET_H
#define KIT_CTL_SOCKET_H

#include "libd4/status.h"

/*
 * ctl_bind -- a unix socket that listens on path, 0660; a dead one there is
 * replaced. Errors: D4_EEXIST somebody answers, for two seconds.  D4_EIO errno
 * is set.
 */
D4_USED enum d4_status ctl_bind(const char *path, int *out);

#endif
