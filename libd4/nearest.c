#include <stdio.h>
#include <string.h>
#include "libd4/nearest.h"

#define FAR (D4_NEAREST_WORD * 2)

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein's distance by one row; FAR where a word is too long. */
static unsigned
edits(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b), i, j;
	unsigned row[D4_NEAREST_WORD + 1], diagonal, above;

	if (na > D4_NEAREST_WORD || nb > D4_NEAREST_WORD)
		return FAR;
	for (j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (i = 1; i <= na; i++) {
		diagonal = row[0];
		row[0] = (unsigned)i;
		for (j = 1; j <= nb; j++) {
			above = row[j];
			row[j] = min3(above + 1, row[j - 1] + 1,
			    diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[nb];
}

const char *
d4_nearest(const char *word, const char *const *known)
{
	unsigned limit = (unsigned)strlen(word) / 3, best, d;
	const char *nearest = NULL;

	if (limit < 2)
		limit = 2;
	best = limit + 1;
	for (; *known != NULL; known++) {
		d = edits(word, *known);
		if (d < best && d < strlen(*known)) {
			best = d;
			nearest = *known;
		}
	}
	return nearest;
}

const char *
d4_nearest_hint(const char *word, const char *const *known, char *out, size_t n)
{
	const char *nearest = d4_nearest(word, known);
	size_t used;

	out[0] = '\0';
	if (nearest != NULL) {
		(void)snprintf(out, n, "did you mean `%s`?", nearest);
		return out;
	}
	for (; *known != NULL; known++) {
		used = strlen(out);
		(void)snprintf(out + used, n - used, "%s%s",
		    used == 0 ? "known: " : ", ", *known);
	}
	return out;
}
