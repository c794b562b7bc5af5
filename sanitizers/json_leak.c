/* The self-check of JSON: strings are looked at as written and decoded. */
#include <string.h>
#include "sanitizers/json_run.h"

static bool
leak_escaped(struct d4_slice text)
{
	return text.n != 0 && memchr(text.p, '\\', text.n) != NULL;
}

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
	if (!leak_escaped(text))
		return D4_OK;
	st = san_json_decode(&s, &r->keys.text);
	if (st == D4_OK)
		*out = d4_buf_slice(&r->keys.text);
	return st;
}

/*
 * leak_judge -- what was made, as written or decoded, in which san_leak_find
 * found so much. `any`: an address of the scope stood in the record. One that
 * does not in a spelling that the self-check knows ("2001:0db8:77::1",
 * "::ffff:a01:203") is searched for as a reader would: that is no doubt of
 * ours (see line_judge).
 */
static enum d4_reason
leak_judge(
    struct san_json_run *r, struct d4_slice made, unsigned found, bool any)
{
	enum d4_reason why = san_leak_judge(&r->line.leak, made, found);

	if (why == D4_R_NONE && any && (found & SAN_FOUND_PLAIN) != 0)
		return D4_R_ADDR_DROP;
	return why;
}

/* leak_coded -- the record is noted as written and decoded, and so judged. */
static enum d4_reason
leak_coded(struct san_json_run *r, struct d4_slice record, struct d4_slice made,
    unsigned found)
{
	struct d4_slice decoded;
	enum d4_reason why, again;
	bool any;

	if (leak_decode(r, record, &decoded) != D4_OK)
		return D4_R_INTERNAL;
	any = san_leak_note(&r->line.leak, record);
	any = san_leak_note(&r->line.leak, decoded) || any;
	why = leak_judge(r, made, found, any);
	if (why == D4_R_SELFCHECK)
		return why;
	if (leak_decode(r, made, &decoded) != D4_OK)
		return D4_R_INTERNAL;
	if (decoded.n == 0)
		return why;
	/* The self-check's doubt is more than a filter's no. */
	again =
	    leak_judge(r, decoded, san_leak_find(&r->line.leak, decoded), any);
	return why == D4_R_NONE || again == D4_R_SELFCHECK ? again : why;
}

/*
 * Nothing of the scope was found in what was made: so an address that stood in
 * the record stood in what is gone. It does not stand in both: where one of
 * the two ends there is a quote, a comma or a bracket.
 */
enum d4_reason
san_json_leaks(
    struct san_json_run *r, struct d4_slice record, struct d4_slice made)
{
	struct d4_slice gone = d4_buf_slice(&r->gone);
	unsigned found = san_leak_find(&r->line.leak, made);

	if ((found & SAN_FOUND_ADDRESS) != 0 || leak_escaped(gone) ||
	    ((found & SAN_FOUND_CODED) != 0 && leak_escaped(made)))
		return leak_coded(r, record, made, found);
	(void)san_leak_note(&r->line.leak, gone);
	return san_leak_judge(&r->line.leak, made, 0);
}
