/*
 * One file for several partners whose steps are the same and whose keys are
 * not. The first stream works as ever and leads: what it did with each record
 * is noted. The others follow: they take its output and put their own
 * addresses where a replaced address stands. A record that the notes do not
 * cover in full is run by itself, and each record that leaves passes the
 * follower's own self-check. The bytes are those that the stream would have
 * made alone: leading and following is never visible in the output.
 */
#ifndef SAN_FOLLOW_H
#define SAN_FOLLOW_H

#include "sanitizers/chain.h"

struct san_trace;

/* san_trace_new -- room for the notes of one file. Errors: D4_ENOMEM. */
D4_USED enum d4_status san_trace_new(struct san_trace **out);
void san_trace_free(struct san_trace *t);

/*
 * san_stream_lead -- notes in *t what happens to the file that was just begun
 * (san_stream_begin), until it is finished. The file must come in one feed.
 * Errors: D4_ENOTSUP nobody can follow with these steps; nothing is noted.
 */
D4_USED enum d4_status san_stream_lead(
    struct san_stream *s, struct san_trace *t);

/*
 * san_stream_follow -- instead of san_stream_begin, feed and finish: the file
 * that another stream led. in: the file, the bytes that the leader was fed,
 * still there; led: all that the leader wrote for it.
 * Errors: as san_stream_feed; besides, D4_ENOTSUP it cannot be followed:
 *         nothing happened, feed it.
 */
D4_USED enum d4_status san_stream_follow(struct san_stream *s,
    const struct san_trace *t, struct d4_slice led, struct d4_buf *out);

#endif
