/*
 * Paths into JSON: RFC 6901 pointers ("/a/0/b", "" is the whole value) and
 * the forms $ .name ['n'] ["n"] [n] [*] .* ..name of RFC 9535.
 */
#ifndef SAN_JSON_PATH_H
#define SAN_JSON_PATH_H

#include <string.h>
#include "libd4/slice.h"

#define SAN_PATH_SEGS 32u /* segments of one path */

/* TOKEN is a pointer's: a member's name, and an index if it looks like one. */
enum san_seg_kind { SAN_SEG_NAME, SAN_SEG_INDEX, SAN_SEG_TOKEN, SAN_SEG_ANY };

/*
 * struct san_seg -- one segment.
 * Shape:  name and its hash for NAME and TOKEN; index for INDEX and for a
 *         TOKEN that is a number, else UINT64_MAX. deep: "..", at any depth.
 *         rule: whose path this is; last: the path ends here.
 * Owns:   name.
 */
struct san_seg {
	enum san_seg_kind kind;
	bool deep;
	bool last;
	uint16_t rule;
	uint64_t index;
	uint64_t hash;
	uint8_t *name;
	size_t n;
};

struct san_path {
	struct san_seg seg[SAN_PATH_SEGS];
	size_t n;
};

/*
 * san_path_parse -- reads one path. Errors: D4_EMALFORMED with *what, a
 * static text; D4_ENOTSUP likewise: RFC 9535 knows the form, we do not;
 * D4_ENOMEM. On error nothing is owned.
 */
D4_USED enum d4_status san_path_parse(
    const char *text, struct san_path *out, const char **what);

/* san_path_fini -- frees the names. */
void san_path_fini(struct san_path *p);

/*
 * san_path_covers -- every value that b can reach is reached by a, or lies
 * within what a reaches. May answer false where a proof is hard ("..").
 */
bool san_path_covers(const struct san_path *a, const struct san_path *b);

/* san_seg_member, san_seg_element -- the segment takes this child. */
static inline bool
san_seg_member(const struct san_seg *s, struct d4_slice name, uint64_t hash)
{
	if (s->kind == SAN_SEG_ANY)
		return true;
	return s->kind != SAN_SEG_INDEX && s->hash == hash && s->n == name.n &&
	       (name.n == 0 || memcmp(s->name, name.p, name.n) == 0);
}

static inline bool
san_seg_element(const struct san_seg *s, uint64_t index)
{
	return s->kind == SAN_SEG_ANY ||
	       (s->kind != SAN_SEG_NAME && s->index == index);
}

#endif
