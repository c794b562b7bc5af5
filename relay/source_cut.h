/*
 * Bytes of a stream to queue entries: whole records behind their opening, with
 * counts of what could not be cut. Pure. An entry has one opening: where that
 * changes (pcapng, IPFIX) the entry ends, and the next one begins.
 */
#ifndef RELAY_SOURCE_CUT_H
#define RELAY_SOURCE_CUT_H

#include "libd4/cutter.h"
#include "libd4/entry.h"

#define CUT_BLOCK   262144u /* bytes that make one entry */
#define CUT_REASONS 6u      /* for which a cutter can lose records */

/* Records that were not usable, for one reason. */
struct cut_lost {
	enum d4_reason why;
	uint64_t n, bytes;
};

/*
 * struct source_cut
 * Shape:  out: the entry of the bytes fed since cut_begin, n records behind
 *         `opening` bytes. seq: records in front of it. lost[0..n_lost):
 *         since cut_begin. dead: the stream cannot be followed any further;
 *         told: counted so. next: the run that begins the next entry, under
 *         another opening, n 0 none; rest: what was fed behind it, borrowed.
 */
struct source_cut {
	struct d4_cutter *cutter;
	struct d4_buf out;
	size_t opening;
	uint64_t seq, n;
	struct d4_run next;
	struct d4_slice rest;
	struct cut_lost lost[CUT_REASONS];
	size_t n_lost;
	bool dead, told;
};

/* source_cut_init -- Errors: D4_ENOMEM. */
D4_USED enum d4_status source_cut_init(
    struct source_cut *c, const struct d4_cutter_kind *kind);
void source_cut_fini(struct source_cut *c);

/* source_cut_begin -- a new entry. */
void source_cut_begin(struct source_cut *c);

/*
 * source_cut_feed -- at most CUT_BLOCK bytes between two source_cut_begin, and
 * none while source_cut_full: they stay as they are until that is over.
 * Errors: D4_ENOMEM, D4_ETOOBIG: the entry must be given up.
 */
D4_USED enum d4_status source_cut_feed(
    struct source_cut *c, struct d4_slice bytes);

/*
 * source_cut_full -- the entry ended before the bytes fed did: once it is
 * taken, source_cut_begin and source_cut_go make the next one of the rest.
 * Errors: as feed.
 */
bool source_cut_full(const struct source_cut *c);
D4_USED enum d4_status source_cut_go(struct source_cut *c);

/*
 * source_cut_end -- the stream ended; never while source_cut_full. whole: what
 * is left of a last line without its newline is a line; else it was cut off.
 * Errors: as feed.
 */
D4_USED enum d4_status source_cut_end(struct source_cut *c, bool whole);

#endif
