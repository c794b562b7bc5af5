/*
 * The opening of a session (the pcap global header): every spool entry has
 * one, a session sends one (R7). Where it may change within a stream (pcapng
 * sections, IPFIX templates) each entry's goes out in front of its records.
 * Pure; a part of post_frames.
 */
#ifndef RELAY_POST_OPENING_H
#define RELAY_POST_OPENING_H

#include "libd4/ipfix_number.h"
#include "libd4/type.h"

#define POST_OPENING 24u /* bytes of the kind that is sent once: pcap's */

/*
 * struct post_opening -- {.row = row} is a new one.
 * Shape:  cutter: made by the first entry of a session; knows the records.
 *         sent: `bytes` were, D4_OPENING_ONCE only. each: D4_OPENING_EACH,
 *         the last that was sent; empty: what comes next has to be.
 *         bytes: what the session announced. snaplen: the largest that was
 *         seen, kept over sessions.
 */
struct post_opening {
	const struct d4_type_row *row;
	struct d4_cutter *cutter;
	bool sent;
	uint8_t bytes[POST_OPENING];
	uint32_t snaplen;
	struct d4_buf each;
	struct ipfix_number number; /* of type 7 */
};

/*
 * post_opening_number -- n bytes of openings and records that go into the
 * session: messages of type 7 are numbered where they stand.
 */
void post_opening_number(struct post_opening *o, uint8_t *bytes, size_t n);

/* post_opening_begin -- a new session; frees what the last one had. */
void post_opening_begin(struct post_opening *o);

/*
 * post_opening_strip -- takes n bytes of opening off *data. *send: what has
 * to go in front of the records (D4_OPENING_ONCE: of a session's first entry).
 * Errors: D4_END another opening than the session's.  D4_EMALFORMED none
 *         that could be one.  D4_ENOMEM.
 */
D4_USED enum d4_status post_opening_strip(struct post_opening *o, uint32_t n,
    struct d4_slice *data, struct d4_slice *send);

#endif
