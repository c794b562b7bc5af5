/*
 * Cutters: a stream of payload bytes to whole records (packets, lines).
 * Any cut of the input gives the same records in the same order.
 */
#ifndef D4_CUTTER_H
#define D4_CUTTER_H

#include "libd4/reason.h"
#include "libd4/slice.h"

#define D4_LINE_MAX    (1u << 20) /* bytes of a line, newline included */
#define D4_CAPLEN_MAX  262144u    /* captured bytes of a packet */
#define D4_BLOCK_MAX   (1u << 20) /* bytes of a pcapng block */
#define D4_OPENING_MAX 32768u     /* bytes of any opening */

/*
 * struct d4_run -- neighbouring whole records.
 * Shape:  data holds n records back to back, each as on the wire (a pcap
 *         packet with its 16-byte header, a line with its newline).
 *         reason is D4_R_NONE, or why these n records are not usable (data
 *         is empty then and bytes says how many were dropped); else bytes
 *         is data.n.
 * Owns:   nothing; data lives until the next call on the cutter.
 */
struct d4_run {
	struct d4_slice data;
	uint64_t n;
	uint64_t bytes;
	enum d4_reason reason;
};

struct d4_cutter;

/*
 * One row per framing; see libd4/type.c for which type has which. fit: NULL
 * where records are counted one by one.
 */
struct d4_cutter_kind {
	const char *name;
	enum d4_status (*make)(struct d4_cutter **out);
	void (*destroy)(struct d4_cutter *c);
	enum d4_status (*feed)(
	    struct d4_cutter *c, struct d4_slice *in, struct d4_run *out);
	enum d4_status (*finish)(struct d4_cutter *c, struct d4_run *out);
	struct d4_slice (*opening)(const struct d4_cutter *c);
	size_t (*held)(const struct d4_cutter *c);
	uint32_t (*variant)(const struct d4_cutter *c);
	size_t (*split)(const struct d4_cutter *c, struct d4_slice data);
	size_t (*fit)(struct d4_slice data, uint64_t *n);
};

/* First member of every cutter. */
struct d4_cutter {
	const struct d4_cutter_kind *kind;
	enum d4_reason failed; /* set by a feed that answered an error */
};

extern const struct d4_cutter_kind d4_cutter_pcap;   /* record_pcap.c */
extern const struct d4_cutter_kind d4_cutter_lines;  /* record_lines.c */
extern const struct d4_cutter_kind d4_cutter_folded; /* record_lines.c */
extern const struct d4_cutter_kind d4_cutter_dnscap; /* record_dnscap.c */
extern const struct d4_cutter_kind d4_cutter_pcapng; /* record_pcapng.c */
extern const struct d4_cutter_kind d4_cutter_ipfix;  /* record_ipfix.c */

/* d4_cutter_new -- a cutter for one session. Errors: D4_ENOMEM. */
D4_USED enum d4_status d4_cutter_new(
    const struct d4_cutter_kind *kind, struct d4_cutter **out);
void d4_cutter_free(struct d4_cutter *c);

/*
 * d4_cutter_feed -- takes bytes from *in (advancing it) and gives one run.
 * Call it until D4_AGAIN: bytes that are not taken stay in *in.
 * A run is as long as the input allows without copying; a record that was
 * begun by an earlier call comes alone.
 * Errors: D4_AGAIN all of *in is taken, no run.  D4_EMALFORMED or D4_ETOOBIG
 *         the stream cannot be followed any further: c->failed says why
 *         (pcap.magic, pcap.desync, linktype, pcapng.desync ...), each
 *         later call answers the same.  D4_ENOMEM: not final; what is left in
 * *in can be fed again.
 */
D4_USED enum d4_status d4_cutter_feed(
    struct d4_cutter *c, struct d4_slice *in, struct d4_run *out);

/*
 * d4_cutter_finish -- the session ended. D4_OK when nothing was held;
 * D4_ETRUNC with *out = {n 1, bytes held, D4_R_EOF_PARTIAL} when a record was
 * left unfinished. The cutter is then as new, for the next session, but an
 * opening is forgotten.
 */
D4_USED enum d4_status d4_cutter_finish(
    struct d4_cutter *c, struct d4_run *out);

/*
 * d4_cutter_opening -- what a file with the records of the last run begins
 * with: the pcap global header, as received; a pcapng section's header and its
 * interfaces; IPFIX messages with all templates; empty where a type has none or
 * none came yet. Between two runs it may change (D4_OPENING_EACH): a file that
 * was begun ends there. Owns:   nothing; it lives until the next call on the
 * cutter.
 */
struct d4_slice d4_cutter_opening(const struct d4_cutter *c);

/*
 * d4_cutter_variant -- capture format and link type as one number, for the
 * lane: for pcap (format << 28 | link type) with format 1 us-le, 2 us-be,
 * 3 ns-le, 4 ns-be; 0 for lines and before the opening. The link type is the
 * low 16 bits; a file that announces checksum bytes (FCS) behind its packets
 * has their length in bits 16..19 and the flag in bit 26.
 */
uint32_t d4_cutter_variant(const struct d4_cutter *c);

/* d4_cutter_held -- bytes held for an unfinished record. */
size_t d4_cutter_held(const struct d4_cutter *c);

/*
 * d4_cutter_split -- the length of the first record in a run's data, or 0
 * when data is empty. For those who need records one by one.
 */
size_t d4_cutter_split(const struct d4_cutter *c, struct d4_slice data);

/*
 * d4_cutter_fit -- bytes of the whole records at the front of a run's data
 * that have room; *n: how many they are.
 */
size_t d4_cutter_fit(
    const struct d4_cutter *c, struct d4_slice data, size_t room, uint64_t *n);

#endif
