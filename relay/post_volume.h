/*
 * How much of their daily volume share rules have used, kept across restarts in
 * CURSORS/PARTNER/volume.json: {"v":1,"day":D,"used":{"rule":bytes}}.
 */
#ifndef RELAY_POST_VOLUME_H
#define RELAY_POST_VOLUME_H

#include "libd4/slice.h"
#include "relay/post_limit.h"

#define POST_VOLUME_MAX (1u << 20) /* bytes of the file */

/* The use of one share rule's limits; all its lanes have the same. */
struct post_rule {
	char rule[65];
	struct limit limit;
};

struct post_rules {
	struct post_rule *list;
	size_t n;
};

struct post_rule *post_rules_find(const struct post_rules *r, const char *rule);

/*
 * post_volume_text -- the file's text, appended; rules that used something on
 * that day only. Errors: D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status post_volume_text(
    const struct post_rules *r, uint64_t day, struct d4_buf *out);

/*
 * post_volume_parse -- *out: the rules of the file with day and use.
 * Errors: D4_EMALFORMED, D4_EVERSION, D4_ENOMEM; *out is untouched.
 * Owns:   out->list is the caller's.
 */
D4_USED enum d4_status post_volume_parse(
    struct d4_slice text, struct post_rules *out);

#endif
