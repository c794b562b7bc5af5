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

enum d4_status
post_dial_resolve(struct post_lane *l)
{
	const struct relay_partner *c = l->partner->conf;
	struct d4_answer to = {.done = on_resolved, .arg = l};

	if (!l->partner->sink->host)
		return D4_OK;
	if (d4_resolve_numeric(c->host, c->port, &l->run.found) == D4_OK)
		return D4_OK;
	if (l->partner->post->resolver == NULL)
		return D4_ENOMEM;
	if (d4_resolve(l->partner->post->resolver, c->host, c->port, &to,
		&l->run.query) != D4_OK)
		return D4_ENOMEM;
	return D4_AGAIN;
}
