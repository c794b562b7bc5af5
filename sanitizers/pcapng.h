/* pcapng (type 5): what a section describes, and options of blocks. */
#ifndef SAN_PCAPNG_H
#define SAN_PCAPNG_H

#include "sanitizers/packet_family.h"

#define NG_INTERFACE 1u
#define NG_SIMPLE    3u
#define NG_ENHANCED  6u
#define NG_LEAST     12u /* bytes of any block */
#define NG_SECTION   28u /* bytes of a section's header without options */
#define NG_FACE      20u /* bytes of an interface without options */
#define NG_PACKET    32u /* bytes of an enhanced packet without data */
#define NG_SLACK     32u /* bytes of the options that we write */

/*
 * struct ng_face -- an interface.
 * Shape:  why: why no packet of it leaves, or D4_R_NONE. snaplen: 0: no limit.
 *         per_s: units of the times that we write, 1 to 10^9; digits: the
 *         same as if_tsresol, written when it is told. divide: units as
 *         received in one of ours (a power of ten); bits: they are 2^-bits
 *         seconds instead, or -1. offset_s: is added to all times.
 */
struct ng_face {
	enum d4_reason why;
	uint16_t link;
	uint8_t fcs, digits;
	bool told, fcs_told;
	int bits;
	uint32_t snaplen;
	uint64_t per_s, divide;
	int64_t offset_s;
};

/*
 * struct ng -- a stream's state.
 * Shape:  big: byte order of the section. now: whose packets the engine
 *         expects, as an index + 1; 0: nobody's. opening: as received; told:
 *         the one that the output has, which is another while untold. quiet:
 * what is taken off was counted before. tally: what is taken off is counted in
 * its parts.
 */
struct ng {
	struct packet packet;
	struct ng_face *face;
	size_t n, cap, now;
	bool big, untold, quiet;
	struct d4_buf opening, told;
	struct d4_tally *tally;
};

/* One option: code u16 | length u16 | value, padded. */
struct ng_option {
	uint16_t code;
	struct d4_slice value;
};

/* ng_option -- takes the next one. D4_END none, or their end. D4_EMALFORMED. */
D4_USED enum d4_status ng_option(
    const struct ng *g, struct d4_slice *at, struct ng_option *out);

/* ng_put_option -- writes one at w; answers its bytes. Code 0 ends them. */
size_t ng_put_option(
    const struct ng *g, uint8_t *w, uint16_t code, struct d4_slice value);

/*
 * ng_opening -- an opening, known whole by the cutter. What its blocks become
 * is appended, but for the first told bytes of it, which the output has.
 * What is taken off the first `counted` bytes was counted before.
 * Errors: OPENING_TOOBIG, INTERNAL.
 */
struct ng_known {
	size_t told, counted;
};
D4_USED enum d4_reason ng_opening(struct ng *g, struct d4_slice in,
    const struct ng_known *known, struct d4_buf *head);

/* ng_time -- a time in the face's units, as it was and as we write it. */
D4_USED bool ng_time(const struct ng_face *f, uint64_t in, uint64_t *out);

/* ng_stripped -- an option does not leave. */
void ng_stripped(struct ng *g);

#endif
