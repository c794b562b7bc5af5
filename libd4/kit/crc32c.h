/* CRC-32C (Castagnoli), RFC 3720 section 12.1. */
#ifndef KIT_CRC32C_H
#define KIT_CRC32C_H

#include "libd4/slice.h"

/*
 * d4_crc32c -- Castagnoli, continued from crc (0 to begin). portable: the
 * same without the CPU's instruction.
 */
uint32_t d4_crc32c(uint32_t crc, struct d4_slice bytes);
uint32_t d4_crc32c_portable(uint32_t crc, struct d4_slice bytes);

/*
 * d4_crc32c_join -- of `front` and what follows it, from front's sum, and the
 * sum (begun with 0) and d4_crc32c_power of the length of what follows.
 */
uint32_t d4_crc32c_join(uint32_t front, uint32_t sum, uint32_t power);
uint32_t d4_crc32c_power(size_t n);

#endif
