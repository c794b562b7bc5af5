/* The self-check of texts: which addresses stood in a record, do they still? */
#ifndef SAN_LEAK_H
#define SAN_LEAK_H

#include "sanitizers/addr.h"
#include "sanitizers/find_sweep.h"
#include "sanitizers/selfcheck.h"

#define SAN_LEAK_FIXED 8u /* addresses of a record that map to themselves */

/*
 * struct san_leak -- what a stream keeps for it.
 * Shape:  addr: the step, borrowed; NULL or without a scope: nothing is
 *         looked for. Of the record under way: fixed[0..n_fixed) the step
 * leaves as they are; check: those of the scope that stood in it. cuts: new
 * text is made of parts of the old, so any address of the scope counts, not
 * only those that stood there ("10.1.2.34" cut to "10.1.2.3").
 */
struct san_leak {
	const struct san_addr *addr;
	unsigned n_fixed;
	struct d4_addr fixed[SAN_LEAK_FIXED];
	struct san_check check;
	bool cuts;
};

/* san_leak_init -- addr may be NULL. san_leak_begin -- a new record. */
void san_leak_init(struct san_leak *l, const struct san_addr *addr);
void san_leak_begin(struct san_leak *l);

/* san_leak_on -- there is a scope to look for. */
bool san_leak_on(const struct san_leak *l);

/*
 * san_leak_fixed -- a replacement that is of the scope by the step's will,
 * such as 10.1.2.0 for a masked address, is no leak. Others are not noted.
 */
void san_leak_fixed(struct san_leak *l, const struct d4_addr *a);

/* san_leak_note -- the scope's addresses in an original text; some were. */
bool san_leak_note(struct san_leak *l, struct d4_slice text);

/*
 * san_leak_find -- what is of the scope and counts, in what was made of a
 * record: enum san_found. PLAIN is always told.
 */
unsigned san_leak_find(struct san_leak *l, struct d4_slice made);

/*
 * san_leak_judge -- one that was noted stands in what was made of it, of which
 * san_leak_find said `found`.
 * What is still spelled as reverse name, hex digits or number
 * (san_find_hidden) counts as well, but may have come by chance, more often
 * than the breaker bears: such a record is a plain drop.
 * Answers: D4_R_NONE, D4_R_SELFCHECK, D4_R_ADDR_DROP.
 */
D4_USED enum d4_reason san_leak_judge(
    struct san_leak *l, struct d4_slice made, unsigned found);

#endif
