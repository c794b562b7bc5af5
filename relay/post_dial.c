#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "relay/post_room.h"

#define DIAL_AT_ONCE 32u /* lanes of a partner that connect at a time */

/* ---- what TLS tells: translated, nothing else ---- */

static void
on_open(void *arg)
{
	post_session_step(arg, POST_OPEN);
}

static void
on_read(void *arg, struct d4_slice bytes)
{
	(void)bytes; /* a D4 server has nothing to say that we obey */
	post_session_step(arg, POST_READ);
}

static void
on_drained(void *arg)
{
	post_session_step(arg, POST_ROOM);
}

static void
on_end(void *arg, enum d4_tls_end how, const char *why)
{
	struct post_lane *l = arg;

	l->run.how = how;
	(void)snprintf(l->run.why, sizeof(l->run.why), "%s", why);
	post_session_step(l, POST_ENDED);
}

static void
on_peer_closed(void *arg)
{
	post_session_step(arg, POST_PEER_CLOSED);
}

static const struct d4_tls_events dial_events = {
    .open = on_open,
    .read = on_read,
    .drained = on_drained,
    .end = on_end,
    .peer_closed = on_peer_closed,
};

/* ---- dialing ---- */

static void
on_resolved(void *arg, const struct post_addresses *found, const char *why)
{
	struct post_lane *l = arg;

	l->run.query = NULL;
	l->run.found = *found;
	if (found->n == 0)
		(void)snprintf(l->run.why, sizeof(l->run.why), "%s", why);
	post_session_step(l, POST_RESOLVED);
}

bool
post_dial_may(struct post_lane *l)
{
	struct post_partner *pp = l->partner;

	if (pp->retry_us > post_now_us()) {
		post_lane_wake(l, pp->retry_us);
		return false;
	}
	/* While the partner fails as a whole, one lane finds out for all. */
	return pp->dialing < (pp->alarm.count != 0 ? 1 : DIAL_AT_ONCE);
}

enum d4_status
post_dial_resolve(struct post_lane *l)
{
	const struct relay_partner *c = l->partner->conf;
	struct post_answer to = {.done = on_resolved, .arg = l};

	if (post_resolve_numeric(c->host, c->port, &l->run.found) == D4_OK)
		return D4_OK;
	if (l->partner->post->resolver == NULL)
		return D4_ENOMEM;
	if (post_resolve(l->partner->post->resolver, c->host, c->port, &to,
		&l->run.query) != D4_OK)
		return D4_ENOMEM;
	return D4_AGAIN;
}

enum d4_status
post_dial_connect(struct post_lane *l)
{
	struct post_partner *pp = l->partner;
	const struct relay_partner *c = pp->conf;
	const struct post_addresses *a = &l->run.found;
	struct d4_tls_to to = {
	    .at = &a->at[pp->next_address % a->n],
	    .name = c->name != NULL ? c->name : c->host,
	};
	struct d4_tls_owner owner = {.ev = &dial_events, .arg = l};
	enum d4_status st;

	errno = 0;
	st = d4_tls_connect(pp->post->base, pp->ctx, &to, &owner, &l->run.tls);
	if (st != D4_OK)
		(void)snprintf(l->run.why, sizeof(l->run.why), "%s",
		    errno != 0 ? strerror(errno) : d4_status_text(st));
	return st;
}
