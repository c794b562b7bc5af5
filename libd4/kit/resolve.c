#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <event2/dns.h>
#include <event2/util.h>
#include "libd4/kit/resolve.h"

struct d4_resolver {
	struct event_base *base;
	struct evdns_base *dns;
};

/*
 * struct d4_query
 * Shape:  req: evdns still works on it. tell: an event of zero length that
 *         brings the answer in a turn of its own. dead: cancelled; freed when
 *         evdns lets go of it.
 */
struct d4_query {
	struct evdns_getaddrinfo_request *req;
	struct event *tell;
	struct d4_answer to;
	struct d4_addresses found;
	const char *why;
	bool asking, dead;
};

enum d4_status
d4_resolver_new(struct event_base *base, struct d4_resolver **out)
{
	struct d4_resolver *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return D4_ENOMEM;
	r->base = base;
	r->dns = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (r->dns == NULL) {
		free(r);
		return D4_ENOMEM;
	}
	/* Without a usable file it asks the server on this host. */
	if (evdns_base_resolv_conf_parse(
		r->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf") != 0 &&
	    evdns_base_count_nameservers(r->dns) == 0)
		(void)evdns_base_nameserver_ip_add(r->dns, "127.0.0.1");
	*out = r;
	return D4_OK;
}

void
d4_resolver_free(struct d4_resolver *r)
{
	if (r == NULL)
		return;
	evdns_base_free(r->dns, 1);
	free(r);
}

enum d4_status
d4_resolve_numeric(const char *host, uint16_t port, struct d4_addresses *out)
{
	struct d4_addresses a = {.n = 1};
	void *at = &a.at[0];
	struct sockaddr_in *v4 = at;
	struct sockaddr_in6 *v6 = at;

	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
	} else {
		memset(at, 0, sizeof(a.at[0]));
		if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1)
			return D4_EINVAL;
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
	}
	*out = a;
	return D4_OK;
}

static void
query_free(struct d4_query *q)
{
	if (q->tell != NULL)
		event_free(q->tell);
	free(q);
}

static void
on_tell(evutil_socket_t fd, short what, void *arg)
{
	struct d4_query *q = arg;
	struct d4_answer to = q->to;
	struct d4_addresses found = q->found;
	const char *why = q->why;

	(void)fd;
	(void)what;
	query_free(q);
	to.done(to.arg, &found, why);
}

static void
query_take(struct d4_query *q, const struct evutil_addrinfo *list)
{
	struct d4_addresses *f = &q->found;

	for (; list != NULL && f->n < D4_ADDRESSES; list = list->ai_next) {
		if (list->ai_addrlen > sizeof(f->at[0]))
			continue;
		memcpy(&f->at[f->n], list->ai_addr, list->ai_addrlen);
		f->n++;
	}
}

static void
on_addrinfo(int err, struct evutil_addrinfo *list, void *arg)
{
	struct d4_query *q = arg;

	q->asking = false;
	q->req = NULL;
	if (err == 0)
		query_take(q, list);
	else
		q->why = evutil_gai_strerror(err);
	if (list != NULL)
		evutil_freeaddrinfo(list);
	if (q->dead)
		query_free(q);
	else
		event_active(q->tell, EV_TIMEOUT, 0);
}

enum d4_status
d4_resolve(struct d4_resolver *r, const char *host, uint16_t port,
    const struct d4_answer *to, struct d4_query **out)
{
	struct evutil_addrinfo hints = {
	    .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
	struct evdns_getaddrinfo_request *req;
	struct d4_query *q = calloc(1, sizeof(*q));
	char service[8];

	if (q == NULL)
		return D4_ENOMEM;
	q->to = *to;
	q->why = "no address";
	q->tell = evtimer_new(r->base, on_tell, q);
	if (q->tell == NULL) {
		query_free(q);
		return D4_ENOMEM;
	}
	(void)snprintf(service, sizeof(service), "%u", port);
	q->asking = true;
	/* It may answer before it returns; then it returns NULL. */
	req = evdns_getaddrinfo(r->dns, host, service, &hints, on_addrinfo, q);
	if (q->asking)
		q->req = req;
	*out = q;
	return D4_OK;
}

void
d4_resolve_cancel(struct d4_query *q)
{
	if (q == NULL)
		return;
	if (!q->asking) {
		query_free(q);
		return;
	}
	q->dead = true;
	if (q->req != NULL)
		evdns_getaddrinfo_cancel(q->req); /* on_addrinfo comes later */
}
