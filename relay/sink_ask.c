/*
 * Unix sockets: post's sandbox has none, so that it cannot reach Redis. The
 * supervisor connects to the paths of relay.yaml, and to no other.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "relay/post_room.h"
#include "relay/sink_wire.h"

enum d4_status
sink_ask(const struct post_partner *pp)
{
	const struct post_setup *s = &pp->post->setup;

	return s->dial != NULL ? s->dial(s->dial_arg, pp->conf->id)
	                       : D4_ENOTSUP;
}

/* The lane that has waited for it: any of the partner's will do. */
static struct sink_wire *
ask_waiting(const struct post *p, const char *partner)
{
	for (size_t i = 0; i < p->setup.n_partners; i++) {
		const struct post_partner *pp = &p->partners[i];

		if (!pp->sink->asks || strcmp(pp->conf->id, partner) != 0)
			continue;
		for (size_t k = 0; k < pp->n_lanes; k++) {
			struct sink_wire *w = pp->lanes[k]->run.wire;

			if (w != NULL && w->state == WIRE_ASKED && !w->failed)
				return w;
		}
	}
	return NULL;
}

void
post_dialed(struct post *p, const char *partner, int fd_taken, int error)
{
	struct sink_wire *w = ask_waiting(p, partner);

	if (w == NULL) {
		if (fd_taken >= 0)
			(void)close(fd_taken);
	} else if (fd_taken < 0) {
		sink_wire_fail(w, D4_TLS_CONNECT, strerror(error));
	} else if (sink_wire_take(w, fd_taken) != D4_OK) {
		sink_wire_fail(w, D4_TLS_CONNECT, "out of memory");
	}
}
