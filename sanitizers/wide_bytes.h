/* Vectors of wide.h asked for the bytes of masks_bytes.h. */
#ifndef SAN_WIDE_BYTES_H
#define SAN_WIDE_BYTES_H

#include "sanitizers/masks.h"
#include "sanitizers/masks_bytes.h"
#include "sanitizers/wide.h"

#define WIDE_PARTS (SAN_PIECE / WIDE_BYTES)

WIDE_INLINE WIDE
wide_byte(enum masks_byte c)
{
	return wide_load(san_masks_byte[c]);
}

WIDE_INLINE WIDE_MASK
wide_is(WIDE x, enum masks_byte c)
{
	return wide_eq(x, wide_byte(c));
}

/* wide_in -- so far behind a byte, at most. */
WIDE_INLINE WIDE_MASK
wide_in(WIDE x, enum masks_byte from, enum masks_byte to)
{
	return wide_le(x - wide_byte(from), wide_byte(to));
}

/* wide_ends -- one of the bytes of `ends`; low: in lower case. */
WIDE_INLINE WIDE_MASK
wide_ends(WIDE low, const struct san_ends *ends)
{
	WIDE_MASK end = wide_none();

	for (unsigned k = 0; k < ends->n && k < SAN_MASKS_ENDS; k++)
		end |= wide_eq(low, wide_load(ends->c[k]));
	return end;
}

#endif
