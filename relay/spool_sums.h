/* What a partner's airlock holds, added up; only reads. */
#ifndef RELAY_SPOOL_SUMS_H
#define RELAY_SPOOL_SUMS_H

#include <stdint.h>
#include "libd4/status.h"
#include "relay/conf.h"

/*
 * struct spool_sums -- of one partner.
 * Shape:  entries, records, bytes: on disk. packed: of those as zstd, and what
 *         they are unpacked. waiting: not sent yet; held: of those, by a delay
 *         or an embargo, the first of them until held_until; unreleased: of
 *         those, in lanes that the policy does not release now.
 * Units:  oldest, held_until, expires_next: seconds since 1970, 0 none.
 */
struct spool_sums {
	uint64_t lanes, segments, bytes, entries, records, damages;
	uint64_t packed_entries, packed_bytes, plain_bytes;
	uint64_t waiting_entries, waiting_records, oldest;
	uint64_t held_entries, held_records, held_until;
	uint64_t unreleased_records, expires_next;
};

/*
 * spool_sums_read -- reads every entry of the partner's lanes; a running relay
 * may be at work in them. False: something could not be read.
 */
D4_USED bool spool_sums_read(
    const struct relay_conf *c, const char *partner, struct spool_sums *out);

#endif
