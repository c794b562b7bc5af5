/*
 * Tokens of RFC 8259, checked and measured but never converted: the JSON
 * sanitizer copies bytes, so that a big integer, 1.10 or an escape leaves
 * as it came.
 */
#ifndef SAN_JSON_LEX_H
#define SAN_JSON_LEX_H

#include "libd4/reason.h"
#include "libd4/slice.h"

#define SAN_JSON_DEPTH 64u /* nested objects and arrays */

/* Where the reader stands; it never reads at or behind end. */
struct san_json_lex {
	const uint8_t *p;
	const uint8_t *end;
};

/*
 * struct san_json_str -- a string token.
 * Shape:  raw: the bytes between the quotes, valid UTF-8 and valid escapes.
 *         escaped: raw holds a backslash, so it is not its own value.
 */
struct san_json_str {
	struct d4_slice raw;
	bool escaped;
};

/*
 * struct san_json_keys -- the room a reader needs, kept from record to record.
 * Shape:  hash[0..n): of the keys of all open objects, innermost last;
 *         text: the last key or value that had to be decoded.
 * Owns:   both; san_json_keys_fini frees them.
 */
struct san_json_keys {
	uint64_t *hash;
	size_t n, cap;
	struct d4_buf text;
};

void san_json_keys_init(struct san_json_keys *keys);
void san_json_keys_fini(struct san_json_keys *keys);

/* One open object: where its hashes begin; seen is a filter of 64 bits. */
struct san_json_object {
	size_t base;
	uint64_t seen;
};

static inline void
san_json_space(struct san_json_lex *lx)
{
	while (lx->p < lx->end && (*lx->p == ' ' || *lx->p == '\t' ||
				      *lx->p == '\n' || *lx->p == '\r'))
		lx->p++;
}

/* san_json_is -- the next byte is c; not past the end. */
static inline bool
san_json_is(const struct san_json_lex *lx, uint8_t c)
{
	return lx->p < lx->end && *lx->p == c;
}

/*
 * san_json_string -- reads a string token; *lx stands on its first quote.
 * Errors: JSON_SYNTAX no end, control character, unknown escape.
 *         JSON_UTF8 invalid UTF-8 or a lone surrogate.
 * Source: RFC 8259 section 7, RFC 3629 section 4.
 */
enum d4_reason san_json_string(
    struct san_json_lex *lx, struct san_json_str *out);

/* san_json_number -- reads a number token. Errors: JSON_SYNTAX. */
enum d4_reason san_json_number(struct san_json_lex *lx, struct d4_slice *out);

/* san_json_word -- reads true, false or null. Errors: JSON_SYNTAX. */
enum d4_reason san_json_word(struct san_json_lex *lx);

/*
 * san_json_skip -- reads any value with all that is in it. depth counts the
 * containers around it.
 * Errors: as above; JSON_DEPTH; JSON_DUPLICATE; INTERNAL out of memory.
 */
enum d4_reason san_json_skip(
    struct san_json_lex *lx, struct san_json_keys *keys, unsigned depth);

/*
 * san_json_decode -- the value of a string token, as UTF-8, into out (which
 * is emptied). Errors: D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status san_json_decode(
    const struct san_json_str *s, struct d4_buf *out);

/* san_json_hash -- of a value's bytes (decoded): equal values, equal hash. */
uint64_t san_json_hash(struct d4_slice value);

/*
 * Duplicate keys. open, add for every key, close. Equal hashes count as
 * equal keys: a chance collision (2^-64 a pair) drops a record, and a
 * crafted one only the record of whoever crafted it.
 * add and close answer JSON_DUPLICATE, INTERNAL (out of memory), NONE.
 */
struct san_json_object san_json_open(const struct san_json_keys *keys);
enum d4_reason san_json_key(
    struct san_json_keys *keys, struct san_json_object *o, uint64_t hash);
enum d4_reason san_json_close(
    struct san_json_keys *keys, const struct san_json_object *o);

/* A member's name: its value, raw or decoded into keys->text. */
struct san_json_name {
	struct d4_slice text;
	uint64_t hash;
};

/*
 * san_json_member -- reads a key, adds it, and reads the colon and the space
 * around it.
 */
enum d4_reason san_json_member(struct san_json_lex *lx,
    struct san_json_keys *keys, struct san_json_object *o,
    struct san_json_name *name);

/*
 * san_json_next -- behind a value: takes a comma (true), or the bracket that
 * closes (false); false with JSON_SYNTAX on anything else.
 */
bool san_json_next(struct san_json_lex *lx, uint8_t close, enum d4_reason *why);

#endif
