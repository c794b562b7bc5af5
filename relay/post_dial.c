#include <stdio.h>
#include "relay/post_room.h"

#define DIAL_AT_ONCE 32u /* lanes of a partner that connect at a time */

static void
on_resolved(void *arg, const struct d4_addresses *found, const char *why)
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

const char *
post_dial_host(const struct relay_partner *c)
{
	return c->proxy.host != NULL ? c->proxy.host : c->host;
}

enum d4_status
post_dial_resolve(struct post_lane *l)
{
	const struct relay_partner *c = l->partner->conf;
	const char *host = post_dial_host(c);
	uint16_t port = c->proxy.host != NULL ? c->proxy.port : c->port;
	struct d4_answer to = {.done = on_resolved, .arg = l};

	if (!l->partner->sink->host)
		return D4_OK;
	if (d4_resolve_numeric(host, port, &l->run.found) == D4_OK)
		return D4_OK;
	if (l->partner->post->resolver == NULL)
		return D4_ENOMEM;
	if (d4_resolve(l->partner->post->resolver, host, port, &to,
		&l->run.query) != D4_OK)
		return D4_ENOMEM;
	return D4_AGAIN;
}

/* One address after the other, until one can be tried. */
static bool
dial_open(struct post_lane *l)
{
	if (!l->partner->sink->host)
		return l->partner->sink->open(l) == D4_OK;
	for (; l->run.tried < l->run.found.n; l->run.tried++) {
		if (l->partner->sink->open(l) == D4_OK)
			return true;
		l->partner->next_address++;
	}
	return false;
}

void
post_dial_connect(struct post_lane *l)
{
	if (l->partner->sink->host && l->run.found.n == 0) {
		post_fail(l, POST_FAIL_RESOLVE, l->run.why);
		return;
	}
	post_session_enter(l, POST_CONNECT);
	if (!dial_open(l))
		post_fail(l, POST_FAIL_CONNECT, l->run.why);
	else
		post_lane_wake(
		    l, post_now_us() + l->partner->post->times.connect_us);
}

bool
post_dial_next(struct post_lane *l)
{
	if (!l->partner->sink->host || ++l->run.tried >= l->run.found.n)
		return false;
	l->partner->next_address++;
	sink_free(l);
	post_dial_connect(l);
	return true;
}
