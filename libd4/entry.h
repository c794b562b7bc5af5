/*
 * The queue entry: one complete small file of its type with the facts about
 * where it came from. What the hub writes and the wash reads (ADR 0004).
 */
#ifndef D4_ENTRY_H
#define D4_ENTRY_H

#include <stdbool.h>
#include "libd4/slice.h"
#include "libd4/uuid.h"

#define D4_ENTRY_VERSION 1          /* bare: it is also written as text */
#define D4_ENTRY_STORED  2          /* version of an entry with a reference */
#define D4_ENTRY_TARGET  65536u     /* data bytes at which an entry is closed */
#define D4_ENTRY_DATA    (1u << 20) /* hard limit, plus one record */
#define D4_ENTRY_MAX     ((2u << 20) + 24u) /* data that a reader takes */
#define D4_ENTRY_FIELDS  12u
#define D4_REF_TEXT      72u
#define D4_PEER_TEXT     56u /* "address:port" or "[address]:port", NUL */

/*
 * struct d4_ref -- where an entry's data is when it is not in the stream: in
 * a segment file of the hub (ADR 0013).
 * Shape:  store: which folder of segments (its id). segment: the file, from 1.
 *         offset, length: of what in it. crc: the CRC-32C stored there.
 *         segment 0: no reference, the data is in the entry.
 */
struct d4_ref {
	uint64_t store;
	uint64_t segment;
	uint32_t offset;
	uint32_t length;
	uint32_t crc;
};

/*
 * struct d4_entry -- the fields, in the order they are written.
 * Shape:  v version (1); sess the session's UUID; seq the number of the entry's
 *         first record in its session, from 1; n records in data; sensor
 *         the UUID in the frames; peer the sensor's socket address; type the
 *         D4 type (254 for extended); ext the meta header's type or empty;
 *         meta the meta header as received or empty; data the file (lines:
 *         whole lines; pcap, pcapng, IPFIX: the opening, then whole records;
 *         ADR 0023), or empty and ref says where it is; then v is 2.
 * Units:  t_hdr_s the timestamp of the frame that held the first record (the
 *         sensor's clock), seconds; t_rx_us when it was received, us.
 * Owns:   nothing; borrows.
 */
struct d4_entry {
	struct d4_uuid sess;
	uint64_t seq;
	uint64_t n;
	struct d4_uuid sensor;
	struct d4_slice peer;
	uint8_t type;
	struct d4_slice ext;
	struct d4_slice meta;
	uint64_t t_hdr_s;
	uint64_t t_rx_us;
	struct d4_slice data;
	struct d4_ref ref;
};

/* Room for the texts of the numbers that d4_entry_fields points at. */
struct d4_entry_text {
	char seq[21], n[21], type[4], t_hdr[21], t_rx[21];
	char sess[D4_UUID_TEXT], sensor[D4_UUID_TEXT];
	char ref[D4_REF_TEXT];
};

/*
 * d4_entry_fields -- the entry as name, value, name, value ... for XADD.
 * Shape:  out[24]; numbers in decimal, UUIDs as 8-4-4-4-12, ext and meta and
 *         data as bytes. All twelve fields are always written; the last is
 *         `ref` instead of `data` when e->ref.segment is not 0.
 * Owns:   nothing; out points into *e, *text and constants.
 */
void d4_entry_fields(const struct d4_entry *e, struct d4_entry_text *text,
    struct d4_slice out[2 * D4_ENTRY_FIELDS]);

/*
 * d4_entry_parse -- reads name, value pairs of a stream entry, in any order.
 * Unknown names are ignored (a later version may add some).
 * Shape:  pairs[2 * n_pairs], name and value alternating. Numbers only as we
 *         write them: decimal, no sign, no leading zero; seq and n from 1.
 *         ext: a meta header's type if and only if type is 254.
 * Owns:   nothing; *out borrows from the pairs.
 * Errors: D4_EVERSION v is neither 1 nor 2.  D4_EMALFORMED a field is missing,
 * twice, or has no valid value.  D4_ETOOBIG data, meta or peer over its limit.
 *         On error *out is untouched.
 */
D4_USED enum d4_status d4_entry_parse(
    const struct d4_slice *pairs, size_t n_pairs, struct d4_entry *out);

/*
 * d4_ref_parse -- "STORE-SEGMENT-OFFSET-LENGTH-CRC": 16 hex digits, three
 * decimal numbers, 8 hex digits; only as d4_ref_text writes it.
 * Errors: D4_EMALFORMED; *out is untouched.
 */
D4_USED enum d4_status d4_ref_parse(struct d4_slice text, struct d4_ref *out);

/* d4_ref_text -- the same as text; its length. */
size_t d4_ref_text(const struct d4_ref *ref, char out[D4_REF_TEXT]);

/* d4_queue_shard -- of a sensor: 32-bit FNV-1a of its UUID mod shards (>0). */
unsigned d4_queue_shard(const struct d4_uuid *sensor, unsigned shards);

/*
 * d4_queue_key -- "d4:{QUEUE:SHARD}:q" into out; QUEUE is a type ("1") or an
 * extended type ("254.ja3-jl"). The braces are a Redis Cluster hash tag.
 * Errors: D4_ETOOBIG it does not fit.  D4_EINVAL ext is not a meta type, or is
 *         missing with 254, or given with another type.
 */
D4_USED enum d4_status d4_queue_key(
    uint8_t type, struct d4_slice ext, unsigned shard, char *out, size_t n);

#endif
