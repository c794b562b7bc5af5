/* One warninglist in memory: words in one piece, prefixes, or patterns. */
#ifndef MISP_WARNINGLIST_SET_H
#define MISP_WARNINGLIST_SET_H

#include <jansson.h>
#include "libd4/prefix.h"
#include "misp-export/warninglist_regex.h"

enum warn_kind {
	WARN_STRING,
	WARN_SUBSTRING,
	WARN_HOSTNAME,
	WARN_CIDR,
	WARN_REGEX
};

/*
 * struct warn_set
 * Shape:  words: NUL-terminated, one behind another. slot: offsets + 1 into
 *         words, 0 free; n_slots a power of two. net: for WARN_CIDR. regex: for
 * WARN_REGEX.
 */
struct warn_set {
	enum warn_kind kind;
	struct d4_buf words;
	uint32_t *slot;
	size_t n_slots, n;
	struct d4_prefix_set net;
	struct warn_regex regex;
};

/*
 * warn_set_init -- of a JSON list of strings; what is none of the kind is left
 * out. warn_set_fini also after an error.
 * Errors: D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status warn_set_init(
    struct warn_set *s, enum warn_kind kind, const json_t *list);
void warn_set_fini(struct warn_set *s);

/* warn_set_has -- a value, as MISP asks a list of that kind. */
bool warn_set_has(struct warn_set *s, const char *value);

#endif
