/* What cutters have in common: the unfinished record that they hold. */
#ifndef D4_CUTTER_JOIN_H
#define D4_CUTTER_JOIN_H

#include "libd4/cutter.h"

/*
 * d4_cutter_join -- moves bytes of *in to held until one item is whole.
 * need: how many bytes the item at the start of s has, or must have at least
 * before more can be said; s may be empty.
 * Errors: D4_AGAIN *in is used up before.  need's.  D4_ENOMEM.  D4_ETOOBIG.
 */
D4_USED enum d4_status d4_cutter_join(struct d4_cutter *c, struct d4_buf *held,
    enum d4_status (*need)(struct d4_cutter *c, struct d4_slice s, size_t *n),
    struct d4_slice *in);

/*
 * d4_cutter_left -- what a finish answers when left bytes were unfinished:
 * D4_OK none, D4_ETRUNC they are one partial record, *out.
 */
D4_USED enum d4_status d4_cutter_left(uint64_t left, struct d4_run *out);

#endif
