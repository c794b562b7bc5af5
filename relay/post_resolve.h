/* Names to addresses without ever blocking (libevent's evdns). */
#ifndef RELAY_POST_RESOLVE_H
#define RELAY_POST_RESOLVE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <event2/event.h>
#include "libd4/status.h"

#define POST_ADDRESSES 8u /* of a name that are tried */

struct post_addresses {
	struct sockaddr_storage at[POST_ADDRESSES];
	size_t n;
};

struct post_resolver;
struct post_query;

/*
 * post_resolver_new -- reads /etc/resolv.conf and /etc/hosts now, because a
 * sandbox may follow. post_resolver_free after all queries are over.
 */
D4_USED enum d4_status post_resolver_new(
    struct event_base *base, struct post_resolver **out);
void post_resolver_free(struct post_resolver *r);

/* post_resolve_numeric -- an address literal: D4_OK, else D4_EINVAL. */
D4_USED enum d4_status post_resolve_numeric(
    const char *host, uint16_t port, struct post_addresses *out);

/* Whom an answer goes to: a->n is 0 on failure, why says which. */
struct post_answer {
	void (*done)(
	    void *arg, const struct post_addresses *a, const char *why);
	void *arg;
};

/*
 * post_resolve -- asks; done is called once, never before this returns,
 * unless the query is cancelled first. Errors: D4_ENOMEM.
 */
D4_USED enum d4_status post_resolve(struct post_resolver *r, const char *host,
    uint16_t port, const struct post_answer *to, struct post_query **out);
void post_resolve_cancel(struct post_query *q);

#endif
