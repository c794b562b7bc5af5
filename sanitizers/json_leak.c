/* The self-check of JSON: which addresses stood in a record, do they still? */
#include <string.h>
#include "sanitizers/find.h"
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

/* leak_note -- all addresses of the scope in a text. */
static void
leak_note(struct san_json_run *r, struct d4_slice text)
{
	struct san_find f = {.text = text, .first = r->first};
	struct d4_addr a;

	while (san_find_next(&f, &a)) {
		if (!leak_is_fixed(r, &a) &&
		    d4_prefix_set_find(&r->addr->keep, &a) == NULL)
			(void)san_scope_note(&r->addr->scope, &a, &r->check);
	}
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

enum d4_status
san_json_leaks(struct san_json_run *r, struct d4_slice record,
    struct d4_slice made, bool *out)
{
	struct d4_slice decoded;
	enum d4_status st = leak_decode(r, record, &decoded);

	if (st != D4_OK)
		return st;
	san_check_reset(&r->check);
	leak_note(r, record);
	leak_note(r, decoded);
	*out = r->check.full || san_check_hit(&r->check, made);
	if (*out || r->check.n4 + r->check.n6 == 0)
		return D4_OK;
	st = leak_decode(r, made, &decoded);
	if (st == D4_OK)
		*out = san_check_hit(&r->check, decoded);
	return st;
}
