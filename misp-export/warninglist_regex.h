/*
 * Patterns of a warninglist, as MISP asks them: PHP's preg_match, with their
 * delimiters and modifiers ("/^a\.b$/i"), in bounded time. Pure.
 */
#ifndef MISP_WARNINGLIST_REGEX_H
#define MISP_WARNINGLIST_REGEX_H

#include <jansson.h>
#include "libd4/slice.h"

#define WARN_PATTERNS 10000u /* of a list */

struct san_regex;

/*
 * struct warn_regex -- odd: entries that are not a pattern that we take; why:
 * of the first of them. limits: questions that a limit ended: nobody knows, and
 * the value counts as not in the list.
 */
struct warn_regex {
	struct san_regex **at;
	size_t n, odd;
	char why[128];
	uint64_t limits;
};

/*
 * warn_regex_init -- of a JSON list of strings; warn_regex_fini also after an
 * error. Errors: D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status warn_regex_init(
    struct warn_regex *r, const json_t *list);
void warn_regex_fini(struct warn_regex *r);

bool warn_regex_has(struct warn_regex *r, const char *value);

#endif
