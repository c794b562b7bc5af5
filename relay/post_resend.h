/*
 * The delivery state of a lane's entries: sent, acknowledged by TCP, confirmed
 * by the partner (Decision 8); and what follows when a session ends. Pure.
 */
#ifndef RELAY_POST_RESEND_H
#define RELAY_POST_RESEND_H

#include <stdbool.h>
#include "libd4/kit/spool_cursor.h"

#define POST_MARKS                                                \
	1024u /* marks of a session that TCP has not acknowledged \
	       */

/*
 * struct post_counts -- what became of records that were passed.
 * fresh: sent, the first time. again: sent again. lost: they had been
 * sent, and are not there to be sent again. toobig, damaged, expired,
 * withheld, gone: not sent, and why (see struct d4_spool_cursor).
 */
struct post_counts {
	uint64_t fresh, again, lost;
	uint64_t toobig, damaged, expired, withheld, gone;
};

void post_counts_add(struct post_counts *to, const struct post_counts *c);

/* A place in a lane: behind entry seq and `part` records of the next one. */
struct post_place {
	uint64_t seq, part;
};

/* What is in front of `at` is on the wire once wire_end is acknowledged. */
struct post_mark {
	struct post_place at;
	uint64_t wire_end;
	struct post_counts counts;
};

/*
 * struct post_resend -- one lane's books.
 * Shape:  sure: what TCP acknowledged counts as confirmed (tcp is set too).
 *         cursor: as on disk, and beyond it what the session in progress did
 *         (sent, acked). marks[head..head+n): not acknowledged yet; when all
 *         places are taken the last one grows, which only makes the answer
 *         coarser. acked, rest: what the session passed, acknowledged and
 *         not. at: up to where it went.
 */
struct post_resend {
	bool tcp, sure;
	struct d4_spool_cursor cursor;
	struct post_mark marks[POST_MARKS];
	size_t head, n;
	struct post_counts acked, rest;
	struct post_place at;
};

/*
 * struct post_settled -- what the end of a session (or a checkpoint) means.
 * Shape:  cursor: what to save. losses in records, over the entries from..to;
 *         they have to be accounted durably before the cursor is saved.
 */
struct post_settled {
	struct d4_spool_cursor cursor;
	uint64_t from, to;
	uint64_t maybe_lost;
	struct post_counts dropped; /* fresh and again are 0 */
};

/*
 * enum post_outcome -- how it ended.
 * CONFIRMED  the partner answered our close_notify: all of it was consumed.
 * UNCLEAN    anything else, a crash of our own too (from the cursor on disk).
 * CHECKPOINT it goes on; this is only what is safe to save now.
 */
enum post_outcome { POST_CONFIRMED, POST_UNCLEAN, POST_CHECKPOINT };

/* post_resend_init -- from the cursor on disk; tcp: resend mode TCP. */
void post_resend_init(
    struct post_resend *r, bool tcp, const struct d4_spool_cursor *c);

/* post_resend_from -- the place where the next session begins. */
struct post_place post_resend_from(const struct post_resend *r);

/*
 * post_resend_again -- how many of the n records of the entry seq, which
 * follows the entry `before` (0: it is the first), were sent before, by
 * high-water mark.
 */
uint64_t post_resend_again(
    const struct post_resend *r, uint64_t before, uint64_t seq, uint64_t n);

/*
 * post_resend_note -- the lane is passed up to a place (seq 0: inside the
 * session's first entry); what was sent of it ends at wire_end.
 */
void post_resend_note(struct post_resend *r, struct post_place at,
    const struct post_counts *c, uint64_t wire_end);

/* post_resend_acked -- the peer's TCP acknowledged up to wire_acked. */
void post_resend_acked(struct post_resend *r, uint64_t wire_acked);

/*
 * post_resend_settle -- computes *out and changes nothing: the caller notes
 * the losses, saves the cursor, then calls post_resend_apply.
 */
void post_resend_settle(const struct post_resend *r, enum post_outcome how,
    struct post_settled *out);
void post_resend_apply(
    struct post_resend *r, enum post_outcome how, const struct post_settled *s);

/* post_settled_losses -- whether there is anything to account. */
bool post_settled_losses(const struct post_settled *s);

#endif
