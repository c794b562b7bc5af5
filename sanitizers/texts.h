/* A few texts looked for at once. */
#ifndef SAN_TEXTS_H
#define SAN_TEXTS_H

#include "libd4/prefix.h"

#define SAN_TEXTS      4u
#define SAN_TEXTS_LONG 256u
#define SAN_TEXTS_ROOM D4_ADDR_TEXT /* bytes of the longest, and more */

/*
 * struct san_texts -- of digits, letters in lower case and dots; n: their
 * lengths, 2 at least. The first and the last byte of each is no dot.
 */
struct san_texts {
	char b[SAN_TEXTS][SAN_TEXTS_ROOM];
	size_t n[SAN_TEXTS];
};

/*
 * san_texts_has -- one of them stands in `out`: letters in any case, dashes
 * for dots.
 */
bool san_texts_has(struct d4_slice out, const struct san_texts *t);

/*
 * san_texts_pair -- two bytes stand beside one another, in either order, in
 * SAN_TEXTS_LONG bytes or more.
 */
bool san_texts_pair(struct d4_slice out, uint8_t a, uint8_t b);

/* ..._avx512, _avx2, _plain -- the ways; the first ones where built. */
bool san_texts_avx512(struct d4_slice out, const struct san_texts *t);
bool san_texts_avx2(struct d4_slice out, const struct san_texts *t);
bool san_texts_plain(struct d4_slice out, const struct san_texts *t);
bool san_texts_pair_avx512(struct d4_slice out, uint8_t a, uint8_t b);
bool san_texts_pair_avx2(struct d4_slice out, uint8_t a, uint8_t b);
bool san_texts_pair_plain(struct d4_slice out, uint8_t a, uint8_t b);

#endif
