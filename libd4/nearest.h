/* "Did you mean ...": the nearest known word to one that is not known. */
#ifndef D4_NEAREST_H
#define D4_NEAREST_H

#include <stddef.h>

#define D4_NEAREST_WORD 64u /* characters compared; longer has no nearest */

/*
 * d4_nearest -- the word of a NULL-ended list with the fewest edits
 * (Levenshtein) from `word`, or NULL when all are further than a third of its
 * length (at least 2 edits are always near enough, but never all of it).
 */
const char *d4_nearest(const char *word, const char *const *known);

/*
 * d4_nearest_hint -- "did you mean `x`?" or "known: a, b, c" into out[n]; an
 * empty text when the list is empty. Returns out.
 */
const char *d4_nearest_hint(
    const char *word, const char *const *known, char *out, size_t n);

#endif
