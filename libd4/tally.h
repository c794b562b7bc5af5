/* Counters per reason: how many records and bytes went which way. */
#ifndef D4_TALLY_H
#define D4_TALLY_H

#include <stddef.h>
#include <stdint.h>
#include "libd4/reason.h"

#define D4_PARTS 11u /* reasons that a part can be withheld for, and NONE */

/*
 * struct d4_tally -- in = forward + drop + quarantine, in records, always.
 * Shape:  records[r], bytes[r]: what was withheld for reason r.
 *         D4_R_NONE counts what was released (forward).
 *         quarantined: the part of records[] that was quarantined.
 *         parts[i]: parts of records that left (D4_R_NONE) or did not, see
 *         d4_part_reason: flows of IPFIX messages, options of pcapng blocks.
 *         A record can leave without some of its parts.
 */
struct d4_tally {
	uint64_t in;
	uint64_t quarantined;
	uint64_t records[D4_REASON_MAX];
	uint64_t bytes[D4_REASON_MAX];
	uint64_t parts[D4_PARTS];
};

/* d4_part_reason -- what parts[i] counts; i < D4_PARTS. */
enum d4_reason d4_part_reason(size_t i);

/* d4_tally_part -- n parts more; why is one of d4_part_reason's. */
void d4_tally_part(struct d4_tally *t, enum d4_reason why, uint64_t n);

/* d4_tally_add -- adds every counter of b to a. */
void d4_tally_add(struct d4_tally *a, const struct d4_tally *b);

/* d4_tally_withheld -- dropped plus quarantined records. */
uint64_t d4_tally_withheld(const struct d4_tally *t);

#endif
