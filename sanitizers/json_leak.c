/* The self-check of JSON: which addresses stood in a record, do they still? */
#include <string.h>
#include "sanitizers/find.h"
#include "sanitizers/find_hidden.h"
#include "sanitizers/json_run.h"

static bool
leak_is_fixed(const struct san_json_run *r, const struct d4_addr *a)
{
	for (unsigned i = 0; i < r->n_fixed; i++) {
		if (memcmp(&r->fixed[i], a, sizeof(*a)) == 0)
			return true;
	}
	return false;
}

/* leak_counts -- no address that the operator or the mapping leaves as is. */
static bool
leak_counts(const struct san_json_run *r, const struct d4_addr *a)
{
	return !leak_is_fixed(r, a) &&
	       d4_prefix_set_find(&r->addr->keep, a) == NULL;
}

/* leak_note -- all addresses of the scope in a text; some were there. */
static bool
leak_note(struct san_json_run *r, struct d4_slice text)
{
	bool any = false;

	struct san_find f = {.text = text, .first = r->first};
	struct d4_addr a;

	while (san_find_next(&f, &a)) {
		if (leak_counts(r, &a))
			any |= san_scope_note(&r->addr->scope, &a, &r->check);
	}
	return any;
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
	if (text.n == 0 || memchr(text.p, '\\', text.n) == NULL)
		return D4_OK;
	st = san_json_decode(&s, &r->keys.text);
	if (st == D4_OK)
		*out = d4_buf_slice(&r->keys.text);
	return st;
}

static bool
leak_hit(struct san_json_run *r, struct d4_slice made)
{
	return r->check.full || san_check_hit(&r->check, made) ||
	       (r->truncates && leak_note(r, made));
}

static bool
leak_wanted(const void *arg, const struct d4_addr *a)
{
	const struct san_json_run *r = arg;

	return san_scope_has(&r->addr->scope, a) && leak_counts(r, a);
}

static enum d4_reason
leak_judge(struct san_json_run *r, struct d4_slice made)
{
	struct san_wanted w = {leak_wanted, r};

	if (leak_hit(r, made))
		return D4_R_SELFCHECK;
	return san_find_hidden(made, &w) ? D4_R_ADDR_DROP : D4_R_NONE;
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
	san_check_reset(&r->check);
	(void)leak_note(r, record);
	(void)leak_note(r, decoded);
	why = leak_judge(r, made);
	if (why == D4_R_SELFCHECK)
		return why;
	if (leak_decode(r, made, &decoded) != D4_OK)
		return D4_R_INTERNAL;
	return leak_worse(why, leak_judge(r, decoded));
}
