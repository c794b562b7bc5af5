#include <assert.h>
#include "libd4/tally.h"

static const enum d4_reason tally_parts[D4_PARTS] = {
    D4_R_NONE,
    D4_R_PCAPNG_OPTION,
    D4_R_IPFIX_TEMPLATE,
    D4_R_IPFIX_OPTIONS,
    D4_R_IPFIX_SET,
    D4_R_SCOPE_MISS,
    D4_R_CONCERNS_MISS,
    D4_R_ADDR_DROP,
    D4_R_INTO_CONFLICT,
    D4_R_TIME_VALUE,
    D4_R_SELFCHECK,
};

enum d4_reason
d4_part_reason(size_t i)
{
	assert(i < D4_PARTS);
	return tally_parts[i];
}

void
d4_tally_part(struct d4_tally *t, enum d4_reason why, uint64_t n)
{
	size_t i = 0;

	while (i < D4_PARTS && tally_parts[i] != why)
		i++;
	assert(i < D4_PARTS);
	t->parts[i] += n;
}

void
d4_tally_add(struct d4_tally *a, const struct d4_tally *b)
{
	a->in += b->in;
	a->quarantined += b->quarantined;
	for (unsigned r = 0; r < D4_REASON_MAX; r++) {
		a->records[r] += b->records[r];
		a->bytes[r] += b->bytes[r];
	}
	for (unsigned i = 0; i < D4_PARTS; i++)
		a->parts[i] += b->parts[i];
}

uint64_t
d4_tally_withheld(const struct d4_tally *t)
{
	uint64_t sum = 0;

	for (unsigned r = D4_R_NONE + 1; r < D4_REASON_MAX; r++)
		sum += t->records[r];
	return sum;
}
