/* The end of a connection that we want, and the peer does not know of. */
#ifndef KIT_TLS_LEAVE_H
#define KIT_TLS_LEAVE_H

#include "libd4/kit/tls.h"

/*
 * d4_tls_leave -- ends our side, with a close_notify, or only TCP's (which
 * tells the peer nothing of what we consumed), and goes on reading, as far as
 * reading is not paused, until the peer ends. peer_closed is not called then,
 * `end` is.
 * d4_tls_unread -- bytes that came and were not read, here or in the kernel.
 */
void d4_tls_leave(struct d4_tls *t, bool notify);
size_t d4_tls_unread(const struct d4_tls *t);

#endif
