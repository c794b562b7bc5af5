/*
 * Tokens of RFC 8259, checked and measured but never converted: the JSON
 * sanitizer copies bytes, so that a big integer, 1.10 or an escape leaves
 * as it came.
 */
#ifndef SAN_JSON_LEX_H
#define SAN_JSON_LEX_H

#include "libd4/reason.h"
#include "libd4/slice.h"
#include "sanitizers/json_marks.h"

/*
 * struct san_json_lex -- where a reader stands in a text, up to end; it never
 * reads outside of it.
 * Shape:  marks: san_json_marks of a text that begins at base and holds all
 *         of this; NULL where no string is read.
 */
struct san_json_lex {
	const uint8_t *p;
	const uint8_t *end;
	const uint8_t *base;
	const uint64_t *marks;
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

/* san_json_is -- the next byte is c; not past the end. */
static inline bool
san_json_is(const struct san_json_lex *lx, uint8_t c)
{
	return lx->p < lx->end && *lx->p == c;
}

/* san_json_two -- the next two bytes are a and b, as in compact JSON. */
static inline bool
san_json_two(const struct san_json_lex *lx, uint8_t a, uint8_t b)
{
	return lx->end - lx->p >= 2 && lx->p[0] == a && lx->p[1] == b;
}

static inline void
san_json_space(struct san_json_lex *lx)
{
	while (lx->p < lx->end && *lx->p <= ' ' &&
	       (*lx->p == ' ' || *lx->p == '\t' || *lx->p == '\n' ||
		   *lx->p == '\r'))
		lx->p++;
}

/* san_json_past_plain -- to the next byte that has a mark, or to the end. */
static inline void
san_json_past_plain(struct san_json_lex *lx)
{
	const uint8_t *p = lx->base + san_json_marks_next(lx->marks,
					  (size_t)(lx->p - lx->base));

	lx->p = p < lx->end ? p : lx->end;
}

/*
 * san_json_other_string -- the rest of a string that begins at from, behind
 * its quote; *lx stands on what is not plain, or on the end.
 */
enum d4_reason san_json_other_string(
    struct san_json_lex *lx, const uint8_t *from, struct san_json_str *out);

/*
 * san_json_string -- reads a string token; *lx stands on its first quote.
 * Errors: JSON_SYNTAX no end, control character, unknown escape.
 *         JSON_UTF8 invalid UTF-8 or a lone surrogate.
 * Source: RFC 8259 section 7, RFC 3629 section 4.
 */
static inline enum d4_reason
san_json_string(struct san_json_lex *lx, struct san_json_str *out)
{
	const uint8_t *from = ++lx->p;
	struct san_json_lex l;
	struct san_json_str s;
	enum d4_reason why;

	san_json_past_plain(lx);
	if (san_json_is(lx, '"')) {
		out->raw = d4_slice_of(from, (size_t)(lx->p - from));
		out->escaped = false;
		lx->p++;
		return D4_R_NONE;
	}
	/* Copies, so that *lx and *out may live in registers. */
	l = *lx;
	why = san_json_other_string(&l, from, &s);
	*lx = l;
	*out = s;
	return why;
}

/* san_json_number -- reads a number token. Errors: JSON_SYNTAX. */
enum d4_reason san_json_number(struct san_json_lex *lx, struct d4_slice *out);

/* san_json_word -- reads true, false or null. Errors: JSON_SYNTAX. */
enum d4_reason san_json_word(struct san_json_lex *lx);

/*
 * san_json_decode -- the value of a string token, as UTF-8, into out (which
 * is emptied). Errors: D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status san_json_decode(
    const struct san_json_str *s, struct d4_buf *out);

/*
 * san_json_more -- in front of a comma (true), which it takes, or the bracket
 * that closes (false); false with JSON_SYNTAX on anything else.
 */
static inline bool
san_json_more(struct san_json_lex *lx, uint8_t close, enum d4_reason *why)
{
	*why = D4_R_NONE;
	if (san_json_two(lx, ',', '"')) {
		lx->p++;
		return true;
	}
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

/* san_json_next -- the same behind a value, and the space behind that. */
static inline bool
san_json_next(struct san_json_lex *lx, uint8_t close, enum d4_reason *why)
{
	san_json_space(lx);
	return san_json_more(lx, close, why);
}

#endif
