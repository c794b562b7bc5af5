/* Words in a step: one of a list, and what it stands for. */
#ifndef SAN_WORD_H
#define SAN_WORD_H

#include "libd4/yaml.h"

struct san_suffixes;

/* A NULL-ended list of these. */
struct san_word {
	const char *text;
	int value;
};

/*
 * san_word -- the value of a scalar that must be one of the words.
 * Errors: D4_EINVAL with *diag; *out is untouched.
 */
D4_USED enum d4_status san_word(const struct d4_yaml *n,
    const struct san_word *words, struct d4_diag *diag, int *out);

/* san_item -- the i-th item, a scalar being a list of one; NULL past the end.
 */
const struct d4_yaml *san_item(const struct d4_yaml *n, size_t i);

/*
 * san_word_names -- adds a name of the DNS, or a list of them, to a set.
 * Errors: D4_EINVAL with *diag.  D4_ENOMEM.
 */
D4_USED enum d4_status san_word_names(
    const struct d4_yaml *n, struct d4_diag *diag, struct san_suffixes *set);

#endif
