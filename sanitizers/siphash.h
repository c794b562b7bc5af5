/*
 * SipHash-2-4 with 128 bits: a fast keyed hash for tables that strangers
 * fill. Pseudonyms that leave the house are HMACs; this never leaves.
 */
#ifndef SAN_SIPHASH_H
#define SAN_SIPHASH_H

#include "libd4/slice.h"

#define SAN_SIP_KEY 16u

/*
 * san_siphash -- two words of 64 bits, as the reference gives them.
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF".
 */
void san_siphash(
    const uint8_t key[SAN_SIP_KEY], struct d4_slice in, uint64_t out[2]);

#endif
