#include "sanitizers/breaker.h"

static bool
breaker_rate(const struct san_breaker *b, const struct d4_tally *t)
{
	uint64_t seen = t->in - b->base_in;
	uint64_t hits = t->records[D4_R_SELFCHECK] - b->base_hits;

	return seen >= SAN_SEEN_MIN && hits * SAN_HIT_RATE > seen;
}

void
san_breaker_note(
    struct san_breaker *b, const struct d4_tally *t, enum d4_reason why)
{
	if (b->why != D4_R_NONE)
		return;
	if (why != D4_R_SELFCHECK && d4_reason_class(why) == D4_CLASS_INTERNAL)
		b->why = why;
	else if (breaker_rate(b, t))
		b->why = D4_R_SELFCHECK;
}

void
san_breaker_open(struct san_breaker *b, enum d4_reason why)
{
	if (b->why == D4_R_NONE)
		b->why = why;
}

void
san_breaker_close(struct san_breaker *b, const struct d4_tally *t)
{
	b->why = D4_R_NONE;
	b->base_in = t->in;
	b->base_hits = t->records[D4_R_SELFCHECK];
}
