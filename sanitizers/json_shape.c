#include "sanitizers/json_shape.h"

#define MISSES 16u /* records with other names that change what is known */

/* shape_add -- a member whose name begins at `from`; false: it is no usual one.
 */
static bool
shape_add(struct san_json_shape *s, const struct san_json_conf *c,
    const uint8_t *from, const struct san_json_name *name)
{
	const struct san_json_node root = san_json_root(c);
	struct san_json_child ch = {.member = true, .name = *name};
	struct san_json_known *k = &s->member[s->n];
	size_t len = name->text.n + 3;

	if (s->n == SAN_JSON_KNOWN || len > SAN_JSON_KNOWN_TEXT ||
	    name->text.p != from + 1 || from[len - 1] != ':')
		return false;
	memset(k->text, 0, sizeof(k->text));
	memcpy(k->text, from, len);
	memset(k->mask, 0, sizeof(k->mask));
	memset(k->mask, 0xff, len);
	k->len = len;
	k->hash = name->hash;
	k->may = san_json_may(c, san_json_row(name->hash));
	san_json_descend(c, &root, &ch, &k->kid);
	s->n++;
	return true;
}

void
san_json_learn(struct san_json_shape *s, const struct san_json_conf *c,
    struct san_json_keys *keys, struct d4_slice record)
{
	struct san_json_lex lx = san_json_within(keys, record);
	struct san_json_object o = san_json_open(keys);
	enum d4_reason why = D4_R_NONE;
	struct san_json_name name;
	const uint8_t *from;

	if (s->n != 0 && ++s->missed < MISSES)
		return;
	s->n = s->missed = 0;
	san_json_space(&lx);
	if (!san_json_is(&lx, '{'))
		return;
	do {
		lx.p++;
		san_json_space(&lx);
		from = lx.p;
		why = san_json_member(&lx, keys, &o, &name);
		if (why != D4_R_NONE || !shape_add(s, c, from, &name))
			break;
		why = san_json_skip(&lx, keys, 1);
		san_json_space(&lx);
	} while (why == D4_R_NONE && san_json_is(&lx, ','));
	keys->n = o.base;
}
