/*
 * Wash's lanes: their writers, the streams that feed them, and how full the
 * airlock is. State beside the airlock: STATE/lanes/PARTNER/LANE.json (ADR
 * 0005).
 */
#ifndef RELAY_LANES_H
#define RELAY_LANES_H

#include <jansson.h>
#include "libd4/kit/account.h"
#include "libd4/kit/spool.h"
#include "libd4/kit/spool_cursor.h"

#define LANES_PER_PARTNER 1024u
#define LANES_FEEDS       8192u /* streams that may feed one lane */

/*
 * struct lane_feed -- a stream that fed a lane, with the facts that a policy
 * needs to decide on it again. meta is the header as received. to: whose
 * partner it was released to: the organisation, "" where the policy names
 * none, LANES_ANYBODY in a file of before it was noted.
 */
#define LANES_ANYBODY "*"
struct lane_feed {
	char source[65];
	char to[D4_UUID_TEXT];
	struct d4_uuid sensor;
	uint8_t type;
	struct d4_slice meta;
};

/*
 * struct lane -- one lane.
 * Shape:  head: the segment header of new entries. released: in the release
 *         file. feed: what may still be in
 *         the airlock. after: see release.h. cursor: post's, as last read.
 *         known: its feeds are known; else it is never released. touched: in
 *         the batch in progress. flushed: bytes of it on their way to disk;
 *         counted: bytes of it in its partner's sum. moving: post sent some
 *         between the last two looks at the cursor. marked: seq whose mark
 *         a journal has. barred: its seq when the first n_barred feeds, all it
 *         had, were found denied; 0 feeds: they were not.
 */
struct lane {
	struct d4_spool_lane head;
	struct d4_buf meta;
	struct d4_spool_writer *writer;
	struct lane_feed *feed;
	size_t n_feeds, cap_feeds;
	uint64_t after, marked;
	uint64_t barred;
	size_t n_barred;
	struct d4_spool_cursor cursor;
	bool known;
	bool released;
	bool touched;
	bool moving;
	size_t flushed, counted;
	struct lanes_partner *partner;
};

struct lanes;
struct lanes_partner;

/*
 * Where things are: the airlock, wash's own folder, post's cursors. account:
 * of what is lost here; NULL: nowhere (tests).
 */
struct lanes_dirs {
	const char *spool;
	const char *state;
	const char *cursors;
	struct d4_account *account;
	const char *findings;
};

/*
 * lanes_open -- all lanes that are on disk, recovered. Errors: D4_ENOMEM,
 * D4_EIO, D4_ENOSPC; a lane that cannot be opened is logged and left alone.
 */
D4_USED enum d4_status lanes_open(
    const struct lanes_dirs *dirs, struct lanes **out);
void lanes_close(struct lanes *ls);

size_t lanes_n(const struct lanes *ls);
struct lane *lanes_at(const struct lanes *ls, size_t i);
struct lane *lanes_find(
    const struct lanes *ls, const char *partner, const char *id);

/*
 * lanes_get -- the lane of head->partner and head->id, made when new; its
 * later entries stand under head, and feed is durably one of its feeds.
 * Errors: D4_ETOOBIG the partner's lanes, or the lane's feeds, are full.
 *         D4_EIO, D4_ENOSPC, D4_ENOMEM.
 */
D4_USED enum d4_status lanes_get(struct lanes *ls,
    const struct d4_spool_lane *head, const struct lane_feed *feed,
    struct lane **out);

/* lanes_changed -- a lane or a feed is new since this was asked last. */
bool lanes_changed(struct lanes *ls);

/* lanes_minted -- the UUID is one that we send under: a loop. */
bool lanes_minted(const struct lanes *ls, const struct d4_uuid *uuid);

/*
 * lanes_retire -- only these feeds may go on: the entries that are in the
 * lane now are not to be sent (lane->after), and the other feeds are
 * forgotten; but what came since the others were all denied (lanes_bar) stays.
 * keep[i] is for feed[i]. Durable when it returns D4_OK.
 * Errors: D4_AGAIN something is queued, that would come after it; as saving
 *         fails.
 */
D4_USED enum d4_status lanes_retire(
    struct lanes *ls, struct lane *lane, const bool *keep);

/* lanes_bar -- every feed of the lane is denied now. */
void lanes_bar(struct lane *lane);

/*
 * lane_appended -- counts what is queued in its partner's budget, and lets
 * the disk begin when it is enough.
 */
void lane_appended(struct lane *lane);

/*
 * lanes_commit -- makes what the batch appended durable; again after an
 * error. lanes_drop -- forgets it.
 */
D4_USED enum d4_status lanes_commit(struct lanes *ls);
void lanes_drop(struct lanes *ls);

/*
 * lanes_marks -- of the lanes that were committed since lanes_marked; the
 * caller's. lanes_marked -- a journal has them durably.
 */
json_t *lanes_marks(const struct lanes *ls);
void lanes_marked(struct lanes *ls);

/* lanes_trim -- reads post's cursors and deletes what is settled. A
 * lane at whose damaged end post stands goes on behind it. */
void lanes_trim(struct lanes *ls);

/* lanes_bytes -- of the airlock on disk. */
uint64_t lanes_bytes(const struct lanes *ls);

#endif
