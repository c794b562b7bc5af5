/* Which fields of what leaves may hold pseudonyms: for who reads it as true. */
#include <stdio.h>
#include <string.h>
#include "sanitizers/addr.h"
#include "sanitizers/json.h"
#include "sanitizers/mapped.h"
#include "sanitizers/maltrail.h"
#include "sanitizers/text.h"

#define MAPPED_PATH 256u

struct mapped {
	void (*fn)(void *arg, const char *field);
	void *arg;
};

static void
mapped_prefix(const struct mapped *m, const struct d4_prefix *p)
{
	char text[D4_ADDR_TEXT], out[D4_ADDR_TEXT + 8];

	d4_addr_text(&p->addr, text);
	(void)snprintf(out, sizeof(out), "in:%s/%u", text, (unsigned)p->len);
	m->fn(m->arg, out);
}

/*
 * With `into`, a replaced address lies in it, and none that was kept does:
 * such records are dropped. Without, any address may be another's.
 */
static void
mapped_addr(const struct mapped *m, const struct san_addr *a)
{
	bool known;

	if (a->method == SAN_METHOD_DROP && a->others != SAN_OTHERS_MAP)
		return;
	known =
	    a->method == SAN_METHOD_CRYPTOPAN || a->method == SAN_METHOD_PNAT;
	if (!known || a->into == NULL || a->others == SAN_OTHERS_MAP) {
		m->fn(m->arg, "*");
		return;
	}
	for (size_t i = 0; i < a->scope.n; i++)
		mapped_prefix(m, &a->into[i]);
}

/* "/a/b" of a rule's path; "*" where it is more than one place. */
static void
mapped_path(const struct mapped *m, const struct san_json_conf *c,
    const struct san_json_rule *r)
{
	char out[MAPPED_PATH];
	size_t n = 0;

	for (size_t i = r->from; i < r->to; i++) {
		const struct san_seg *s = &c->seg[i];

		if (s->deep || s->name == NULL || n + s->n + 2 > sizeof(out) ||
		    memchr(s->name, '/', s->n) != NULL) {
			m->fn(m->arg, "*");
			return;
		}
		out[n++] = '/';
		memcpy(out + n, s->name, s->n);
		n += s->n;
	}
	out[n] = '\0';
	m->fn(m->arg, n > 0 ? out : "*");
}

static void
mapped_json(const struct mapped *m, const struct san_json_conf *c)
{
	for (size_t i = 0; i < c->n_rule; i++) {
		switch (c->rule[i].op) {
		case SAN_OP_TOK:
		case SAN_OP_REPLACE:
		case SAN_OP_TRUNC:
		case SAN_OP_LEN:
		case SAN_OP_REDACT:
			mapped_path(m, c, &c->rule[i]);
			break;
		case SAN_OP_KEEP:
		case SAN_OP_DROP:
		case SAN_OP_ADDR: /* told by the step `addr` */
		case SAN_OP_TIME:
			break;
		}
	}
}

/* What a token or a mask became of can stand anywhere in a line. */
static void
mapped_text(const struct mapped *m, const struct san_text_conf *c)
{
	bool any = c->n_regex > 0;

	for (size_t i = 0; i < SAN_KINDS; i++)
		any = any || c->act[i] == SAN_ACT_TOK ||
		      c->act[i] == SAN_ACT_MASK;
	if (any)
		m->fn(m->arg, "*");
}

void
san_chain_mapped(const struct san_chain *c,
    void (*fn)(void *arg, const char *field), void *arg)
{
	const struct mapped m = {fn, arg};
	const struct san_addr *addr = san_chain_step(c, "addr");
	const struct san_json_conf *json = san_chain_step(c, "json");
	const struct san_text_conf *text = san_chain_step(c, "text");
	const struct san_trail_conf *trail = san_chain_step(c, "maltrail");

	if (addr != NULL)
		mapped_addr(&m, addr);
	if (json != NULL)
		mapped_json(&m, json);
	if (text != NULL)
		mapped_text(&m, text);
	if (trail != NULL && trail->sensor == TRAIL_TOK)
		fn(arg, "sensor");
}
