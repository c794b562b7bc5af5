/* Regular expressions of an operator, bounded in time and memory. */
#ifndef SAN_TEXT_REGEX_H
#define SAN_TEXT_REGEX_H

#include <stdbool.h>
#include "libd4/slice.h"
#include "libd4/status.h"

#define SAN_REGEX_MAX   1024u   /* bytes of a pattern */
#define SAN_REGEX_MATCH 100000u /* PCRE2's match limit */
#define SAN_REGEX_DEPTH 1000u
#define SAN_REGEX_HEAP  8192u /* KiB */
#define SAN_REGEX_WHY   128u

struct san_regex;

/*
 * san_regex_new -- compiles a PCRE2 pattern over bytes, with JIT where there
 * is one. \C and callouts are refused.
 * Errors: D4_EINVAL why says what is wrong.  D4_ENOMEM.
 */
D4_USED enum d4_status san_regex_new(
    const char *pattern, char why[SAN_REGEX_WHY], struct san_regex **out);
void san_regex_free(struct san_regex *r);

/* What one search can say. */
enum san_regex_found {
	SAN_REGEX_NONE,
	SAN_REGEX_MATCHED,
	SAN_REGEX_LIMIT, /* a limit was reached: nobody knows */
};

/*
 * san_regex_find -- the next match from `from` on: of the first group when
 * the pattern has one and it took part, else the whole match. An empty one
 * is none. *end is where to go on.
 */
enum san_regex_found san_regex_find(const struct san_regex *r,
    struct d4_slice text, size_t from, struct d4_slice *out, size_t *end);

#endif
