/* Whole values: read, checked, and left where they are. */
#include <stdlib.h>
#include "libd4/cutter.h"
#include "sanitizers/json_skip.h"

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
	free(keys->marks);
	d4_buf_fini(&keys->text);
}

/* skip_room -- for the marks of n bytes; twice that of before, at least. */
static bool
skip_room(struct san_json_keys *keys, size_t n)
{
	size_t words = san_json_marks_words(n);

	if (words <= keys->n_marks)
		return true;
	if (words < 2 * keys->n_marks)
		words = 2 * keys->n_marks;
	free(keys->marks);
	keys->marks = malloc(words * sizeof(*keys->marks));
	keys->n_marks = keys->marks != NULL ? words : 0;
	return keys->marks != NULL;
}

enum d4_reason
san_json_begin(
    struct san_json_keys *keys, struct d4_slice text, struct san_json_lex *out)
{
	if (!skip_room(keys, text.n))
		return D4_R_INTERNAL;
	san_json_marks(text.p, text.n, keys->marks);
	keys->base = text.p;
	*out = san_json_within(keys, text);
	return D4_R_NONE;
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
san_json_seldom_key(
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

struct d4_slice
san_json_value_of(struct san_json_keys *keys, struct d4_slice raw)
{
	struct san_json_str s = {.raw = raw, .escaped = true};

	if (san_json_decode(&s, &keys->text) != D4_OK)
		return (struct d4_slice){NULL, 0};
	return d4_buf_slice(&keys->text);
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

/* Recursion is bounded by SAN_JSON_DEPTH. */
enum d4_reason
san_json_skip_other(
    struct san_json_lex *lx, struct san_json_keys *keys, unsigned depth)
{
	struct d4_slice n;
	uint8_t c;

	if (lx->p == lx->end)
		return D4_R_JSON_SYNTAX;
	c = *lx->p;
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
