#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "hub/listener.h"
#include "hub/session.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define BIND_WAIT_MS   3000u
#define ACCEPT_BURST   64   /* connections taken in one wake-up */
#define ACCEPT_REST_MS 100L /* after descriptors ran out */

/* The port of "HOST:PORT"; *host_len is how long HOST is. */
static bool
split_port(const char *text, size_t *host_len, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	unsigned long v;
	char *end;

	if (colon == NULL || colon[1] < '0' || colon[1] > '9')
		return false;
	v = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || v > 65535)
		return false;
	*host_len = (size_t)(colon - text);
	*port = (uint16_t)v;
	return true;
}

static enum d4_status
parse_address(const char *host, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_storage a = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a;

	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		a.ss_family = AF_INET;
		v4->sin_port = htons(port);
	} else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		a.ss_family = AF_INET6;
		v6->sin6_port = htons(port);
	} else {
		return D4_EINVAL;
	}
	*out = a;
	return D4_OK;
}

static enum d4_status
bind_once(int fd, const struct sockaddr_storage *a)
{
	int on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ss_family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)a,
		a->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					: sizeof(struct sockaddr_in6)) < 0 ||
	    listen(fd, 1024) < 0)
		return D4_EIO;
	return D4_OK;
}

static enum d4_status
bind_address(const struct sockaddr_storage *a, int *out)
{
	const struct timespec nap = {0, 50 * 1000000L};
	uint64_t began = d4_mono_ms();
	int fd, e;

	for (;;) {
		fd = socket(a->ss_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return D4_EIO;
		if (bind_once(fd, a) == D4_OK)
			break;
		e = errno;
		(void)close(fd);
		errno = e;
		if (e != EADDRINUSE || d4_mono_ms() - began > BIND_WAIT_MS)
			return D4_EIO;
		(void)nanosleep(&nap, NULL);
	}
	*out = fd;
	return D4_OK;
}

static enum d4_status
open_host(const char *host, uint16_t port, struct listeners *l)
{
	struct sockaddr_storage a;
	enum d4_status st = parse_address(host, port, &a);
	int fd = -1;

	if (st == D4_OK && l->n == LISTENERS_MAX)
		st = D4_EINVAL;
	if (st == D4_OK)
		st = bind_address(&a, &fd);
	if (st == D4_OK)
		l->fd[l->n++] = fd;
	return st;
}

static enum d4_status
open_one(const char *text, struct listeners *l)
{
	char host[80];
	uint16_t port;
	size_t n;
	enum d4_status st;

	if (!split_port(text, &n, &port) || n >= sizeof(host))
		return D4_EINVAL;
	if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	memcpy(host, text, n);
	host[n] = '\0';
	if (strcmp(host, "*") != 0)
		return open_host(host, port, l);
	st = open_host("0.0.0.0", port, l);
	if (st != D4_OK)
		return st;
	/* A machine without IPv6 is no reason to stop. */
	if (open_host("::", port, l) != D4_OK && errno != EAFNOSUPPORT &&
	    errno != EADDRNOTAVAIL)
		return D4_EIO;
	return D4_OK;
}

enum d4_status
listeners_open(
    const struct d4_conf_list *list, struct listeners *out, const char **which)
{
	enum d4_status st = D4_OK;

	*out = (struct listeners){.fd = {0}, .n = 0};
	for (size_t i = 0; i < list->n && st == D4_OK; i++) {
		*which = list->item[i];
		st = open_one(list->item[i], out);
	}
	if (st != D4_OK) {
		int e = errno;

		listeners_close(out);
		errno = e;
	}
	return st;
}

void
listeners_close(struct listeners *l)
{
	for (unsigned i = 0; i < l->n; i++)
		(void)close(l->fd[i]);
	l->n = 0;
}

void
listeners_text(const struct listeners *l, unsigned i, char *out, size_t n)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a = {.v6 = {0}};
	socklen_t len = sizeof(a);
	char text[INET6_ADDRSTRLEN] = "?";

	(void)getsockname(l->fd[i], &a.any, &len);
	if (a.any.sa_family == AF_INET) {
		(void)inet_ntop(AF_INET, &a.v4.sin_addr, text, sizeof(text));
		(void)snprintf(out, n, "%s:%u", text, ntohs(a.v4.sin_port));
	} else {
		(void)inet_ntop(AF_INET6, &a.v6.sin6_addr, text, sizeof(text));
		(void)snprintf(out, n, "[%s]:%u", text, ntohs(a.v6.sin6_port));
	}
}

struct acceptor {
	struct hub *hub;
	struct event *ev[LISTENERS_MAX];
	unsigned n;
	struct event *rest;
};

/* Out of descriptors: accept again a little later, not in a busy loop. */
static void
acceptor_rest(struct acceptor *a)
{
	struct timeval tv = {0, ACCEPT_REST_MS * 1000};

	for (unsigned i = 0; i < a->n; i++)
		(void)event_del(a->ev[i]);
	(void)evtimer_add(a->rest, &tv);
}

static void
on_rest(evutil_socket_t fd, short what, void *arg)
{
	struct acceptor *a = arg;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < a->n; i++)
		(void)event_add(a->ev[i], NULL);
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct acceptor *a = arg;

	(void)what;
	for (int i = 0; i < ACCEPT_BURST; i++) {
		int c;

		if (a->hub->n_sessions >= a->hub->opt->sessions_max) {
			acceptor_rest(a);
			return;
		}
		c = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (c >= 0) {
			session_accept(a->hub, c);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			d4_warn("accept");
			acceptor_rest(a);
		}
		return;
	}
}

enum d4_status
acceptor_new(struct hub *h, const struct listeners *l, struct acceptor **out)
{
	struct acceptor *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return D4_ENOMEM;
	a->hub = h;
	a->rest = evtimer_new(h->base, on_rest, a);
	for (; a->rest != NULL && a->n < l->n; a->n++) {
		a->ev[a->n] = event_new(
		    h->base, l->fd[a->n], EV_READ | EV_PERSIST, on_accept, a);
		if (a->ev[a->n] == NULL || event_add(a->ev[a->n], NULL) < 0)
			break;
	}
	if (a->n < l->n) {
		acceptor_free(a);
		return D4_ENOMEM;
	}
	*out = a;
	return D4_OK;
}

void
acceptor_free(struct acceptor *a)
{
	if (a == NULL)
		return;
	for (unsigned i = 0; i < a->n; i++)
		event_free(a->ev[i]);
	if (a->rest != NULL)
		event_free(a->rest);
	free(a);
}
