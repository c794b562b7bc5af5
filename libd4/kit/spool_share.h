/*
 * Bytes that several lanes hold alike: made, summed and kept once, written by
 * each lane into its own segment. What is on disk is the same as ever.
 */
#ifndef KIT_SPOOL_SHARE_H
#define KIT_SPOOL_SHARE_H

#include "libd4/kit/spool.h"

/*
 * struct d4_spool_share -- an entry's data.
 * Shape:  holders: whoever may still read bytes; the writers that queue it,
 *         and who took it. sum, power: for checksums, once summed. free: the
 *         next one in its pool.
 */
struct d4_spool_share {
	struct d4_buf bytes;
	unsigned holders;
	bool summed;
	uint32_t sum, power;
	struct d4_spool_shares *pool;
	struct d4_spool_share *free;
};

/* struct d4_spool_shares -- those that nobody holds; zero at first. */
struct d4_spool_shares {
	struct d4_spool_share *free;
};

/*
 * d4_spool_share_take -- an empty one, held by the caller, with room for n
 * bytes and the limit max. drop: lets go of it; the last holder gives it back
 * to its pool (NULL is legal). d4_spool_shares_fini: once nobody holds any.
 */
D4_USED enum d4_status d4_spool_share_take(struct d4_spool_shares *pool,
    size_t n, size_t max, struct d4_spool_share **out);
void d4_spool_share_drop(struct d4_spool_share *s);
void d4_spool_shares_fini(struct d4_spool_shares *pool);

/*
 * d4_spool_append_share -- as d4_spool_append: e->data is all of s's bytes.
 * They must not change from now on; the writer holds s until they are
 * committed or dropped.
 */
D4_USED enum d4_status d4_spool_append_share(struct d4_spool_writer *w,
    const struct d4_spool_entry *e, struct d4_spool_share *s);

#endif
