/*
 * A text in pieces of 64 bytes, each byte asked once what it is: a bit a byte
 * and kind. What may begin where is then a matter of shifts, for 64 positions
 * at a time (as simdjson does it; Langdale and Lemire 2019, "Parsing gigabytes
 * of JSON per second", section 3.1).
 */
#ifndef SAN_MASKS_H
#define SAN_MASKS_H

#include "libd4/slice.h"

#define SAN_PIECE       ((size_t)64)
#define SAN_MASKS_AHEAD ((size_t)4) /* bytes behind a piece that are read */
#define SAN_MASKS_ENDS  6u          /* bytes that are looked for one by one */

enum san_mask {
	SAN_MASK_DIGIT,
	SAN_MASK_HEX,  /* digits, too */
	SAN_MASK_HEAD, /* 2 3 4 6, see sweep_heads */
	SAN_MASK_WORD, /* digits and letters */
	SAN_MASK_COLON,
	SAN_MASK_DASH,    /* or an underscore */
	SAN_MASK_BRACKET, /* of any kind */
	SAN_MASK_LETTERS, /* "do" and "rp", in any case, begin here */
	SAN_MASK_END,     /* one of the bytes of `ends` */
	SAN_MASK_CODED,   /* NUL \ % and what is not ASCII */
	SAN_MASK_ASK,     /* & and = */
	SAN_MASK_BASE64,  /* L to O */
	SAN_MASK_SAME3,   /* three bytes behind stands the same */
	SAN_MASK_SAME4,
	SAN_MASKS,
};

struct san_masks {
	uint64_t of[SAN_MASKS];
};

/* The bytes that SAN_MASK_END knows, in lower case, each as a vector. */
struct san_ends {
	unsigned n;
	uint8_t c[SAN_MASKS_ENDS][SAN_PIECE];
};

/*
 * san_masks_of -- the kinds of p[0..64); 4 bytes behind are read. Bit 0 is the
 * first byte. 32 bytes at a time where the processor can.
 */
void san_masks_of(
    const uint8_t *p, const struct san_ends *ends, struct san_masks *out);

/* san_masks_avx512, _avx2, _plain -- the ways; the first ones where built. */
void san_masks_avx512(
    const uint8_t *p, const struct san_ends *ends, struct san_masks *out);
void san_masks_avx2(
    const uint8_t *p, const struct san_ends *ends, struct san_masks *out);
void san_masks_plain(
    const uint8_t *p, const struct san_ends *ends, struct san_masks *out);

#endif
