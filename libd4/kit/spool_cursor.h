/* How far post went in a lane: a small file that post writes, wash reads. */
#ifndef KIT_SPOOL_CURSOR_H
#define KIT_SPOOL_CURSOR_H

#include <stdint.h>
#include "libd4/status.h"

/*
 * struct d4_spool_cursor -- how far a lane went, in entry seq.
 * sent >= acked >= confirmed. _part: so many records of the entry behind it
 * are sent, acked, confirmed too (a session can end inside an entry).
 * _records: the same three in records, each sent record counted once (resent
 * counts repeats). maybe_lost: sent, given up
 * without a confirmation. expired, damaged, toobig, withheld: records that
 * were not sent, and why (spool.expired, spool.damaged, wire.toobig,
 * send.recheck). gone: wash took them away before they were sent, and has
 * accounted for them. stuck: first seq of the segment at whose end post met
 * bytes that are not an entry (0: none, 1.. as its name).
 */
struct d4_spool_cursor {
	uint64_t sent, acked, confirmed;
	uint64_t sent_part, acked_part, confirmed_part;
	uint64_t sent_records, acked_records, confirmed_records;
	uint64_t maybe_lost, resent;
	uint64_t expired, damaged, toobig, withheld, gone;
	uint64_t stuck;
};

/* By rename and fsync. Errors: D4_EIO, D4_ENOSPC; D4_ENOENT on load. */
D4_USED enum d4_status d4_spool_cursor_save(
    const char *path, const struct d4_spool_cursor *c);
D4_USED enum d4_status d4_spool_cursor_load(
    const char *path, struct d4_spool_cursor *c);

#endif
