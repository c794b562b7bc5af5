/* The canonical JSON form of a policy, whose SHA-256 names it. */
#ifndef POL_CANONICAL_H
#define POL_CANONICAL_H

#include <jansson.h>
#include "policies/pol.h"

#define POL_CANONICAL_MAX (64u << 20)

/* pol_canonical_hash -- SHA-256 of pol_canonical, in hex with NUL. */
D4_USED enum d4_status pol_canonical_hash(const struct pol *p, char hex[65]);

/* Below: new JSON values, NULL out of memory. */
json_t *pol_json_source(const struct pol *p, const struct pol_source *s);
json_t *pol_json_partner(const struct pol_peer *peer);
json_t *pol_json_pipeline(const struct pol_pipe *pipe);
json_t *pol_json_share(const struct pol_rule *r);
json_t *pol_json_deny(const struct pol_deny *d);

/* pol_json_uuid -- its text. */
json_t *pol_json_uuid(const struct d4_uuid *u);

/* pol_json_words -- a list of texts; empty where none is written. */
json_t *pol_json_words(const struct d4_yaml *list);

/* pol_json_prefixes -- a list of texts. */
json_t *pol_json_prefixes(const struct d4_prefix_set *set);

/*
 * pol_json_dump -- appends the JSON text. On error *out is as long as before.
 * Errors: D4_ENOMEM, D4_ETOOBIG over out's limit.
 */
D4_USED enum d4_status pol_json_dump(
    const json_t *v, size_t flags, struct d4_buf *out);

/*
 * pol_json_put -- sets a member, taking the value. False: out of memory,
 * also when the value is NULL for that reason.
 */
D4_USED bool pol_json_put(json_t *object, const char *key, json_t *taken);

#endif
