/* Listening sockets, IPv4 and IPv6. */
#ifndef HUB_LISTENER_H
#define HUB_LISTENER_H

#include "hub/hub.h"

#define LISTENERS_MAX 16u /* addresses */
#define WORKERS_MAX   64u

/*
 * Descriptors that are bound and listen; the supervisor keeps them. Each
 * address has `rows` of them (SO_REUSEPORT): the kernel spreads connections
 * over these, and each worker accepts from some (acceptor_new).
 */
struct listeners {
	int fd[WORKERS_MAX][LISTENERS_MAX];
	unsigned n, rows;
};

/*
 * listeners_open -- binds every address of the list ("A.B.C.D:P", "[v6]:P",
 * "*:P"; port 0: any), rows times each, or more. An address in use is tried for
 * 3 s: the process before us may be dying. was: sockets that are open already
 * (of no address: none); those that fit are taken out of it.
 * Errors: D4_EINVAL not an address.  D4_EIO errno is set. *which names it.
 */
D4_USED enum d4_status listeners_open(const struct d4_conf_list *list,
    unsigned rows, struct listeners *was, struct listeners *out,
    const char **which);
void listeners_close(struct listeners *l);

/* listeners_text -- "address:port" of an address, as bound. */
void listeners_text(const struct listeners *l, unsigned i, char *out, size_t n);

/*
 * struct acceptor -- accepts while there is room (sessions_max), and stops
 * for a while when descriptors run out. A worker accepts from the rows of its
 * place, so that none is left alone when there are more rows than workers.
 */
struct acceptor;
D4_USED enum d4_status acceptor_new(
    struct hub *h, const struct listeners *l, struct acceptor **out);
void acceptor_free(struct acceptor *a);

#endif
