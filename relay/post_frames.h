/*
 * Spool entries to D4 frames, after rules R1 to R14 of wire.md, or to what
 * another sink writes. Pure.
 *
 * A frame is cut at record ends and fits one TLS record; small entries share
 * a frame (R8). A record that is larger goes alone.
 */
#ifndef RELAY_POST_FRAMES_H
#define RELAY_POST_FRAMES_H

#include "libd4/hmac.h"
#include "libd4/kit/spool.h"
#include "libd4/type.h"
#include "relay/post_resend.h"
#include "relay/sink_shape.h"

struct post_frames;

/*
 * struct post_framing -- what all frames of a lane share.
 * Shape:  meta: the meta header, sent as type 2 in front; empty for plain
 *         types, mandatory for 254.
 *         shape: not D4 frames but this, of what line says; no header, no
 *         HMAC, no meta header then (hmac NULL, meta empty).
 * Owns:   nothing; hmac, meta and line outlive the post_frames.
 */
struct post_framing {
	const struct d4_type_row *row;
	struct d4_hmac *hmac;
	struct d4_uuid uuid;
	struct d4_slice meta;
	const struct sink_shape *shape;
	struct sink_line *line;
};

/*
 * struct post_frame -- one whole frame, header and payload, sealed.
 * Shape:  at: what is in front of it is in this frame and those before it
 *         (seq 0: no entry of this session is whole yet); counts: what became
 *         of the records that were not told yet. marked: at and counts say
 *         something new.
 * Owns:   nothing; wire lives until the next call.
 */
struct post_frame {
	struct d4_slice wire;
	struct post_place at;
	struct post_counts counts;
	bool marked;
};

/* post_frames_new -- Errors: D4_EINVAL 254 without meta.  D4_ENOMEM. */
D4_USED enum d4_status post_frames_new(
    const struct post_framing *f, struct post_frames **out);
void post_frames_free(struct post_frames *f);

/* post_frames_begin -- a new session: meta header and opening go first. */
void post_frames_begin(struct post_frames *f);

/* Of an entry: its first `skip` records are not sent (they arrived), and
 * its first `again` records were sent before. When it was received is told in
 * whole multiples of coarse_us, 0 as it is. */
struct post_take {
	uint64_t skip, again, coarse_us;
};

/*
 * post_frames_entry -- takes up one entry; e->data must stay until
 * post_frames_next answered D4_AGAIN.
 * Errors: D4_END its opening is another than the session's: the session has
 *         to be ended first, then give the entry again.  D4_ENOMEM.
 *         An entry that does not begin as its type must counts as damaged.
 */
D4_USED enum d4_status post_frames_entry(
    struct post_frames *f, const struct d4_spool_entry *e, struct post_take t);

/* post_frames_pass -- entries up to seq are passed without being sent. */
void post_frames_pass(
    struct post_frames *f, uint64_t seq, const struct post_counts *c);

/*
 * post_frames_next -- the next frame.
 * Errors: D4_AGAIN the entry is taken, what is held is less than a frame.
 *         D4_ENOMEM, D4_ECRYPTO: call again, or end the session.
 */
D4_USED enum d4_status post_frames_next(
    struct post_frames *f, struct post_frame *out);

/*
 * post_frames_flush -- what is held, as a frame (only after D4_AGAIN of
 * post_frames_next).
 * Errors: D4_AGAIN nothing is held: no frame, but out->marked may be set all
 *         the same.  D4_ECRYPTO.
 */
D4_USED enum d4_status post_frames_flush(
    struct post_frames *f, struct post_frame *out);

/* post_frames_held -- payload bytes held. */
size_t post_frames_held(const struct post_frames *f);

/*
 * post_frames_head -- how many bytes of a frame have to go into a TLS record
 * of their own in front of the others, so that the last one is not so short
 * that a stock server keeps it back (R4); 0: none. The rest is whole records.
 */
size_t post_frames_head(size_t frame);

#endif
