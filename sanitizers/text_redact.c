/* A text, searched and written with its finds replaced. */
#include "sanitizers/text_run.h"

enum d4_status
san_text_run_init(struct san_text_run *r, const struct san_keys *keys)
{
	enum d4_status st = san_token_new(keys->tok, &r->token);

	return st == D4_OK ? san_token_new(keys->mac, &r->mac) : st;
}

void
san_text_run_fini(struct san_text_run *r)
{
	san_token_free(r->token);
	san_token_free(r->mac);
}

/* text_match -- the finds of one regular expression. */
static enum d4_reason
text_match(struct san_text_run *r, struct d4_slice line, unsigned k)
{
	size_t from = 0, end = 0;
	struct d4_slice found;

	while (from < line.n) {
		struct san_span s = {.kind = SAN_KIND_REGEX, .regex = k};

		switch (san_regex_find(
		    r->conf->regex[k].re, line, from, &found, &end)) {
		case SAN_REGEX_NONE:
			return D4_R_NONE;
		case SAN_REGEX_LIMIT:
			return D4_R_REGEX_LIMIT;
		case SAN_REGEX_MATCHED:
			break;
		}
		s.from = (size_t)(found.p - line.p);
		s.to = s.from + found.n;
		if (!san_text_merge(&r->spans, &s))
			return D4_R_TEXT_SPANS;
		from = end;
	}
	return D4_R_NONE;
}

enum d4_reason
san_text_search(struct san_text_run *r, struct d4_slice line)
{
	struct san_text_in in = {.line = line, .conf = r->conf};
	enum d4_reason why = D4_R_NONE;

	if (san_leak_on(&r->line->leak))
		in.scope = &r->line->addr->scope;
	if (!san_text_scan(&in, &r->spans))
		return D4_R_TEXT_SPANS;
	for (unsigned k = 0; why == D4_R_NONE && k < r->conf->n_regex; k++)
		why = text_match(r, line, k);
	return why;
}

enum d4_reason
san_text_replace(
    struct san_text_run *r, struct d4_slice line, size_t at, struct d4_buf *out)
{
	enum d4_reason why = D4_R_NONE;

	for (size_t i = 0; why == D4_R_NONE && i < r->spans.n; i++) {
		const struct san_span *s = &r->spans.at[i];

		if (s->from < at)
			continue; /* in the stamp: "12:00:00" is none */
		if (d4_buf_add(out, line.p + at, s->from - at) != D4_OK)
			return D4_R_INTERNAL;
		why = san_text_write(r, line, s, out);
		at = s->to;
	}
	if (why == D4_R_NONE &&
	    d4_buf_add(out, line.p + at, line.n - at) != D4_OK)
		return D4_R_INTERNAL;
	return why;
}
