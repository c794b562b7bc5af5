/* Counters per reason: how many records and bytes went which way. */
#ifndef D4_TALLY_H
#define D4_TALLY_H

#include <stdint.h>
#include "libd4/reason.h"

/*
 * struct d4_tally -- in = forward + drop + quarantine, in records, always.
 * Shape:  records[r], bytes[r]: what was withheld for reason r.
 *         D4_R_NONE counts what was released (forward).
 *         quarantined: the part of records[] that was quarantined.
 */
struct d4_tally {
	uint64_t in;
	uint64_t quarantined;
	uint64_t records[D4_REASON_MAX];
	uint64_t bytes[D4_REASON_MAX];
};

/* d4_tally_add -- adds every counter of b to a. */
void d4_tally_add(struct d4_tally *a, const struct d4_tally *b);

/* d4_tally_withheld -- dropped plus quarantined records. */
uint64_t d4_tally_withheld(const struct d4_tally *t);

#endif
