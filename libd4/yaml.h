/*
 * The strict YAML subset of policies and configurations: a bounded tree with
 * line and column of every node. Scalars stay text; the schema types them.
 */
#ifndef D4_YAML_H
#define D4_YAML_H

#include <stdbool.h>
#include <stdint.h>
#include "libd4/diag.h"
#include "libd4/slice.h"

#define D4_YAML_BYTES (4u << 20) /* of a file */
#define D4_YAML_NODES 200000u    /* in a file */
#define D4_YAML_DEPTH 16u        /* of nesting */

enum d4_yaml_kind { D4_YAML_SCALAR, D4_YAML_LIST, D4_YAML_MAP };

/*
 * struct d4_yaml -- one node.
 * Shape:  SCALAR: text (NUL-terminated UTF-8 without control characters but
 *         tab and newline), quoted says whether it was written in quotes.
 *         LIST: item[0..n). MAP: key[i] (a SCALAR node) -> item[i], in file
 *         order, keys unique.
 * Owns:   the tree belongs to its root; d4_yaml_free(root) frees all of it.
 */
struct d4_yaml {
	enum d4_yaml_kind kind;
	bool quoted;
	struct d4_mark at;
	char *text;
	size_t n;
	struct d4_yaml **key;
	struct d4_yaml **item;
};

/*
 * d4_yaml_parse -- reads one document.
 * Errors: D4_EINVAL with *diag filled: syntax, anchors, aliases, tags, merge
 *         keys, several documents, duplicate keys, non-UTF-8, a limit.
 *         D4_ENOMEM.  On error *out is untouched.
 * Source: spec policy.md section 4; libyaml's event interface.
 */
D4_USED enum d4_status d4_yaml_parse(
    struct d4_slice text, struct d4_diag *diag, struct d4_yaml **out);

void d4_yaml_free(struct d4_yaml *root);

/* d4_yaml_get -- the value of a key of a MAP, or NULL. */
const struct d4_yaml *d4_yaml_get(const struct d4_yaml *map, const char *key);

/*
 * Typed scalars. Each answers D4_EINVAL with *diag at the node when the node
 * is not a scalar or its text is no such value; *out is untouched then.
 * bool: true, false.  u64: decimal digits, min..max.
 * duration: digits with ns us ms s m h d (into microseconds; ns floor to us).
 * bytes: digits with optional KiB MiB GiB TiB, kB MB GB TB or B.
 */
D4_USED enum d4_status d4_yaml_bool(
    const struct d4_yaml *n, struct d4_diag *diag, bool *out);
D4_USED enum d4_status d4_yaml_u64(const struct d4_yaml *n,
    const uint64_t range[2], struct d4_diag *diag, uint64_t *out);
D4_USED enum d4_status d4_yaml_duration_us(
    const struct d4_yaml *n, struct d4_diag *diag, uint64_t *out);
D4_USED enum d4_status d4_yaml_bytes(
    const struct d4_yaml *n, struct d4_diag *diag, uint64_t *out);

/*
 * d4_yaml_keys -- checks that a MAP has only keys of the list (NULL-ended).
 * Errors: D4_EINVAL: not a map, or an unknown key; the remedy names the
 *         nearest known keys.
 */
D4_USED enum d4_status d4_yaml_keys(
    const struct d4_yaml *map, const char *const *known, struct d4_diag *diag);

#endif
