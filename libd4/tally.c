#include "libd4/tally.h"

void
d4_tally_add(struct d4_tally *a, const struct d4_tally *b)
{
	a->in += b->in;
	a->quarantined += b->quarantined;
	for (unsigned r = 0; r < D4_REASON_MAX; r++) {
		a->records[r] += b->records[r];
		a->bytes[r] += b->bytes[r];
	}
}

uint64_t
d4_tally_withheld(const struct d4_tally *t)
{
	uint64_t sum = 0;

	for (unsigned r = D4_R_NONE + 1; r < D4_REASON_MAX; r++)
		sum += t->records[r];
	return sum;
}
