#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "libd4/kit/log.h"
#include "sensor/session_parts.h"

#define DIAL_FIRST_MS 500u
#define DIAL_LEAST_MS 10u

static void tls_open(void *arg);
static void tls_read(void *arg, struct d4_slice bytes);
static void tls_drained(void *arg);
static void tls_end(void *arg, enum d4_tls_end how, const char *why);
static void tls_peer_closed(void *arg);

static const struct d4_tls_events tls_events = {
    .open = tls_open,
    .read = tls_read,
    .drained = tls_drained,
    .end = tls_end,
    .peer_closed = tls_peer_closed,
};

static void
tls_open(void *arg)
{
	session_step(arg, SESSION_OPEN);
}

/* D4 is one-way: whatever the server says is read and ignored. */
static void
tls_read(void *arg, struct d4_slice bytes)
{
	(void)arg;
	(void)bytes;
}

static void
tls_drained(void *arg)
{
	session_step(arg, SESSION_ROOM);
}

static void
tls_end(void *arg, enum d4_tls_end how, const char *why)
{
	session_ended(arg, how, why);
}

static void
tls_peer_closed(void *arg)
{
	session_step(arg, SESSION_CLOSED);
}

/* Whom we connect to: the proxy where there is one. */
static const char *
dial_host(const struct session *s, const char **port)
{
	bool proxy = s->conf.proxy.host != NULL;

	*port = proxy ? s->conf.proxy.port : s->conf.port;
	return proxy ? s->conf.proxy.host : s->conf.host;
}

static uint16_t
dial_port(const char *text)
{
	return (uint16_t)strtoul(text, NULL, 10); /* checked by conf_dir */
}

static void
on_found(void *arg, const struct d4_addresses *found, const char *why)
{
	struct session *s = arg;
	const char *port, *host = dial_host(s, &port);

	s->query = NULL;
	s->found = *found;
	s->at = 0;
	if (found->n == 0)
		(void)snprintf(s->why, sizeof(s->why), "%s: %s", host, why);
	session_step(s, SESSION_FOUND);
}

/* The lookup is given up; what it asks with is made anew for the next one. */
void
session_dial_stop(struct session *s)
{
	d4_resolve_cancel(s->query);
	s->query = NULL;
	d4_resolver_free(s->resolver);
	s->resolver = NULL;
}

/*
 * Never blocks. The resolver is made for each lookup: a laptop's name servers
 * change.
 */
static enum d4_status
dial_resolve(struct session *s)
{
	struct d4_answer to = {.done = on_found, .arg = s};
	const char *port, *host = dial_host(s, &port);
	enum d4_status st;

	s->at = 0;
	st = d4_resolve_numeric(host, dial_port(port), &s->found);
	if (st == D4_OK)
		return D4_OK;
	s->found.n = 0;
	session_dial_stop(s);
	st = d4_resolver_new(s->conf.base, &s->resolver);
	if (st == D4_OK)
		st = d4_resolve(
		    s->resolver, host, dial_port(port), &to, &s->query);
	if (st == D4_OK)
		return D4_AGAIN;
	(void)snprintf(
	    s->why, sizeof(s->why), "%s: %s", host, d4_status_text(st));
	return st;
}

/* One address; false when not even a socket could be made. */
static bool
dial_one(struct session *s, const struct sockaddr_storage *at)
{
	const struct d4_tls_owner owner = {&tls_events, s};
	const struct session_proxy *p = &s->conf.proxy;
	const struct d4_socks5_to via = {
	    .host = s->conf.host,
	    .port = dial_port(s->conf.port),
	    .user = p->user,
	    .password = p->password,
	};
	struct d4_tls_to to = {.at = at,
	    .name = s->conf.name,
	    .via = p->host != NULL ? &via : NULL};
	enum d4_status st;

	st = d4_tls_connect(s->conf.base, s->conf.tls, &to, &owner, &s->tls);
	if (st == D4_OK) {
		d4_tls_keepalive(s->tls, s->conf.keepalive_s);
		return true;
	}
	(void)snprintf(s->why, sizeof(s->why), "%s",
	    st == D4_EIO ? strerror(errno) : d4_status_text(st));
	return false;
}

bool
session_dial_again(const struct session *s)
{
	return s->at < s->found.n;
}

bool
session_dial_found(struct session *s)
{
	while (session_dial_again(s)) {
		if (dial_one(s, &s->found.at[s->at++]))
			return true;
	}
	s->found.n = s->at = 0;
	return false;
}

bool
session_dial(struct session *s)
{
	enum d4_status st = D4_OK;

	if (!session_dial_again(s))
		st = dial_resolve(s);
	if (st == D4_AGAIN)
		return true; /* SESSION_FOUND comes */
	return st == D4_OK && session_dial_found(s);
}

/* 0.5 s, 1 s, 2 s ... retry_ms, each between half and all of that. */
uint64_t
session_backoff_ms(const struct session *s)
{
	unsigned shift = s->failures < 12 ? s->failures : 12;
	uint64_t ms = (uint64_t)DIAL_FIRST_MS << shift;
	uint32_t r = 0;

	if (ms > s->conf.retry_ms)
		ms = s->conf.retry_ms;
	if (ms < DIAL_LEAST_MS)
		ms = DIAL_LEAST_MS;
	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != (ssize_t)sizeof(r))
		r = UINT32_MAX; /* no jitter then */
	return ms / 2 + (ms / 2) * r / UINT32_MAX;
}
