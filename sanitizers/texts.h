/* A few texts looked for at once. */
#ifndef SAN_TEXTS_H
#define SAN_TEXTS_H

#include "libd4/slice.h"

#define SAN_TEXTS      4u
#define SAN_TEXTS_ROOM 16u /* bytes of the longest */

/* Texts of digits and marks, letters in lower case; n: their lengths, not 0. */
struct san_texts {
	char b[SAN_TEXTS][SAN_TEXTS_ROOM];
	size_t n[SAN_TEXTS];
};

/*
 * san_texts_may -- a bit for each that may stand in `out`, in any case: its
 * first two bytes and its last one stand so somewhere. Rather too many: of one
 * byte always.
 */
unsigned san_texts_may(struct d4_slice out, const struct san_texts *t);

/* san_texts_avx2, san_texts_plain -- the two ways; the first where built. */
unsigned san_texts_avx2(struct d4_slice out, const struct san_texts *t);
unsigned san_texts_plain(struct d4_slice out, const struct san_texts *t);

#endif
