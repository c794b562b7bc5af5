/*
 * What the members of the last records were named, in their order. Who writes
 * JSON lines writes the same names again and again: a record whose names are
 * the known ones needs no hash of any, is known to have none twice, and what
 * the paths say of each is known as well.
 */
#ifndef SAN_JSON_SHAPE_H
#define SAN_JSON_SHAPE_H

#include "sanitizers/json_match.h"

#define SAN_JSON_KNOWN      32u /* members that are learned */
#define SAN_JSON_KNOWN_TEXT 24u /* bytes of a name with quotes and colon */

/*
 * struct san_json_known -- a member.
 * Shape:  text: `"name":` as it stood there, len bytes and then zeros, where
 *         mask has ff and then zeros. hash: the name's. may: some path may
 *         take the member, or what is in it; then kid is its node.
 */
struct san_json_known {
	uint64_t text[SAN_JSON_KNOWN_TEXT / 8];
	uint64_t mask[SAN_JSON_KNOWN_TEXT / 8];
	size_t len;
	uint64_t hash;
	bool may;
	struct san_json_node kid;
};

/*
 * struct san_json_shape -- the members of a record, from its first on.
 * Shape:  missed: records that had others since then.
 */
struct san_json_shape {
	struct san_json_known member[SAN_JSON_KNOWN];
	size_t n;
	unsigned missed;
};

/* san_json_is_known -- that member comes next. */
static inline bool
san_json_is_known(const struct san_json_known *k, const struct san_json_lex *lx)
{
	size_t left = (size_t)(lx->end - lx->p);
	uint64_t differ = 0;

	if (left < SAN_JSON_KNOWN_TEXT)
		return left >= k->len && memcmp(lx->p, k->text, k->len) == 0;
	for (size_t i = 0; i < SAN_JSON_KNOWN_TEXT / 8; i++)
		differ |=
		    (san_json_word8(lx->p + 8 * i) ^ k->text[i]) & k->mask[i];
	return differ == 0;
}

/*
 * san_json_learn -- the record begun last, which is valid, had other names.
 * Now and then, for a record of a kind that is seldom should not be learned.
 */
void san_json_learn(struct san_json_shape *s, const struct san_json_conf *c,
    struct san_json_keys *keys, struct d4_slice record);

#endif
