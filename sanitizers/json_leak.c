/* The self-check of JSON: strings are looked at as written and decoded. */
#include <string.h>
#include "sanitizers/json_run.h"

/*
 * leak_decode -- a whole record as if it were one string: outside of strings
 * there is no backslash. NULL slice: nothing in it is escaped.
 */
static enum d4_status
leak_decode(struct san_json_run *r, struct d4_slice text, struct d4_slice *out)
{
	struct san_json_str s = {.raw = text, .escaped = true};
	enum d4_status st;

	*out = (struct d4_slice){NULL, 0};
	if (text.n == 0 || memchr(text.p, '\\', text.n) == NULL)
		return D4_OK;
	st = san_json_decode(&s, &r->keys.text);
	if (st == D4_OK)
		*out = d4_buf_slice(&r->keys.text);
	return st;
}

/* leak_worse -- the self-check's doubt is more than a filter's no. */
static enum d4_reason
leak_worse(enum d4_reason a, enum d4_reason b)
{
	return a == D4_R_NONE || b == D4_R_SELFCHECK ? b : a;
}

enum d4_reason
san_json_leaks(
    struct san_json_run *r, struct d4_slice record, struct d4_slice made)
{
	struct d4_slice decoded;
	enum d4_reason why;

	if (leak_decode(r, record, &decoded) != D4_OK)
		return D4_R_INTERNAL;
	(void)san_leak_note(&r->line.leak, record);
	(void)san_leak_note(&r->line.leak, decoded);
	why = san_leak_judge(&r->line.leak, made);
	if (why == D4_R_SELFCHECK)
		return why;
	if (leak_decode(r, made, &decoded) != D4_OK)
		return D4_R_INTERNAL;
	return leak_worse(why, san_leak_judge(&r->line.leak, decoded));
}
