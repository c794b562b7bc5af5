/* The breaker of one stream to one partner: our own doubt stops it. */
#ifndef SAN_BREAKER_H
#define SAN_BREAKER_H

#include <stdbool.h>
#include "libd4/tally.h"

#define SAN_SEEN_MIN 1000u /* records before a rate says anything */
#define SAN_HIT_RATE 1000u /* more than one hit in so many opens it */

/*
 * struct san_breaker -- open when why is not D4_R_NONE.
 * base_in, base_hits: the stream's tally when it was last closed.
 */
struct san_breaker {
	enum d4_reason why;
	uint64_t base_in;
	uint64_t base_hits;
};

/*
 * san_breaker_note -- after each record: `why` it was withheld, or
 * D4_R_NONE. A canary or an internal error opens at once, self-check hits by
 * their rate, malformed input never. Asked at every record, so that the
 * moment cannot depend on how the input was cut.
 */
void san_breaker_note(
    struct san_breaker *b, const struct d4_tally *t, enum d4_reason why);

/*
 * san_breaker_calm -- it is closed, and no number of records that are released
 * from here on can open it: with each of them the rate of hits falls, and it
 * is not too high now, or will not be when it first says anything.
 */
static inline bool
san_breaker_calm(const struct san_breaker *b, const struct d4_tally *t)
{
	uint64_t seen = t->in - b->base_in;
	uint64_t hits = t->records[D4_R_SELFCHECK] - b->base_hits;

	seen = seen < SAN_SEEN_MIN ? SAN_SEEN_MIN : seen;
	return b->why == D4_R_NONE && hits * SAN_HIT_RATE <= seen;
}

/* san_breaker_open -- as it was in an earlier life; why: not D4_R_NONE. */
void san_breaker_open(struct san_breaker *b, enum d4_reason why);

/* san_breaker_close -- an operator closes it; counting begins anew. */
void san_breaker_close(struct san_breaker *b, const struct d4_tally *t);

#endif
