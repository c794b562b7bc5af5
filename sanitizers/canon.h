/* The canonical form of steps, whose SHA-256 names a pipeline. */
#ifndef SAN_CANON_H
#define SAN_CANON_H

#include "libd4/prefix.h"
#include "libd4/yaml.h"

#define SAN_CANON_MAX (16u << 20) /* bytes of the canonical form */
#define SAN_HASH_TEXT 65u         /* SHA-256 in hex, NUL included */

/*
 * san_canon_node -- appends a node as JSON without white space: map keys in
 * byte order, every scalar a string. Errors: as d4_buf_add.
 */
D4_USED enum d4_status san_canon_node(
    const struct d4_yaml *n, struct d4_buf *out);

/* san_canon_network -- appends a network's name and prefixes. */
D4_USED enum d4_status san_canon_network(
    const char *name, const struct d4_prefix_set *set, struct d4_buf *out);

/* san_canon_hash -- SHA-256 of text in hex. Errors: D4_ECRYPTO. */
D4_USED enum d4_status san_canon_hash(
    struct d4_slice text, char out[SAN_HASH_TEXT]);

#endif
