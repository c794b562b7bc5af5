#include <stdlib.h>
#include <string.h>
#include "sanitizers/canary.h"
#include "sanitizers/word.h"

static enum d4_status
canary_read(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_canaries *c)
{
	size_t n = v->kind == D4_YAML_SCALAR ? strlen(v->text) : 0;

	if (n < SAN_CANARY_MIN || n > SAN_CANARY_MAX)
		return d4_diag_set(cx->diag, v->at,
		    "write what nobody else would, e.g. 20 random letters",
		    "a canary is a text of %u to %u bytes", SAN_CANARY_MIN,
		    SAN_CANARY_MAX);
	if (c->count == SAN_CANARIES)
		return d4_diag_set(
		    cx->diag, v->at, "", "more than %u canaries", SAN_CANARIES);
	memcpy(c->text[c->count], v->text, n + 1);
	c->n[c->count++] = (uint8_t)n;
	return D4_OK;
}

static enum d4_status
canary_compile(
    const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	struct san_canaries *c = calloc(1, sizeof(*c));
	const struct d4_yaml *item;
	enum d4_status st = D4_OK;

	if (c == NULL)
		return D4_ENOMEM;
	for (size_t i = 0; st == D4_OK && (item = san_item(node, i)) != NULL;
	     i++)
		st = canary_read(cx, item, c);
	if (st == D4_OK && c->count == 0)
		st = d4_diag_set(cx->diag, node->at,
		    "write a text, or a list of some", "no canary");
	if (st != D4_OK) {
		free(c);
		return st;
	}
	*conf = c;
	return D4_OK;
}

const struct san_step_kind san_step_canary = {
    .name = "canary",
    .families = SAN_PACKETS | SAN_IPFIX | SAN_PDNS | SAN_JSON | SAN_TEXT |
                SAN_MALTRAIL | SAN_DNSCAP,
    .help = "planted texts, of which none may leave",
    .compile = canary_compile,
};

bool
san_canary_seen(
    const struct san_canaries *c, const struct d4_buf *out, size_t from)
{
	for (size_t i = 0; c != NULL && out->n > from && i < c->count; i++) {
		if (memmem(out->p + from, out->n - from, c->text[i], c->n[i]) !=
		    NULL)
			return true;
	}
	return false;
}
