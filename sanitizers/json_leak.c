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

/*
 * leak_found -- an address of the scope in a spelling that the self-check does
 * not know ("2001:0db8:77::1", "::ffff:a01:203"): what stood in the record is
 * searched for as a reader would. No doubt of ours (see line_judge).
 */
static enum d4_reason
leak_found(struct san_json_run *r, struct d4_slice made)
{
	return san_leak_note(&r->line.leak, made) ? D4_R_ADDR_DROP : D4_R_NONE;
}

enum d4_reason
san_json_leaks(
    struct san_json_run *r, struct d4_slice record, struct d4_slice made)
{
	struct d4_slice decoded;
	enum d4_reason why;
	bool any;

	if (leak_decode(r, record, &decoded) != D4_OK)
		return D4_R_INTERNAL;
	any = san_leak_note(&r->line.leak, record);
	any = san_leak_note(&r->line.leak, decoded) || any;
	why = san_leak_judge(&r->line.leak, made);
	if (why == D4_R_SELFCHECK)
		return why;
	if (leak_decode(r, made, &decoded) != D4_OK)
		return D4_R_INTERNAL;
	why = leak_worse(why, san_leak_judge(&r->line.leak, decoded));
	if (why == D4_R_NONE && any)
		why = leak_found(r, made);
	return why == D4_R_NONE && any ? leak_found(r, decoded) : why;
}
