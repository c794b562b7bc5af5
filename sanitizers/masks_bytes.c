/*
 * The bytes that masks.c compares with. They stand in a file of their own, so
 * that the compiler does not know them there: it would make each anew, in
 * three instructions, for every comparison.
 */
#include "sanitizers/masks_bytes.h"

#define FOUR(c)    c, c, c, c
#define SIXTEEN(c) FOUR(c), FOUR(c), FOUR(c), FOUR(c)
#define ROW(c)                                                 \
	{                                                      \
		SIXTEEN(c), SIXTEEN(c), SIXTEEN(c), SIXTEEN(c) \
	}
#define MASKS_ROW(name, c) [name] = ROW(c),

const uint8_t san_masks_byte[MASKS_BYTE_N][SAN_MASKS_LANE] = {
    MASKS_BYTE_LIST(MASKS_ROW)};
