/*
 * The bytes of a spool segment, as ADR 0006 freezes them: encoders, decoders
 * and the walk over a segment that may be damaged. Pure; for the spool's own
 * rooms and the fuzzer.
 */
#ifndef KIT_SPOOL_FORMAT_H
#define KIT_SPOOL_FORMAT_H

#include "libd4/kit/spool.h"

#define SPOOL_HEAD      20u          /* bytes of a header before its JSON */
#define SPOOL_JSON_MAX  (512u << 10) /* bytes of a header's JSON */
#define SPOOL_SCAN_MAX  (64u << 20)  /* bytes checksummed to resynchronise */
#define SPOOL_FILE_MAX  (64u << 20)  /* bytes of a segment that we read */
#define SPOOL_NAME_LEN  25u          /* 20 digits, ".seg", NUL */
#define SPOOL_SEQ_AHEAD (1u << 24)   /* a seq that far ahead is not a seq */
#define SPOOL_PACKED    1u           /* flag: data is one frame of zstd */

/* spool_name -- "00000000000000000001.seg". */
void spool_name(uint64_t first_seq, char out[SPOOL_NAME_LEN]);

/*
 * spool_lane_encode -- a whole segment header, appended to out. salt: a text
 * that nobody can guess (see spool_seed).
 * Errors: D4_EINVAL a text is not UTF-8.  D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status spool_lane_encode(
    const struct d4_spool_lane *lane, const char *salt, struct d4_buf *out);

/*
 * spool_seed -- what the checksums of a segment's entries are continued from:
 * the header's own checksum (0 when there is no header). The header holds a
 * random salt, so nobody who can get bytes into an entry's data can make
 * them look like an entry to a reader that resynchronises.
 */
uint32_t spool_seed(struct d4_slice file);

/*
 * spool_lane_decode -- reads a segment header at the front of file.
 * Owns:   out->meta points into meta (initialised by the caller, replaced).
 * Errors: D4_AGAIN not all there.  D4_EVERSION, D4_ECHECKSUM, D4_EMALFORMED,
 *         D4_ENOMEM.  On error *out and *used are untouched.
 */
D4_USED enum d4_status spool_lane_decode(struct d4_slice file,
    struct d4_buf *meta, struct d4_spool_lane *out, size_t *used);

/* spool_entry_encode -- length to base; the checksum is left zero. */
void spool_entry_encode(
    const struct d4_spool_entry *e, uint8_t fixed[D4_SPOOL_FIXED]);

/* spool_entry_seal -- sets the checksum of a whole encoded entry; its size. */
size_t spool_entry_seal(uint8_t *entry, uint32_t seed);

/* spool_entry_seal_share -- the same where the data stands elsewhere. */
struct d4_spool_share;
void spool_entry_seal_share(
    uint8_t *entry, uint32_t seed, const struct d4_spool_share *s);

/*
 * spool_entry_peek -- the fields of an entry that is known to be whole (our
 * own buffer); no checksum. data is all that at holds behind them.
 */
void spool_entry_peek(struct d4_slice at, struct d4_spool_entry *out);

/*
 * spool_entry_decode -- one entry at the front of at.
 * Errors: D4_AGAIN not all there.  D4_ECHECKSUM no valid entry.  D4_EVERSION
 *         a valid entry with a flag that this version does not know.
 *         On error *out and *used are untouched.
 */
D4_USED enum d4_status spool_entry_decode(struct d4_slice at, uint32_t seed,
    struct d4_spool_entry *out, size_t *used);

/*
 * struct spool_walk -- a walk over the entries of a segment.
 * Shape:  off: where the next one is looked for. last: seq of the one before
 *         (entries must rise). seed: spool_seed. final: the file will not grow
 * any more, so an unfinished tail is damage and not something that is being
 * written.
 */
struct spool_walk {
	size_t off;
	uint64_t last;
	uint32_t seed;
	bool final;
};

/*
 * spool_walk_next -- the next valid entry of file at or after w->off.
 * Errors: D4_AGAIN no more; w->off is behind the last valid entry.
 *         D4_ECHECKSUM damage: *skipped bytes were passed over, and w->off is
 *         at the next valid entry or, when final, at the end. Bounded: at
 *         most SPOOL_SCAN_MAX bytes are checksummed to find it.
 *         D4_EVERSION as spool_entry_decode (skipped like damage).
 */
D4_USED enum d4_status spool_walk_next(struct spool_walk *w,
    struct d4_slice file, struct d4_spool_entry *out, size_t *skipped);

#endif
