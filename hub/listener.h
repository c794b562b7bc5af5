/* Listening sockets, IPv4 and IPv6. */
#ifndef HUB_LISTENER_H
#define HUB_LISTENER_H

#include "hub/hub.h"

#define LISTENERS_MAX 16u

/* Descriptors that are bound and listen; the supervisor keeps them. */
struct listeners {
	int fd[LISTENERS_MAX];
	unsigned n;
};

/*
 * listeners_open -- binds every address of the list ("A.B.C.D:P", "[v6]:P",
 * "*:P"; port 0: any). An address in use is tried for 3 s: the process
 * before us may be dying.
 * Errors: D4_EINVAL not an address.  D4_EIO errno is set. *which names it.
 */
D4_USED enum d4_status listeners_open(
    const struct d4_conf_list *list, struct listeners *out, const char **which);
void listeners_close(struct listeners *l);

/* listeners_text -- "address:port" of the first one, as bound. */
void listeners_text(const struct listeners *l, unsigned i, char *out, size_t n);

/*
 * struct acceptor -- accepts while there is room (sessions_max), and stops
 * for a while when descriptors run out.
 */
struct acceptor;
D4_USED enum d4_status acceptor_new(
    struct hub *h, const struct listeners *l, struct acceptor **out);
void acceptor_free(struct acceptor *a);

#endif
