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
 * struct post_times -- how long post waits for what, in microseconds.
 * linger   for more records before a frame that is not full is sent.
 * quiet    with nothing read and all acknowledged before a lane's first
 *          session is closed (Decision 8); later ones take a part of their
 *          own length, between a fortieth of it and all.
 * connect  for name, TCP and TLS.
 * stall    without a byte acknowledged, while some are in progress.
 * confirm  for the partner's close_notify after ours.
 * recheck  before entries that passed another pipeline than the release
 *          file's are given up: the file may just be about to change.
 * turn     of a slot for a lane while others wait for it.
 * leave    for what was written before its release changed to be acknowledged;
 *          then it is discarded.
 */
struct post_times {
	uint64_t linger_us, quiet_us, connect_us;
	uint64_t stall_us, confirm_us, recheck_us, turn_us, leave_us;
};

/*
 * struct post_setup -- what the supervisor gives to post.
 * Shape:  spool: the airlock (read-only): SPOOL/PARTNER/LANE/ segments and
 *         SPOOL/PARTNER/release.json, the lanes that may be sent now: no
 *         such file, or a lane not in it: nothing of it is sent. cursors:
 *         post's own folder: CURSORS/PARTNER/LANE.cursor. freeze: who is sent
 *         nothing, whatever is released (kit/freeze.h); NULL: nobody. nudge: an
 *         eventfd that wash writes after each commit. dial: asks for a
 *         connection to the partner's unix socket, for which post_dialed is
 *         called later; NULL: there are none.
 * Owns:   nothing; all of it outlives the post.
 */
struct post_setup {
	const char *spool;
	const char *cursors;
	const char *freeze;
	const struct relay_partner *partner;
	size_t n_partners;
	int nudge;
	enum d4_status (*dial)(void *arg, const char *partner);
	void *dial_arg;
	struct d4_account *account;
	const struct post_times *times; /* NULL: the defaults */
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

/* post_dialed -- what dial asked for: fd (taken), or -1 and an errno. */
void post_dialed(struct post *p, const char *partner, int fd_taken, int error);

/*
 * post_freeze -- looks at the freezes now: when it returns, nothing more is
 * written to who is frozen, and what the kernel had not sent is discarded.
 */
void post_freeze(struct post *p);

/*
 * post_status -- {"partners":[{"partner", "host", "port", "lanes":[...]}]},
 * per lane: state of the session, sent, acked and confirmed records,
 * maybe_lost, resent, expired, damaged, toobig, withheld, gone (taken away by
 * wash, which accounts for it), under_way, waiting,
 * and what fails with a hint. All records of the airlock = confirmed +
 * maybe_lost + expired + damaged + toobig + withheld + gone + under_way +
 * waiting.
 * waiting is missing when the spool could not be asked.
 * Owns:   the caller's.
 */
json_t *post_status(const struct post *p);

void post_free(struct post *p);

#endif
