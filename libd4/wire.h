/* Numbers in wire order; the caller has checked that the bytes are there. */
#ifndef D4_WIRE_H
#define D4_WIRE_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t
d4_get_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint16_t
d4_get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
d4_get_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static inline uint32_t
d4_get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint64_t
d4_get_le64(const uint8_t *p)
{
	return d4_get_le32(p) | (uint64_t)d4_get_le32(p + 4) << 32;
}

static inline uint64_t
d4_get_be64(const uint8_t *p)
{
	return (uint64_t)d4_get_be32(p) << 32 | d4_get_be32(p + 4);
}

/*
 * One store each: of neighbours written byte by byte a compiler may make one
 * wide store, behind which a reader of four bytes waits.
 */
static inline void
d4_put_be16(uint8_t *p, uint16_t v)
{
	v = htobe16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void
d4_put_be32(uint8_t *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void
d4_put_be64(uint8_t *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
}

static inline void
d4_put_le32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void
d4_put_le64(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

/* The same in the order that a file says: big-endian or little-endian. */
static inline uint16_t
d4_get_16(bool big, const uint8_t *p)
{
	return big ? d4_get_be16(p) : d4_get_le16(p);
}

static inline uint32_t
d4_get_32(bool big, const uint8_t *p)
{
	return big ? d4_get_be32(p) : d4_get_le32(p);
}

static inline void
d4_put_16(bool big, uint8_t *p, uint16_t v)
{
	d4_put_be16(p, big ? v : __builtin_bswap16(v));
}

static inline void
d4_put_32(bool big, uint8_t *p, uint32_t v)
{
	if (big)
		d4_put_be32(p, v);
	else
		d4_put_le32(p, v);
}

#endif
