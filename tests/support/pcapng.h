/* Small pcapng files made for tests, in both byte orders. */
#ifndef TEST_PCAPNG_H
#define TEST_PCAPNG_H

#include <stdint.h>
#include <string.h>

/* struct png_out -- bytes written so far; the array is the caller's. */
struct png_out {
	uint8_t *p;
	size_t n;
	bool big;
};

static inline void
png_put32(struct png_out *o, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		o->p[o->n++] = (uint8_t)(v >> (o->big ? 24 - 8 * i : 8 * i));
}

static inline void
png_put16(struct png_out *o, uint16_t v)
{
	o->p[o->n++] = (uint8_t)(o->big ? v >> 8 : v);
	o->p[o->n++] = (uint8_t)(o->big ? v : v >> 8);
}

/* Bytes of `fill`, and zeros up to a multiple of four. */
static inline void
png_fill(struct png_out *o, uint32_t n, uint8_t fill)
{
	memset(o->p + o->n, fill, n);
	memset(o->p + o->n + n, 0, 3);
	o->n += (n + 3) / 4 * 4;
}

/* png_put_section -- a header; its length is "unknown", or `length`. */
static inline void
png_put_section(struct png_out *o, uint64_t length)
{
	png_put32(o, 0x0a0d0d0a);
	png_put32(o, 28);
	png_put32(o, 0x1a2b3c4d);
	png_put16(o, 1);
	png_put16(o, 0);
	png_put32(o, (uint32_t)(o->big ? length >> 32 : length));
	png_put32(o, (uint32_t)(o->big ? length : length >> 32));
	png_put32(o, 28);
}

/* png_put_interface -- with a comment of n bytes, so that it may be long. */
static inline void
png_put_interface(
    struct png_out *o, uint16_t link, uint32_t snaplen, uint16_t n)
{
	uint32_t len = 20 + (n != 0 ? 4u + (n + 3u) / 4 * 4 : 0);

	png_put32(o, 1);
	png_put32(o, len);
	png_put16(o, link);
	png_put16(o, 0);
	png_put32(o, snaplen);
	if (n != 0) {
		png_put16(o, 1);
		png_put16(o, n);
		png_fill(o, n, 'c');
	}
	png_put32(o, len);
}

/* png_put_packet -- enhanced, of n bytes of fill. */
static inline void
png_put_packet(struct png_out *o, uint32_t face, uint32_t n, uint8_t fill)
{
	uint32_t len = 32 + (n + 3) / 4 * 4;

	png_put32(o, 6);
	png_put32(o, len);
	png_put32(o, face);
	png_put32(o, 0x00060c4f);
	png_put32(o, 0x1a2b3c4d);
	png_put32(o, n);
	png_put32(o, n);
	png_fill(o, n, fill);
	png_put32(o, len);
}

/* png_put_simple -- a simple packet of `len` bytes, n of them captured. */
static inline void
png_put_simple(struct png_out *o, uint32_t len, uint32_t n)
{
	uint32_t all = 16 + (n + 3) / 4 * 4;

	png_put32(o, 3);
	png_put32(o, all);
	png_put32(o, len);
	png_fill(o, n, 's');
	png_put32(o, all);
}

/* png_put_block -- any type, n bytes of body. */
static inline void
png_put_block(struct png_out *o, uint32_t type, uint32_t n)
{
	uint32_t len = 12 + (n + 3) / 4 * 4;

	png_put32(o, type);
	png_put32(o, len);
	png_fill(o, n, 0);
	png_put32(o, len);
}

#endif
