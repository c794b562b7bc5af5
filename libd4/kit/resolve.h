/* Names to addresses without ever blocking (libevent's evdns). */
#ifndef KIT_RESOLVE_H
#define KIT_RESOLVE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <event2/event.h>
#include "libd4/status.h"

#define D4_ADDRESSES 8u /* of a name that are tried */

struct d4_addresses {
	struct sockaddr_storage at[D4_ADDRESSES];
	size_t n;
};

struct d4_resolver;
struct d4_query;

/*
 * d4_resolver_new -- reads /etc/resolv.conf and /etc/hosts now, because a
 * sandbox may follow. d4_resolver_free after all queries are over.
 */
D4_USED enum d4_status d4_resolver_new(
    struct event_base *base, struct d4_resolver **out);
void d4_resolver_free(struct d4_resolver *r);

/* d4_resolve_numeric -- an address literal: D4_OK, else D4_EINVAL. */
D4_USED enum d4_status d4_resolve_numeric(
    const char *host, uint16_t port, struct d4_addresses *out);

/* Whom an answer goes to: a->n is 0 on failure, why says which. */
struct d4_answer {
	void (*done)(void *arg, const struct d4_addresses *a, const char *why);
	void *arg;
};

/*
 * d4_resolve -- asks; done is called once, never before this returns,
 * unless the query is cancelled first. Errors: D4_ENOMEM.
 */
D4_USED enum d4_status d4_resolve(struct d4_resolver *r, const char *host,
    uint16_t port, const struct d4_answer *to, struct d4_query **out);
void d4_resolve_cancel(struct d4_query *q);

#endif
