/* Strings, numbers and words of JSON. Objects are in json_skip.c. */
#include <string.h>
#include "sanitizers/json_lex.h"
#include "sanitizers/utf8.h"

/* lex_hex4 -- the number of four hex digits at p, or -1. */
static int32_t
lex_hex4(const uint8_t *p, const uint8_t *end)
{
	int32_t v = 0;

	if (end - p < 4)
		return -1;
	for (unsigned i = 0; i < 4; i++) {
		int d = d4_hex_value(p[i]);

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* lex_unicode_escape -- \uXXXX, or a pair of them; lx stands behind "\u". */
static enum d4_reason
lex_unicode_escape(struct san_json_lex *lx)
{
	int32_t hi = lex_hex4(lx->p, lx->end), lo;

	if (hi < 0)
		return D4_R_JSON_SYNTAX;
	lx->p += 4;
	if (hi < 0xd800 || hi > 0xdfff)
		return D4_R_NONE;
	if (hi > 0xdbff || lx->end - lx->p < 6 || lx->p[0] != '\\' ||
	    lx->p[1] != 'u')
		return D4_R_JSON_UTF8;
	lo = lex_hex4(lx->p + 2, lx->end);
	if (lo < 0xdc00 || lo > 0xdfff)
		return D4_R_JSON_UTF8;
	lx->p += 6;
	return D4_R_NONE;
}

static enum d4_reason
lex_escape(struct san_json_lex *lx)
{
	lx->p++; /* the backslash */
	if (lx->p == lx->end)
		return D4_R_JSON_SYNTAX;
	switch (*lx->p++) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return D4_R_NONE;
	case 'u':
		return lex_unicode_escape(lx);
	default:
		return D4_R_JSON_SYNTAX;
	}
}

/* lex_special -- one byte that is neither plain nor a quote, or plain. */
static enum d4_reason
lex_special(struct san_json_lex *lx, bool *escaped)
{
	size_t n;

	if (*lx->p < 0x20)
		return D4_R_JSON_SYNTAX;
	if (*lx->p == '\\') {
		*escaped = true;
		return lex_escape(lx);
	}
	n = *lx->p < 0x80 ? 1 : san_utf8_sequence(lx->p, lx->end);
	lx->p += n;
	return n == 0 ? D4_R_JSON_UTF8 : D4_R_NONE;
}

enum d4_reason
san_json_other_string(
    struct san_json_lex *lx, const uint8_t *from, struct san_json_str *out)
{
	bool escaped = false;

	*out = (struct san_json_str){.escaped = false};
	while (!san_json_is(lx, '"')) {
		enum d4_reason why = D4_R_JSON_SYNTAX;

		if (lx->p != lx->end)
			why = lex_special(lx, &escaped);
		if (why != D4_R_NONE)
			return why;
		san_json_past_plain(lx);
	}
	out->raw = d4_slice_of(from, (size_t)(lx->p - from));
	out->escaped = escaped;
	lx->p++;
	return D4_R_NONE;
}

/* lex_digits -- one or more. */
static bool
lex_digits(struct san_json_lex *lx)
{
	const uint8_t *from = lx->p;

	while (lx->p < lx->end && *lx->p >= '0' && *lx->p <= '9')
		lx->p++;
	return lx->p != from;
}

enum d4_reason
san_json_number(struct san_json_lex *lx, struct d4_slice *out)
{
	const uint8_t *from = lx->p;

	if (san_json_is(lx, '-'))
		lx->p++;
	if (san_json_is(lx, '0'))
		lx->p++;
	else if (!lex_digits(lx))
		return D4_R_JSON_SYNTAX;
	if (san_json_is(lx, '.')) {
		lx->p++;
		if (!lex_digits(lx))
			return D4_R_JSON_SYNTAX;
	}
	if (san_json_is(lx, 'e') || san_json_is(lx, 'E')) {
		lx->p++;
		if (san_json_is(lx, '+') || san_json_is(lx, '-'))
			lx->p++;
		if (!lex_digits(lx))
			return D4_R_JSON_SYNTAX;
	}
	*out = d4_slice_of(from, (size_t)(lx->p - from));
	return D4_R_NONE;
}

enum d4_reason
san_json_word(struct san_json_lex *lx)
{
	static const char *const words[] = {"true", "false", "null"};
	size_t left = (size_t)(lx->end - lx->p);

	for (unsigned i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if (left >= n && memcmp(lx->p, words[i], n) == 0) {
			lx->p += n;
			return D4_R_NONE;
		}
	}
	return D4_R_JSON_SYNTAX;
}

/* lex_put_utf8 -- one code point; returns the bytes written. */
static size_t
lex_put_utf8(uint32_t c, uint8_t *to)
{
	if (c < 0x80) {
		to[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (uint8_t)(0xc0 | c >> 6);
		to[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (uint8_t)(0xe0 | c >> 12);
		to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		to[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (uint8_t)(0xf0 | c >> 18);
	to[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	to[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	to[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

/* lex_decode_unicode -- at *i behind "\u" of a checked token. */
static size_t
lex_decode_unicode(struct d4_slice raw, size_t *i, uint8_t *to)
{
	const uint8_t *end = raw.p + raw.n;
	uint32_t c = (uint32_t)lex_hex4(raw.p + *i, end);

	*i += 4;
	if (c >= 0xd800 && c <= 0xdbff) {
		uint32_t lo = (uint32_t)lex_hex4(raw.p + *i + 2, end);

		c = 0x10000 + ((c - 0xd800) << 10) + (lo - 0xdc00);
		*i += 6;
	}
	return lex_put_utf8(c, to);
}

enum d4_status
san_json_decode(const struct san_json_str *s, struct d4_buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	struct d4_slice raw = s->raw;
	enum d4_status st;

	out->n = 0;
	st = d4_buf_reserve(out, raw.n + 1); /* a value is never longer */
	if (st != D4_OK)
		return st;
	for (size_t i = 0; i < raw.n;) {
		const char *at;

		if (raw.p[i] != '\\') {
			out->p[out->n++] = raw.p[i++];
			continue;
		}
		i += 2;
		at = strchr(from, raw.p[i - 1]);
		if (at != NULL)
			out->p[out->n++] = (uint8_t)to[at - from];
		else
			out->n += lex_decode_unicode(raw, &i, out->p + out->n);
	}
	return D4_OK;
}
