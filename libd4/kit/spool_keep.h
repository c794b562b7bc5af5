/*
 * What wash does with segments that wait: they are counted, compressed, and
 * deleted when they expire or have no room. Readers may be at work in them:
 * a segment that is deleted under one is read to its end.
 */
#ifndef KIT_SPOOL_KEEP_H
#define KIT_SPOOL_KEEP_H

#include "libd4/kit/spool.h"

/*
 * d4_spool_limit -- bytes at which a segment is closed; default
 * D4_SPOOL_SEGMENT.
 */
void d4_spool_limit(struct d4_spool_writer *w, uint64_t bytes);

/*
 * d4_spool_resume -- a lane without a segment goes on behind seq and with
 * total records, as its cursor says: a folder that was removed is created
 * again.
 */
void d4_spool_resume(struct d4_spool_writer *w, uint64_t seq, uint64_t total);

/*
 * struct d4_spool_mark -- how far a commit went, to be noted elsewhere.
 * Shape:  first, seed: the segment (its name, its header's checksum); seq,
 *         total: of the lane's last entry.
 */
struct d4_spool_mark {
	uint64_t first;
	uint32_t seed;
	uint64_t seq, total;
};

/* d4_spool_mark -- of the last commit; false: there was none. */
bool d4_spool_mark(const struct d4_spool_writer *w, struct d4_spool_mark *out);

/*
 * struct d4_spool_end -- the end of a lane as it was found.
 * Shape:  mark: in; NULL: none was noted. torn: bytes behind the mark that
 *         were cut off: no commit of them was noted. lost: records up to the
 *         mark that cannot be read, and lost_bytes of them there; they are
 *         left for the reader to tell, and the lane goes on behind them.
 */
struct d4_spool_end {
	const struct d4_spool_mark *mark;
	uint64_t torn;
	uint64_t lost, lost_bytes;
};

/* d4_spool_writer_open_at -- d4_spool_writer_open with a mark. */
D4_USED enum d4_status d4_spool_writer_open_at(const char *dir,
    const struct d4_spool_lane *lane, struct d4_spool_end *end,
    struct d4_spool_writer **out);

/*
 * d4_spool_turn -- a reader is in front of damage at the end of the
 * segment `first`: if that is the last one, another one is begun, so that
 * what is damaged is no longer an unfinished write. Nothing may be queued.
 * Errors: D4_AGAIN it is another one, or empty, or something is queued.
 *         D4_EIO, D4_ENOSPC, D4_ENOMEM.
 */
D4_USED enum d4_status d4_spool_turn(struct d4_spool_writer *w, uint64_t first);

/*
 * d4_spool_survey -- looks into one segment whose entries are not known since
 * the lane was opened. Errors: D4_AGAIN all are known.  D4_EIO, D4_ENOMEM.
 */
D4_USED enum d4_status d4_spool_survey(struct d4_spool_writer *w);

/* What was sent: entries up to seq, and part records of the one behind it. */
struct d4_spool_sent {
	uint64_t seq, part;
};

/*
 * struct d4_spool_pick -- a segment that may be deleted.
 * Shape:  first: its name. bytes: on disk. from..to: its entries that were
 *         not sent, or only in part; records: between what was sent and the
 *         next segment, whether they can be read or not; t_first_us to
 *         t_last_us when they were received (of the whole segment).
 *         whole: none of it was sent.
 */
struct d4_spool_pick {
	uint64_t first, bytes;
	uint64_t from, to, records;
	uint64_t t_first_us, t_last_us;
	bool whole;
};

/*
 * d4_spool_oldest -- the oldest segment with entries behind sent; whole:
 * only one of which nothing was sent. False: there is none (or it was not
 * surveyed yet).
 */
bool d4_spool_oldest(const struct d4_spool_writer *w, struct d4_spool_sent sent,
    bool whole, struct d4_spool_pick *out);

/* d4_spool_expired -- one whose entries have all expired at now_s. */
bool d4_spool_expired(const struct d4_spool_writer *w,
    struct d4_spool_sent sent, uint64_t now_s, struct d4_spool_pick *out);

/*
 * d4_spool_remove -- deletes the segment that was picked. The last one is
 * replaced by an empty one, which remembers seq and total. Nothing may be
 * queued. Errors: D4_EINVAL it is not there, or something is queued. D4_EIO,
 * D4_ENOSPC.
 */
D4_USED enum d4_status d4_spool_remove(
    struct d4_spool_writer *w, const struct d4_spool_pick *p);

/*
 * d4_spool_unused -- nothing is in the lane or queued for it; *since_s: when
 * its last entry went, or it was made, by the clock of the file system.
 */
bool d4_spool_unused(const struct d4_spool_writer *w, uint64_t *since_s);

/* ---- compression ---- */
struct d4_spool_packer;

D4_USED enum d4_status d4_spool_packer_new(struct d4_spool_packer **out);
void d4_spool_packer_free(struct d4_spool_packer *p);

/*
 * d4_spool_pack -- works on the lane's first closed segment that stands
 * `behind` bytes or more behind sent: compresses about D4_SPOOL_PACK bytes of
 * it; when it is done, the segment is replaced at once, or left alone if it
 * is damaged or does not become smaller. One segment at a time: another lane
 * waits until it is done.
 * Errors: D4_AGAIN nothing to do for this lane. D4_EIO, D4_ENOSPC, D4_ENOMEM:
 *         the segment stays as it was, and is not tried again.
 */
#define D4_SPOOL_PACK (2u << 20) /* bytes of a segment for each call */

D4_USED enum d4_status d4_spool_pack(struct d4_spool_packer *p,
    struct d4_spool_writer *w, uint64_t sent, uint64_t behind);

/* d4_spool_packer_forget -- before w is closed. */
void d4_spool_packer_forget(
    struct d4_spool_packer *p, const struct d4_spool_writer *w);

/* d4_spool_packer_saved -- bytes that it made of bytes before. */
void d4_spool_packer_sums(
    const struct d4_spool_packer *p, uint64_t *before, uint64_t *after);

#endif
