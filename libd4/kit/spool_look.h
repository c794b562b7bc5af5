/* Where in a lane a reader is, for reporting damage to people. */
#ifndef KIT_SPOOL_LOOK_H
#define KIT_SPOOL_LOOK_H

#include "libd4/kit/spool.h"

/*
 * Where in a lane: bytes from the front of the segment of that first seq.
 * stored: bytes that the entry has in the file; packed: as zstd.
 */
struct d4_spool_where {
	uint64_t segment, offset;
	size_t stored;
	bool packed;
};

/* d4_spool_where -- where what d4_spool_next answered last begins. */
struct d4_spool_where d4_spool_where(const struct d4_spool_reader *r);

/*
 * d4_spool_left -- bytes behind the last valid entry, after D4_AGAIN; whole:
 * they are not an entry that is being written, but a damaged one.
 */
size_t d4_spool_left(const struct d4_spool_reader *r, bool *whole);

#endif
