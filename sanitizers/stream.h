/*
 * The inside of a stream: what runs it (stream.c), what is asked of it, what
 * follows another one (follow.c).
 */
#ifndef SAN_STREAM_H
#define SAN_STREAM_H

#include "sanitizers/breaker.h"
#include "sanitizers/held.h"
#include "sanitizers/step.h"

#define STREAM_HEAD_MAX D4_OPENING_MAX /* bytes of an outgoing opening */

struct san_canaries;
struct san_epochs;
struct san_trace;

/*
 * struct san_stream -- one stream; a file is under way between begin and
 * finish.
 * Shape:  family is NULL for types that only the empty chain takes. cutter:
 *         the family's, with the empty chain the type's own; NULL where it
 *         has none, the bytes then pass as they come.
 *         refused: why the rest of the file is refused. at: bytes of the
 *         file that were counted, its opening included. gone: who wants to
 *         know what is withheld, held: what is quarantined, or NULL. trace:
 * what is done with the file's records is noted there, or NULL. taken: the
 * opening as received; turns: how often it changed; many: it may, see
 * san_stream_many. opening: bytes of head as it stands in front of the file's
 * first record that left; clean: records that had left before the file. made_s:
 * see san_stream_time. retold: bytes of openings that other keys made anew.
 */
struct san_stream {
	const struct san_chain *chain;
	const struct san_family *family;
	struct d4_cutter *cutter;
	void *state;
	bool identity;
	bool opened; /* the family knows the file's opening */
	bool headed; /* the opening is in the output */
	bool many;
	unsigned turns;
	uint32_t variant;
	uint64_t raw; /* bytes passed without a cutter */
	uint64_t at, made_s, clean, retold;
	size_t opening;
	void (*gone)(void *arg, const struct san_gone *g);
	void *gone_arg;
	void (*held)(void *arg, const struct san_held *h);
	void *held_arg;
	struct d4_buf head, taken;
	enum d4_reason refused;
	struct san_breaker breaker;
	struct d4_tally tally;
	struct san_trace *trace;
	struct san_epochs *epochs;           /* states of their own, or NULL */
	const struct san_canaries *canaries; /* or NULL */
};

/* What a call must be able to take back. */
struct stream_mark {
	size_t out_n;
	bool headed;
	unsigned turns;
	uint64_t records, bytes; /* forwarded before the call */
};

/*
 * struct stream_record -- what becomes of a record. mark, headed: the output
 * as it was before it.
 */
struct stream_record {
	struct d4_slice in;
	size_t mark;
	bool headed;
	enum san_outcome outcome;
	enum d4_reason why; /* unless it is forwarded */
};

struct stream_mark stream_mark(
    const struct san_stream *s, const struct d4_buf *out);

/* stream_undo -- takes back all that was forwarded: withheld for `why`. */
void stream_undo(struct san_stream *s, struct d4_buf *out,
    const struct stream_mark *m, enum d4_reason why);

void stream_count(
    struct san_stream *s, enum d4_reason why, uint64_t n, uint64_t bytes);

/*
 * stream_open -- the file's opening, once: what the family makes of it goes
 * to s->head. Answers why the file is refused.
 */
D4_USED enum d4_reason stream_open(
    struct san_stream *s, struct d4_slice in, uint32_t variant);

/* stream_turned -- what comes next stands under another opening. */
bool stream_turned(const struct san_stream *s);

/* stream_turn -- takes it. Answers why the rest of the file is refused. */
D4_USED enum d4_reason stream_turn(struct san_stream *s);

/*
 * stream_epoch -- which state makes the record, by its epoch; the opening in
 * front of it may be another one then. Errors: TIME_VALUE it has no time.
 * EPOCH_KEY, INTERNAL; OPENING_TOOBIG.
 */
D4_USED enum d4_reason stream_epoch(
    struct san_stream *s, struct d4_slice rec, void **state);

/* stream_put_head -- the opening, unless it is there. As d4_buf_add. */
D4_USED enum d4_status stream_put_head(
    struct san_stream *s, struct d4_buf *out);

/* stream_before -- a record's way begins; withheld until it is made. */
struct stream_record stream_before(
    const struct san_stream *s, struct d4_slice in, const struct d4_buf *out);

/* stream_hold -- counts what is quarantined, and gives it to who keeps it. */
void stream_hold(struct san_stream *s, const struct stream_record *r);

/*
 * stream_forwarded -- one record left. Without a hit of the self-check since
 * it was closed the breaker cannot open here: its rate is that of hits.
 */
static inline void
stream_forwarded(struct san_stream *s, uint64_t bytes)
{
	s->at += bytes;
	s->tally.in++;
	s->tally.records[D4_R_NONE]++;
	s->tally.bytes[D4_R_NONE] += bytes;
	if (s->tally.records[D4_R_SELFCHECK] != s->breaker.base_hits)
		san_breaker_note(&s->breaker, &s->tally, D4_R_NONE);
}

/* stream_forwarded_all -- the same of n records, while the breaker is calm. */
static inline void
stream_forwarded_all(struct san_stream *s, uint64_t n, uint64_t bytes)
{
	s->at += bytes;
	s->tally.in += n;
	s->tally.records[D4_R_NONE] += n;
	s->tally.bytes[D4_R_NONE] += bytes;
}

/*
 * stream_plain -- stream_plain.c: the plain records at the start of *data
 * leave, while nothing is asked of each one of them; *data: what is left.
 */
void stream_plain(
    struct san_stream *s, struct d4_slice *data, struct d4_buf *out);

/*
 * stream_settle -- counts a record, tells the breaker, cuts *out back when it
 * is withheld. Errors: D4_ETOOBIG, D4_ENOMEM: there is no room for more.
 */
D4_USED enum d4_status stream_settle(
    struct san_stream *s, const struct stream_record *r, struct d4_buf *out);

#endif
