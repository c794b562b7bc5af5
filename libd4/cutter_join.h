/* What cutters of items that say their length have in common. */
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

#endif
