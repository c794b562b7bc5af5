#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "libd4/kit/log.h"
#include "sensor/session_parts.h"

#define DIAL_FIRST_MS 500u
#define DIAL_LAST_MS  60000u

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

/* Blocks while the name service is asked: nothing else can be done then. */
static bool
dial_resolve(struct session *s)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	int rc;

	if (s->addrs != NULL)
		freeaddrinfo(s->addrs);
	s->addrs = NULL;
	rc = getaddrinfo(s->conf.host, s->conf.port, &hints, &s->addrs);
	s->addr = s->addrs;
	if (rc == 0)
		return true;
	(void)snprintf(s->why, sizeof(s->why), "%s: %s", s->conf.host,
	    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
	return false;
}

/* One address; false when not even a socket could be made. */
static bool
dial_one(struct session *s, const struct addrinfo *ai)
{
	const struct d4_tls_owner owner = {&tls_events, s};
	struct sockaddr_storage at = {0};
	struct d4_tls_to to = {.at = &at, .name = s->conf.name};
	enum d4_status st;

	if (ai->ai_addrlen > sizeof(at))
		return false;
	memcpy(&at, ai->ai_addr, ai->ai_addrlen);
	st = d4_tls_connect(s->conf.base, s->conf.tls, &to, &owner, &s->tls);
	if (st == D4_OK)
		return true;
	(void)snprintf(s->why, sizeof(s->why), "%s",
	    st == D4_EIO ? strerror(errno) : d4_status_text(st));
	return false;
}

bool
session_dial(struct session *s)
{
	if (s->addr == NULL && !dial_resolve(s))
		return false;
	while (s->addr != NULL) {
		const struct addrinfo *ai = s->addr;

		s->addr = ai->ai_next;
		if (dial_one(s, ai))
			return true;
	}
	return false;
}

/* 0.5 s, 1 s, 2 s ... 60 s, each between half and all of that. */
uint64_t
session_backoff_ms(const struct session *s)
{
	unsigned shift = s->failures < 8 ? s->failures : 8;
	uint64_t ms = (uint64_t)DIAL_FIRST_MS << shift;
	uint32_t r = 0;

	if (ms > DIAL_LAST_MS)
		ms = DIAL_LAST_MS;
	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != (ssize_t)sizeof(r))
		r = UINT32_MAX; /* no jitter then */
	return ms / 2 + (ms / 2) * r / UINT32_MAX;
}
