/* Whole values: read, checked, and left where they are. */
#include <stdlib.h>
#include "libd4/cutter.h"
#include "sanitizers/json_lex.h"

#define FEW 32u /* keys of an object that are compared one by one */

void
san_json_keys_init(struct san_json_keys *keys)
{
	*keys = (struct san_json_keys){0};
	d4_buf_init(&keys->text, D4_LINE_MAX + 16);
}

void
san_json_keys_fini(struct san_json_keys *keys)
{
	free(keys->hash);
	d4_buf_fini(&keys->text);
}

struct san_json_object
san_json_open(const struct san_json_keys *keys)
{
	return (struct san_json_object){.base = keys->n};
}

static bool
skip_grow(struct san_json_keys *keys)
{
	size_t cap = keys->cap == 0 ? 64 : keys->cap * 2;
	uint64_t *h = realloc(keys->hash, cap * sizeof(*h));

	if (h == NULL)
		return false;
	keys->hash = h;
	keys->cap = cap;
	return true;
}

enum d4_reason
san_json_key(
    struct san_json_keys *keys, struct san_json_object *o, uint64_t hash)
{
	uint64_t bit = UINT64_C(1) << (hash & 63);

	if ((o->seen & bit) != 0 && keys->n - o->base <= FEW) {
		for (size_t i = o->base; i < keys->n; i++) {
			if (keys->hash[i] == hash)
				return D4_R_JSON_DUPLICATE;
		}
	}
	if (keys->n == keys->cap && !skip_grow(keys))
		return D4_R_INTERNAL;
	keys->hash[keys->n++] = hash;
	o->seen |= bit;
	return D4_R_NONE;
}

/* skip_sift -- heap sort's step: needs no memory, and has no bad input. */
static void
skip_sift(uint64_t *h, size_t root, size_t n)
{
	for (size_t kid = 2 * root + 1; kid < n; kid = 2 * root + 1) {
		uint64_t t = h[root];

		if (kid + 1 < n && h[kid + 1] > h[kid])
			kid++;
		if (h[kid] <= t)
			return;
		h[root] = h[kid];
		h[kid] = t;
		root = kid;
	}
}

static void
skip_sort(uint64_t *h, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		skip_sift(h, i, n);
	for (size_t i = n; i-- > 1;) {
		uint64_t t = h[0];

		h[0] = h[i];
		h[i] = t;
		skip_sift(h, 0, i);
	}
}

enum d4_reason
san_json_close(struct san_json_keys *keys, const struct san_json_object *o)
{
	size_t n = keys->n - o->base;
	uint64_t *h;

	keys->n = o->base;
	if (n <= FEW)
		return D4_R_NONE; /* each was compared as it came */
	h = keys->hash + o->base;
	skip_sort(h, n);
	for (size_t i = 1; i < n; i++) {
		if (h[i] == h[i - 1])
			return D4_R_JSON_DUPLICATE;
	}
	return D4_R_NONE;
}

enum d4_reason
san_json_member(struct san_json_lex *lx, struct san_json_keys *keys,
    struct san_json_object *o, struct san_json_name *name)
{
	struct san_json_str key;
	enum d4_reason why;

	if (!san_json_is(lx, '"'))
		return D4_R_JSON_SYNTAX;
	why = san_json_string(lx, &key);
	if (why != D4_R_NONE)
		return why;
	name->text = key.raw;
	if (key.escaped) {
		if (san_json_decode(&key, &keys->text) != D4_OK)
			return D4_R_INTERNAL;
		name->text = d4_buf_slice(&keys->text);
	}
	name->hash = san_json_hash(name->text);
	why = san_json_key(keys, o, name->hash);
	if (why != D4_R_NONE)
		return why;
	san_json_space(lx);
	if (!san_json_is(lx, ':'))
		return D4_R_JSON_SYNTAX;
	lx->p++;
	san_json_space(lx);
	return D4_R_NONE;
}

static enum d4_reason
skip_object(struct san_json_lex *lx, struct san_json_keys *keys, unsigned depth)
{
	struct san_json_object o = san_json_open(keys);
	struct san_json_name name;
	enum d4_reason why;

	if (san_json_is(lx, '}')) {
		lx->p++;
		return D4_R_NONE;
	}
	for (;;) {
		why = san_json_member(lx, keys, &o, &name);
		if (why == D4_R_NONE)
			why = san_json_skip(lx, keys, depth);
		if (why != D4_R_NONE)
			return why;
		if (!san_json_next(lx, '}', &why))
			break;
	}
	return why == D4_R_NONE ? san_json_close(keys, &o) : why;
}

static enum d4_reason
skip_array(struct san_json_lex *lx, struct san_json_keys *keys, unsigned depth)
{
	enum d4_reason why;

	if (san_json_is(lx, ']')) {
		lx->p++;
		return D4_R_NONE;
	}
	do {
		why = san_json_skip(lx, keys, depth);
		if (why != D4_R_NONE)
			return why;
	} while (san_json_next(lx, ']', &why));
	return why;
}

bool
san_json_next(struct san_json_lex *lx, uint8_t close, enum d4_reason *why)
{
	san_json_space(lx);
	*why = D4_R_NONE;
	if (san_json_is(lx, ',')) {
		lx->p++;
		san_json_space(lx);
		return true;
	}
	if (san_json_is(lx, close))
		lx->p++;
	else
		*why = D4_R_JSON_SYNTAX;
	return false;
}

/* Recursion is bounded by SAN_JSON_DEPTH. */
enum d4_reason
san_json_skip(
    struct san_json_lex *lx, struct san_json_keys *keys, unsigned depth)
{
	struct san_json_str s;
	struct d4_slice n;
	uint8_t c;

	if (lx->p == lx->end)
		return D4_R_JSON_SYNTAX;
	c = *lx->p;
	if (c == '"')
		return san_json_string(lx, &s);
	if (c == '-' || (c >= '0' && c <= '9'))
		return san_json_number(lx, &n);
	if (c != '{' && c != '[')
		return san_json_word(lx);
	if (depth >= SAN_JSON_DEPTH)
		return D4_R_JSON_DEPTH;
	lx->p++;
	san_json_space(lx);
	return c == '{' ? skip_object(lx, keys, depth + 1)
	                : skip_array(lx, keys, depth + 1);
}
