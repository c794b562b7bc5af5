/*
 * The streams that wash knows: one for each sensor, type and meta header,
 * with a path to each partner: its decision, its chain and its lane.
 */
#ifndef RELAY_STREAMS_H
#define RELAY_STREAMS_H

#include <jansson.h>
#include "libd4/entry.h"
#include "relay/decide.h"
#include "relay/lanes.h"

#define STREAMS_MAX 16384u /* kept; the one not used for longest goes */

/* struct path_keeper -- whose records are put into quarantine. */
struct path_keeper {
	struct streams *s;
	const struct stream *t;
	size_t partner;
};

/*
 * struct path -- one stream to one partner.
 * Shape:  decided in `minute` (of the clock). san: NULL until needed.
 *         remembers: it has state that outlives a restart; dirty: since the
 *         last save. alarmed, noted: that its breaker is open is in the log,
 *         on disk. named: id and variant say which lane; lane: NULL until
 *         something is written to it, and of no use once another path has
 *         given it its own header. row: of the journal's totals, -1
 *         unknown; none: row where no lane is known.
 */
struct path {
	bool decided;
	uint64_t minute;
	struct decision d;
	struct san_stream *san;
	bool remembers, dirty, alarmed, noted;
	size_t state_bytes; /* of the last save */
	bool named;
	uint32_t variant;
	char id[17];
	struct lane *lane;
	uint64_t labels; /* of its writer, when it was ours */
	ssize_t row, none;
	struct path_keeper keeper;
};

/*
 * struct stream -- meta is the header as received. path[i] is for the i-th
 * partner of the policy.
 */
struct stream {
	struct stream *next;
	uint32_t hash;
	uint64_t used;
	struct d4_uuid sensor;
	uint8_t type;
	char ext[D4_META_TYPE];
	struct d4_slice meta;
	struct path *path;
};

struct streams;
struct d4_account;

/*
 * streams_new -- state: the folder that gets streams/, for what streams must
 * remember, and breakers/.
 */
D4_USED enum d4_status streams_new(const char *state, struct streams **out);
void streams_free(struct streams *s);

/*
 * streams_quarantine -- from now on records in quarantine are kept in rings of
 * so many bytes a stream; 0: they are counted only. Errors: as
 * quarantine_open.
 */
D4_USED enum d4_status streams_quarantine(struct streams *s, const char *state,
    uint64_t max, struct d4_account *account);

/*
 * streams_gate -- the policy that decides from now on; what streams remember
 * is saved and the streams are forgotten. NULL: none.
 */
void streams_gate(struct streams *s, struct gate *g);

/*
 * streams_again -- by the same policy, with journals that are other ones: as
 * streams_gate, but what stopped at an open breaker stays stopped, on disk or
 * not.
 */
void streams_again(struct streams *s);

/*
 * streams_breakers -- once a second: breakers whose notes an operator removed
 * are closed; those that could not be noted are noted.
 */
void streams_breakers(struct streams *s);

/*
 * streams_noted -- is each breaker that is open on disk, or at last now? What
 * opened it is to come again until then.
 */
D4_USED bool streams_noted(struct streams *s);

/* streams_open -- those that are open, as breakers_list. */
json_t *streams_open(const struct streams *s);

/* streams_lane_gone -- no path leads to that lane any more. */
void streams_lane_gone(struct streams *s, const struct lane *lane);

/*
 * streams_get -- the stream of an entry, made when new.
 * Errors: D4_ENOMEM.
 */
D4_USED enum d4_status streams_get(
    struct streams *s, const struct d4_entry *e, struct stream **out);

/*
 * streams_save -- what changed of what streams must remember, to disk; max:
 * only what took at most so many bytes the last time. false: some of it could
 * not be saved (logged).
 */
bool streams_save(struct streams *s, size_t max);

/*
 * path_san -- the path's chain, with what it remembers, stopped where its
 * breaker is open. Errors: as san.
 */
D4_USED enum d4_status path_san(struct streams *s, const struct stream *st,
    size_t partner, struct san_stream **out);

/*
 * path_stopped -- the path's breaker is open: it is noted on disk, so that it
 * outlives us. Errors: D4_EIO, D4_ENOSPC, D4_ENOMEM: streams_breakers tries
 * again; it is open all the same.
 */
D4_USED enum d4_status path_stopped(
    struct streams *s, const struct stream *st, size_t partner);

/* path_reset -- forgets chain, lane and rows; its memory is saved. */
void path_reset(struct streams *s, const struct stream *st, size_t partner);

#endif
