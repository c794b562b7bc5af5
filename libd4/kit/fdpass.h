/* Descriptors between our own processes (SCM_RIGHTS over SOCK_SEQPACKET). */
#ifndef KIT_FDPASS_H
#define KIT_FDPASS_H

#include "libd4/slice.h"

/* d4_fd_pair -- a SOCK_SEQPACKET pair, close-on-exec, non-blocking. */
D4_USED enum d4_status d4_fd_pair(int out[2]);

/*
 * d4_fd_send -- one message (1..65,536 bytes) with fd, or without (-1).
 * Errors: D4_AGAIN would block.  D4_ECLOSED.  D4_EIO.
 */
D4_USED enum d4_status d4_fd_send(int sock, struct d4_slice msg, int fd);

/*
 * d4_fd_recv -- one message; *fd is -1 when none came with it, else ours.
 * Errors: D4_AGAIN none there.  D4_ECLOSED the other side is gone.  D4_EIO.
 *         D4_ETOOBIG more than msg->max.
 */
D4_USED enum d4_status d4_fd_recv(int sock, struct d4_buf *msg, int *fd);

#endif
