/* Values with all that is in them, and the names of an object's members. */
#ifndef SAN_JSON_SKIP_H
#define SAN_JSON_SKIP_H

#include "sanitizers/json_hash.h"
#include "sanitizers/json_lex.h"

#define SAN_JSON_DEPTH 64u /* nested objects and arrays */

/*
 * struct san_json_keys -- the room a reader needs, kept from record to record.
 * Shape:  hash[0..n): of the keys of all open objects, innermost last;
 *         text: the last key or value that had to be decoded. base, marks:
 *         of the text that is read, see san_json_lex; n_marks: words there
 *         is room for.
 * Owns:   hash, text, marks; san_json_keys_fini frees them.
 */
struct san_json_keys {
	uint64_t *hash;
	size_t n, cap;
	struct d4_buf text;
	const uint8_t *base;
	uint64_t *marks;
	size_t n_marks;
};

void san_json_keys_init(struct san_json_keys *keys);
void san_json_keys_fini(struct san_json_keys *keys);

/*
 * san_json_begin -- *out stands on the first byte of a text. Errors: INTERNAL
 * out of memory.
 */
D4_USED enum d4_reason san_json_begin(
    struct san_json_keys *keys, struct d4_slice text, struct san_json_lex *out);

/* san_json_within -- on the first byte of a part of the text begun last. */
static inline struct san_json_lex
san_json_within(const struct san_json_keys *keys, struct d4_slice part)
{
	return (struct san_json_lex){.p = part.p,
	    .end = part.n != 0 ? part.p + part.n : part.p,
	    .base = keys->base,
	    .marks = keys->marks};
}

/* One open object: where its hashes begin; seen is a filter of 64 bits. */
struct san_json_object {
	size_t base;
	uint64_t seen;
};

/* A member's name: its value, raw or decoded into keys->text. */
struct san_json_name {
	struct d4_slice text;
	uint64_t hash;
};

/*
 * Duplicate keys. open, add for every key, close. Equal hashes count as
 * equal keys: a chance collision (2^-64 a pair) drops a record, and a
 * crafted one only the record of whoever crafted it.
 * add and close answer JSON_DUPLICATE, INTERNAL (out of memory), NONE.
 */
static inline struct san_json_object
san_json_open(const struct san_json_keys *keys)
{
	return (struct san_json_object){.base = keys->n};
}

enum d4_reason san_json_close(
    struct san_json_keys *keys, const struct san_json_object *o);

/* san_json_seldom_key -- of a key that may have come before, or has no room. */
enum d4_reason san_json_seldom_key(
    struct san_json_keys *keys, struct san_json_object *o, uint64_t hash);

static inline enum d4_reason
san_json_key(
    struct san_json_keys *keys, struct san_json_object *o, uint64_t hash)
{
	uint64_t bit = UINT64_C(1) << (hash & 63);

	if ((o->seen & bit) != 0 || keys->n == keys->cap)
		return san_json_seldom_key(keys, o, hash);
	keys->hash[keys->n++] = hash;
	o->seen |= bit;
	return D4_R_NONE;
}

/* san_json_value_of -- decodes into keys->text; NULL slice: out of memory. */
struct d4_slice san_json_value_of(
    struct san_json_keys *keys, struct d4_slice raw);

/*
 * san_json_member -- reads a key, adds it, and reads the colon and the space
 * around it.
 */
static inline enum d4_reason
san_json_member(struct san_json_lex *lx, struct san_json_keys *keys,
    struct san_json_object *o, struct san_json_name *name)
{
	struct san_json_str key = {.escaped = false};
	enum d4_reason why = D4_R_JSON_SYNTAX;

	if (san_json_is(lx, '"'))
		why = san_json_string(lx, &key);
	if (why != D4_R_NONE)
		return why;
	name->text = key.raw;
	if (key.escaped)
		name->text = san_json_value_of(keys, key.raw);
	if (name->text.p == NULL)
		return D4_R_INTERNAL;
	name->hash = san_json_hash(name->text);
	why = san_json_key(keys, o, name->hash);
	if (why != D4_R_NONE)
		return why;
	if (san_json_two(lx, ':', '"')) {
		lx->p++;
		return D4_R_NONE;
	}
	san_json_space(lx);
	if (!san_json_is(lx, ':'))
		return D4_R_JSON_SYNTAX;
	lx->p++;
	san_json_space(lx);
	return D4_R_NONE;
}

/* san_json_skip_other -- a value that is no string. */
enum d4_reason san_json_skip_other(
    struct san_json_lex *lx, struct san_json_keys *keys, unsigned depth);

/*
 * san_json_skip -- reads any value with all that is in it. depth counts the
 * containers around it.
 * Errors: as above; JSON_DEPTH; JSON_DUPLICATE; INTERNAL out of memory.
 */
static inline enum d4_reason
san_json_skip(
    struct san_json_lex *lx, struct san_json_keys *keys, unsigned depth)
{
	struct san_json_str s;

	return san_json_is(lx, '"') ? san_json_string(lx, &s)
	                            : san_json_skip_other(lx, keys, depth);
}

#endif
