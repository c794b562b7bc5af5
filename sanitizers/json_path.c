#include <stdlib.h>
#include <string.h>
#include "sanitizers/json_skip.h"
#include "sanitizers/json_path.h"

/* A path being read: what is left, and the name being gathered. */
struct reader {
	const char *p;
	struct d4_buf name;
	const char *what;
};

static enum d4_status
path_malformed(struct reader *r, const char *what)
{
	r->what = what;
	return D4_EMALFORMED;
}

static bool
path_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* path_index_of -- a number without needless zeros, or UINT64_MAX. */
static uint64_t
path_index_of(struct d4_slice t)
{
	uint64_t v = 0;

	if (t.n == 0 || t.n > 9 || (t.n > 1 && t.p[0] == '0'))
		return UINT64_MAX;
	for (size_t i = 0; i < t.n; i++) {
		if (!path_is_digit((char)t.p[i]))
			return UINT64_MAX;
		v = v * 10 + (uint64_t)(t.p[i] - '0');
	}
	return v;
}

/* path_add -- a segment; a name is taken from r->name. */
static enum d4_status
path_add(struct reader *r, struct san_path *out, struct san_seg seg)
{
	struct d4_slice name = d4_buf_slice(&r->name);

	if (out->n == SAN_PATH_SEGS)
		return path_malformed(r, "more than 32 segments");
	if (seg.kind == SAN_SEG_NAME || seg.kind == SAN_SEG_TOKEN) {
		seg.name = malloc(name.n + 1);
		if (seg.name == NULL)
			return D4_ENOMEM;
		if (name.n != 0)
			memcpy(seg.name, name.p, name.n);
		seg.n = name.n;
		seg.hash = san_json_hash(name);
	}
	if (seg.kind == SAN_SEG_TOKEN)
		seg.index = path_index_of(name);
	r->name.n = 0;
	out->seg[out->n++] = seg;
	return D4_OK;
}

/* ---- RFC 6901 ---- */

static enum d4_status
path_pointer_token(struct reader *r)
{
	for (; *r->p != '\0' && *r->p != '/'; r->p++) {
		char c = *r->p;
		enum d4_status st;

		if (c == '~') {
			c = *++r->p;
			if (c != '0' && c != '1')
				return path_malformed(r, "~ without 0 or 1");
			c = c == '0' ? '~' : '/';
		}
		st = d4_buf_add(&r->name, &c, 1);
		if (st != D4_OK)
			return st;
	}
	return D4_OK;
}

static enum d4_status
path_pointer(struct reader *r, struct san_path *out)
{
	while (*r->p == '/') {
		enum d4_status st;

		r->p++;
		st = path_pointer_token(r);
		if (st == D4_OK)
			st = path_add(
			    r, out, (struct san_seg){.kind = SAN_SEG_TOKEN});
		if (st != D4_OK)
			return st;
	}
	return D4_OK;
}

/* ---- RFC 9535 ---- */

static bool
path_name_char(char c, bool first)
{
	uint8_t u = (uint8_t)c, low = u | 0x20;

	return (low >= 'a' && low <= 'z') || u == '_' || u >= 0x80 ||
	       (!first && path_is_digit(c));
}

/* path_shorthand -- a name behind a dot. */
static enum d4_status
path_shorthand(struct reader *r, struct san_path *out, bool deep)
{
	const char *from = r->p;
	enum d4_status st;

	if (!path_name_char(*r->p, true))
		return path_malformed(
		    r, "no name behind the dot; others in ['']");
	while (path_name_char(*r->p, false))
		r->p++;
	st = d4_buf_add(&r->name, from, (size_t)(r->p - from));
	if (st != D4_OK)
		return st;
	return path_add(
	    r, out, (struct san_seg){.kind = SAN_SEG_NAME, .deep = deep});
}

/* path_quoted -- a name in quotes; only \\ and the quote itself are escaped. */
static enum d4_status
path_quoted(struct reader *r, struct san_path *out)
{
	char quote = *r->p++;

	for (; *r->p != quote; r->p++) {
		enum d4_status st;

		if (*r->p == '\\' && (r->p[1] == quote || r->p[1] == '\\'))
			r->p++;
		else if (*r->p == '\\')
			return path_malformed(r, "escape not known");
		if (*r->p == '\0')
			return path_malformed(r, "no closing quote");
		st = d4_buf_add(&r->name, r->p, 1);
		if (st != D4_OK)
			return st;
	}
	r->p++;
	return path_add(r, out, (struct san_seg){.kind = SAN_SEG_NAME});
}

static enum d4_status
path_indexed(struct reader *r, struct san_path *out)
{
	const char *from = r->p;
	uint64_t v;

	while (path_is_digit(*r->p))
		r->p++;
	v = path_index_of(d4_slice_of(from, (size_t)(r->p - from)));
	if (v == UINT64_MAX)
		return path_malformed(r, "neither a number, a '*' nor a name");
	return path_add(
	    r, out, (struct san_seg){.kind = SAN_SEG_INDEX, .index = v});
}

static enum d4_status
path_bracket(struct reader *r, struct san_path *out)
{
	enum d4_status st;

	r->p++;
	if (*r->p == '\'' || *r->p == '"') {
		st = path_quoted(r, out);
	} else if (*r->p == '*') {
		r->p++;
		st = path_add(r, out, (struct san_seg){.kind = SAN_SEG_ANY});
	} else if (*r->p == '?' || *r->p == '-' || *r->p == ':') {
		r->what = "filters, slices and negative numbers are not "
			  "enforced by this version";
		return D4_ENOTSUP;
	} else {
		st = path_indexed(r, out);
	}
	if (st == D4_OK && *r->p++ != ']')
		return path_malformed(r, "no closing bracket");
	return st;
}

static enum d4_status
path_dotted(struct reader *r, struct san_path *out)
{
	bool deep = *++r->p == '.';

	if (deep)
		r->p++;
	if (deep && (*r->p == '*' || *r->p == '[')) {
		r->what = "of `..` only `..name` is enforced by this version";
		return D4_ENOTSUP;
	}
	if (*r->p != '*')
		return path_shorthand(r, out, deep);
	r->p++;
	return path_add(r, out, (struct san_seg){.kind = SAN_SEG_ANY});
}

static enum d4_status
path_query(struct reader *r, struct san_path *out)
{
	enum d4_status st = D4_OK;

	r->p++; /* the $ */
	while (st == D4_OK && *r->p != '\0') {
		if (*r->p == '.')
			st = path_dotted(r, out);
		else if (*r->p == '[')
			st = path_bracket(r, out);
		else
			st = path_malformed(r, "a '.' or '[' is expected");
	}
	return st;
}

enum d4_status
san_path_parse(const char *text, struct san_path *out, const char **what)
{
	struct reader r = {.p = text, .what = ""};
	enum d4_status st;

	*out = (struct san_path){.n = 0};
	d4_buf_init(&r.name, 4096);
	if (*text == '$')
		st = path_query(&r, out);
	else if (*text == '/' || *text == '\0')
		st = path_pointer(&r, out);
	else
		st = path_malformed(&r, "a path begins with / or $");
	d4_buf_fini(&r.name);
	if (st == D4_ETOOBIG)
		st = path_malformed(&r, "a name is too long");
	if (st != D4_OK)
		san_path_fini(out);
	else if (out->n != 0)
		out->seg[out->n - 1].last = true;
	*what = r.what;
	return st;
}

void
san_path_fini(struct san_path *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->seg[i].name);
	p->n = 0;
}

/* path_seg_covers -- what b takes, a takes too. */
static bool
path_seg_covers(const struct san_seg *a, const struct san_seg *b)
{
	struct d4_slice name = d4_slice_of(b->name, b->n);

	if (a->kind == SAN_SEG_ANY)
		return true;
	if (b->kind == SAN_SEG_ANY)
		return false;
	if (b->kind == SAN_SEG_INDEX)
		return san_seg_element(a, b->index);
	if (!san_seg_member(a, name, b->hash))
		return false;
	return b->kind == SAN_SEG_NAME || b->index == UINT64_MAX ||
	       san_seg_element(a, b->index);
}

bool
san_path_covers(const struct san_path *a, const struct san_path *b)
{
	if (a->n > b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (a->seg[i].deep != b->seg[i].deep ||
		    !path_seg_covers(&a->seg[i], &b->seg[i]))
			return false;
	}
	return true;
}
