/*
 * Post: the D4 client toward the partners. It sees the airlock and the
 * partners' keys, nothing else; runs in a process and sandbox of its own.
 */
#ifndef RELAY_POST_H
#define RELAY_POST_H

#include <event2/event.h>
#include <jansson.h>
#include "libd4/kit/account.h"
#include "relay/partner.h"

struct post;

/*
 * struct post_setup -- what the supervisor gives to post.
 * Shape:  spool: the airlock (read-only): SPOOL/PARTNER/LANE/ segments and
 *         SPOOL/PARTNER/release.json, the lanes that may be sent now: no
 *         such file, or a lane not in it: nothing of it is sent. cursors:
 *         post's own folder: CURSORS/PARTNER/LANE. nudge: an eventfd that
 *         wash writes after each commit.
 * Owns:   nothing; all of it outlives the post.
 */
struct post_setup {
	const char *spool;
	const char *cursors;
	const struct relay_partner *partner;
	size_t n_partners;
	int nudge;
	struct d4_account *account;
};

/* post_new -- reads the cursors and begins. Errors: D4_ENOMEM, D4_EIO. */
D4_USED enum d4_status post_new(
    struct event_base *base, const struct post_setup *setup, struct post **out);

/*
 * post_drain -- ends every session properly (whole record, close_notify,
 * wait for the partner's), then calls done(arg); at most limit_us.
 */
void post_drain(
    struct post *p, uint64_t limit_us, void (*done)(void *arg), void *arg);

/*
 * post_status -- per partner and lane: state of the session, sent, acked and
 * confirmed records, waiting, maybe_lost, resent, withheld, last error.
 * Owns:   the caller's.
 */
json_t *post_status(const struct post *p);

void post_free(struct post *p);

#endif
