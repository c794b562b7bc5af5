/*
 * The airlock: an append-only segmented log per lane. It holds only what the
 * policy released. Wash appends, fsyncs and deletes; post only reads.
 * The format is frozen in docs/adr/0006-spool-format.md.
 */
#ifndef KIT_SPOOL_H
#define KIT_SPOOL_H

#include <stdbool.h>
#include "libd4/slice.h"
#include "libd4/uuid.h"

#define D4_SPOOL_VERSION 1u
#define D4_SPOOL_SEGMENT (16u << 20) /* bytes at which a segment is closed */
#define D4_SPOOL_ENTRY   (8u << 20)  /* bytes of an entry's data */
#define D4_SPOOL_FIXED   112u        /* bytes of an entry before its data */

/*
 * struct d4_spool_lane -- what a segment's header says (JSON on disk): what
 * lane it is, and under which decision its entries were released.
 * Shape:  all texts NUL-terminated. id: 16 hex digits, SHA-256 of the lane's
 *         tuple (partner, wire UUID, type, meta type, digest of the outgoing
 *         meta header, variant). meta: the outgoing meta header, or empty.
 *         base: records of the lane in front of this segment; the writer
 *         sets it, what a caller gives is ignored.
 */
struct d4_spool_lane {
	char id[17];
	char partner[65];
	char source[65];
	char rule[65];
	char label[16];
	char pap[8];
	char cls[4];
	char policy[65];   /* SHA-256 of the canonical policy, hex */
	char pipeline[65]; /* SHA-256 of the canonical pipeline, hex */
	char engine[16];   /* version of the sanitizers */
	char epoch[24];
	struct d4_uuid wire_uuid;
	uint8_t type;
	char ext[64];
	uint32_t variant;
	uint64_t base;
	struct d4_slice meta;
};

/*
 * struct d4_spool_entry -- one entry.
 * Shape:  seq numbers the lane's entries from 1, rising, never used twice
 *         (a failed commit leaves a gap). origin: CRC-32C of the queue
 *         key, id_ms and id_n its Redis id; sess and sess_seq the session and
 *         its first record's number; n records in data. opening bytes at the
 *         front of data are the file's opening (pcap global header). base:
 *         records of the lane in front of this entry since it was made.
 *         packed: data is still zstd, as in the file (a reader unpacks it).
 * Units:  t_first_us, t_last_us: receive times; not_before_s, expires_s:
 *         seconds since 1970, 0 = none.
 * Owns:   nothing; data is borrowed (valid until the reader's next call).
 */
struct d4_spool_entry {
	uint64_t seq;
	uint32_t origin;
	uint64_t id_ms, id_n;
	struct d4_uuid sess;
	uint64_t sess_seq;
	uint32_t n;
	uint64_t t_first_us, t_last_us;
	uint64_t not_before_s, expires_s;
	uint32_t opening;
	uint64_t base;
	bool packed;
	struct d4_slice data;
};

/* ---- writing (wash) ---- */
struct d4_spool_writer;

/*
 * d4_spool_writer_open -- opens or makes DIR/PARTNER/LANE/ for append. The
 * tail is checked: a torn last entry is cut off (counted in *torn_bytes). A
 * new segment is begun when the header would differ (new rule, new policy).
 * Errors: D4_EIO, D4_ENOSPC (errno is set), D4_ENOMEM.
 */
D4_USED enum d4_status d4_spool_writer_open(const char *dir,
    const struct d4_spool_lane *lane, uint64_t *torn_bytes,
    struct d4_spool_writer **out);
void d4_spool_writer_close(struct d4_spool_writer *w);

/*
 * d4_spool_append -- queues one entry in memory; seq and base are set by the
 * writer, the values in *e are ignored. Errors: D4_ETOOBIG, D4_ENOMEM.
 */
D4_USED enum d4_status d4_spool_append(
    struct d4_spool_writer *w, const struct d4_spool_entry *e);

/*
 * The same without a copy: the data is written behind out->n of the writer's
 * own buffer between begin and end. end takes e->data.n bytes from there
 * (e->data.p is ignored); end with NULL drops what was written.
 */
D4_USED enum d4_status d4_spool_begin(
    struct d4_spool_writer *w, struct d4_buf **out);
D4_USED enum d4_status d4_spool_end(
    struct d4_spool_writer *w, const struct d4_spool_entry *e);

/*
 * d4_spool_commit -- writes what is queued, then fdatasync. After an error
 * nothing of it counts as held: the file is cut back to the last commit, the
 * segment is closed, and what was queued stays queued for the next try.
 * d4_spool_drop -- forgets what is queued.
 * Errors: D4_ENOSPC (also over a quota), D4_EIO; errno is set.
 */
D4_USED enum d4_status d4_spool_commit(struct d4_spool_writer *w);
void d4_spool_drop(struct d4_spool_writer *w);

/*
 * d4_spool_flush -- writes what is queued and lets the disk begin with it,
 * without waiting: nothing is held by it, and the commit will be shorter. An
 * error is the commit's to report.
 */
void d4_spool_flush(struct d4_spool_writer *w);

/* d4_spool_queued -- bytes queued and not committed. */
size_t d4_spool_queued(const struct d4_spool_writer *w);

/*
 * d4_spool_relabel -- the lane's later entries are written under another header
 * (rule, label ...; same id), in a new segment. d4_spool_labels: how often.
 */
D4_USED enum d4_status d4_spool_relabel(
    struct d4_spool_writer *w, const struct d4_spool_lane *lane);
uint64_t d4_spool_labels(const struct d4_spool_writer *w);

/*
 * d4_spool_floor -- no entry will get a seq at or below floor. Given what the
 * cursor says was sent: after a power failure the tail may hold less than
 * what was read from it before, and a seq must not be used twice.
 */
void d4_spool_floor(struct d4_spool_writer *w, uint64_t floor);

/* d4_spool_seq, d4_spool_total -- last committed seq; records up to it. */
uint64_t d4_spool_seq(const struct d4_spool_writer *w);
uint64_t d4_spool_total(const struct d4_spool_writer *w);

/*
 * d4_spool_held -- the highest Redis id of an origin that the lane holds
 * durably; false when none is known. Read at open from the last two segments
 * (more than one batch), so that a batch cut short by a crash is recognised.
 */
bool d4_spool_held(const struct d4_spool_writer *w, uint32_t origin,
    uint64_t *id_ms, uint64_t *id_n);

/* d4_spool_trim -- deletes whole segments whose last seq <= confirmed. When
 * all of them are, an empty one is kept: it remembers seq and total. */
D4_USED enum d4_status d4_spool_trim(
    struct d4_spool_writer *w, uint64_t confirmed);

/* d4_spool_bytes -- bytes on disk of all segments of the lane. */
uint64_t d4_spool_bytes(const struct d4_spool_writer *w);
/* ---- reading (post, d4-relay spool, tests) ---- */
struct d4_spool_reader;

/*
 * d4_spool_reader_open -- reads a lane's folder from the first entry whose
 * seq > after. Errors: D4_ENOENT no segment.  D4_EIO.  D4_ENOMEM.
 */
D4_USED enum d4_status d4_spool_reader_open(
    const char *lane_dir, uint64_t after, struct d4_spool_reader **out);
void d4_spool_reader_close(struct d4_spool_reader *r);

/*
 * d4_spool_next -- the next whole entry, and the segment's lane header.
 * Errors: D4_AGAIN nothing more yet (an unfinished tail counts as nothing).
 *         D4_ECHECKSUM a damaged entry was skipped: *e has only seq (or 0)
 *         and data.n = bytes skipped; call again for the one after it.
 *         D4_EIO, D4_EVERSION.
 */
D4_USED enum d4_status d4_spool_next(struct d4_spool_reader *r,
    const struct d4_spool_lane **lane, struct d4_spool_entry *e);

/*
 * d4_spool_tail -- seq of the last whole entry in the lane, and the records up
 * to and with it (0 and 0: none). Looks at the last segment only.
 */
D4_USED enum d4_status d4_spool_tail(
    const char *lane_dir, uint64_t *seq, uint64_t *total);

/*
 * d4_spool_head -- the header of the lane's last segment that has a valid one;
 * out->meta points into meta (initialised by the caller). Errors: D4_ENOENT no
 * segment; D4_EMALFORMED all of them are damaged; D4_EIO, D4_ENOMEM.
 */
D4_USED enum d4_status d4_spool_head(
    const char *lane_dir, struct d4_buf *meta, struct d4_spool_lane *out);
/* d4_spool_name_seq -- the first seq in a segment's file name; false: none. */
bool d4_spool_name_seq(const char *name, uint64_t *seq);
/* d4_spool_name_lane -- is it a lane's id, and its folder's? 16 hex digits. */
bool d4_spool_name_lane(const char *name);

#endif
