#include <arpa/inet.h>
#include <assert.h>
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

/* What is open already, and what shall be. */
struct opening {
	struct listeners *was, *out;
};

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

static socklen_t
address_len(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET ? sizeof(struct sockaddr_in)
	                               : sizeof(struct sockaddr_in6);
}

/*
 * A socket that is bound; shared: with others of ours. Without, it is there
 * to see that nobody else listens: he would get some of our connections.
 */
static enum d4_status
bind_once(const struct sockaddr_storage *a, bool shared, int *out)
{
	int fd =
	    socket(a->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, e;

	if (fd < 0)
		return D4_EIO;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (shared)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (a->ss_family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)a, address_len(a)) < 0) {
		e = errno;
		(void)close(fd);
		errno = e;
		return D4_EIO;
	}
	*out = fd;
	return D4_OK;
}

/* Nobody else has the address, or has left it in time. */
static enum d4_status
address_free(const struct sockaddr_storage *a)
{
	const struct timespec nap = {0, 50 * 1000000L};
	uint64_t began = d4_mono_ms();
	int fd;

	while (bind_once(a, false, &fd) != D4_OK) {
		if (errno != EADDRINUSE || d4_mono_ms() - began > BIND_WAIT_MS)
			return D4_EIO;
		(void)nanosleep(&nap, NULL);
	}
	(void)close(fd);
	return D4_OK;
}

/* One more row; with port 0 the first one decides which port it is. */
static enum d4_status
open_row(struct sockaddr_storage *a, int *out)
{
	socklen_t len = sizeof(*a);
	int fd, e;

	if (bind_once(a, true, &fd) != D4_OK)
		return D4_EIO;
	if (listen(fd, 1024) < 0 ||
	    getsockname(fd, (struct sockaddr *)a, &len) < 0) {
		e = errno;
		(void)close(fd);
		errno = e;
		return D4_EIO;
	}
	*out = fd;
	return D4_OK;
}

/* Which of the sockets that are open already is that address; n: none. */
static unsigned
was_open(const struct listeners *was, const struct sockaddr_storage *a)
{
	unsigned i;

	for (i = 0; i < was->n; i++) {
		struct sockaddr_storage b = {0};
		socklen_t len = sizeof(b);

		if (was->fd[0][i] >= 0 &&
		    getsockname(was->fd[0][i], (struct sockaddr *)&b, &len) ==
			0 &&
		    a->ss_family == b.ss_family &&
		    memcmp(a, &b, address_len(a)) == 0)
			break;
	}
	return i;
}

/* Takes it over; returns how many rows there were. */
static unsigned
take_rows(struct listeners *was, unsigned at, struct listeners *l)
{
	for (unsigned r = 0; r < was->rows; r++) {
		l->fd[r][l->n] = was->fd[r][at];
		was->fd[r][at] = -1;
	}
	return was->rows;
}

static enum d4_status
open_host(const char *host, uint16_t port, struct opening *o)
{
	struct listeners *l = o->out;
	struct sockaddr_storage a;
	enum d4_status st = parse_address(host, port, &a);
	unsigned at, rows = 0;

	if (st == D4_OK && l->n == LISTENERS_MAX)
		st = D4_EINVAL;
	if (st != D4_OK)
		return st;
	at = was_open(o->was, &a);
	if (at < o->was->n)
		rows = take_rows(o->was, at, l);
	else
		st = address_free(&a);
	while (st == D4_OK && rows < l->rows) {
		st = open_row(&a, &l->fd[rows][l->n]);
		rows += st == D4_OK ? 1 : 0;
	}
	while (st != D4_OK && rows > 0)
		(void)close(l->fd[--rows][l->n]);
	if (st == D4_OK)
		l->n++;
	return st;
}

static enum d4_status
open_one(const char *text, struct opening *o)
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
		return open_host(host, port, o);
	st = open_host("0.0.0.0", port, o);
	if (st != D4_OK)
		return st;
	/* A machine without IPv6 is no reason to stop. */
	if (open_host("::", port, o) != D4_OK && errno != EAFNOSUPPORT &&
	    errno != EADDRNOTAVAIL)
		return D4_EIO;
	return D4_OK;
}

enum d4_status
listeners_open(const struct d4_conf_list *list, unsigned rows,
    struct listeners *was, struct listeners *out, const char **which)
{
	struct opening o = {was, out};
	enum d4_status st = D4_OK;

	if (was->n != 0 && was->rows > rows)
		rows = was->rows; /* each may have a connection in its queue */
	*out = (struct listeners){.n = 0, .rows = rows};
	for (size_t i = 0; i < list->n && st == D4_OK; i++) {
		*which = list->item[i];
		st = open_one(list->item[i], &o);
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
	for (unsigned r = 0; r < l->rows; r++)
		for (unsigned i = 0; i < l->n; i++)
			if (l->fd[r][i] >= 0)
				(void)close(l->fd[r][i]);
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

	(void)getsockname(l->fd[0][i], &a.any, &len);
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
	struct event **ev;
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

static enum d4_status
acceptor_add(struct acceptor *a, int fd)
{
	struct event *ev =
	    event_new(a->hub->base, fd, EV_READ | EV_PERSIST, on_accept, a);

	if (ev == NULL)
		return D4_ENOMEM;
	a->ev[a->n++] = ev;
	return event_add(ev, NULL) < 0 ? D4_ENOMEM : D4_OK;
}

enum d4_status
acceptor_new(struct hub *h, const struct listeners *l, struct acceptor **out)
{
	struct acceptor *a = calloc(1, sizeof(*a));
	enum d4_status st = D4_ENOMEM;

	if (a == NULL)
		return D4_ENOMEM;
	a->hub = h;
	a->rest = evtimer_new(h->base, on_rest, a);
	a->ev = calloc((size_t)l->rows * l->n + 1, sizeof(struct event *));
	if (a->rest != NULL && a->ev != NULL)
		st = D4_OK;
	for (unsigned r = h->place; r < l->rows; r += h->n_workers)
		for (unsigned i = 0; i < l->n && st == D4_OK; i++)
			st = acceptor_add(a, l->fd[r][i]);
	if (st != D4_OK) {
		acceptor_free(a);
		return st;
	}
	*out = a;
	return D4_OK;
}

void
acceptor_free(struct acceptor *a)
{
	if (a == NULL)
		return;
	for (unsigned i = 0; a->ev != NULL && i < a->n; i++)
		event_free(a->ev[i]);
	if (a->rest != NULL)
		event_free(a->rest);
	free(a->ev);
	free(a);
}
