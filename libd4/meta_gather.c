#include "libd4/meta.h"

void
d4_meta_gather_init(struct d4_meta_gather *g)
{
	*g = (struct d4_meta_gather){.depth = 0};
	d4_buf_init(&g->json, D4_META_MAX);
}

void
d4_meta_gather_fini(struct d4_meta_gather *g)
{
	d4_buf_fini(&g->json);
}

/* Follows braces outside of strings; nothing else says where it ends. */
static void
gather_step(struct d4_meta_gather *g, uint8_t c)
{
	if (g->in_string) {
		g->in_string = c != '"' || g->escaped;
		g->escaped = c == '\\' && !g->escaped;
		return;
	}
	if (c == '"')
		g->in_string = true;
	else if (c == '{')
		g->depth++;
	else if (c == '}')
		g->done = --g->depth == 0;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/*
 * d4-core removes every newline of the payloads, also inside strings, and
 * joins what is left; so the same bytes have to be seen here.
 */
enum d4_status
d4_meta_gather_add(struct d4_meta_gather *g, struct d4_slice payload)
{
	enum d4_status st;
	size_t i;

	for (i = 0; i < payload.n && !g->done; i++) {
		if (payload.p[i] == '\n')
			continue;
		if (g->depth == 0 && is_blank(payload.p[i]))
			continue;
		if (g->depth == 0 && payload.p[i] != '{')
			return D4_EMALFORMED;
		st = d4_buf_add(&g->json, payload.p + i, 1);
		if (st != D4_OK)
			return st;
		gather_step(g, payload.p[i]);
	}
	return g->done ? D4_OK : D4_AGAIN;
}
