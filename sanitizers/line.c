#include "sanitizers/line.h"
#include "sanitizers/when.h"

enum d4_status
san_line_init(struct san_line *l, const struct san_make *m)
{
	const struct san_when *when = san_chain_step(m->chain, "time");

	l->addr = san_chain_step(m->chain, "addr");
	l->unit_us = when != NULL ? when->unit_us : 0;
	san_leak_init(&l->leak, l->addr);
	if (l->addr == NULL)
		return D4_OK;
	return san_map_new(l->addr, m->keys, &l->map);
}

void
san_line_fini(struct san_line *l)
{
	san_map_free(l->map);
	l->map = NULL;
}

struct san_line_part
san_line_begin(
    struct san_line *l, struct d4_slice record, const struct d4_buf *out)
{
	struct d4_slice line = record;

	while (line.n != 0 &&
	       (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	l->scoped = 0;
	san_leak_begin(&l->leak);
	return (struct san_line_part){record, line, out->n};
}

enum d4_reason
san_line_map(struct san_line *l, const struct d4_addr *a, struct d4_addr *to)
{
	struct san_mapped m;
	enum d4_reason why = san_map_addr(l->map, a, &m);

	if (why != D4_R_NONE)
		return why;
	l->scoped += m.what == SAN_WHAT_SCOPED || m.n_inner != 0;
	san_leak_fixed(&l->leak, &m.addr);
	*to = m.addr;
	return D4_R_NONE;
}

bool
san_line_missed(const struct san_line *l)
{
	return l->addr != NULL && l->addr->require != SAN_REQUIRE_NONE &&
	       l->scoped == 0;
}

enum san_outcome
san_line_outcome(enum d4_reason why)
{
	if (why == D4_R_NONE)
		return SAN_FORWARD;
	return why == D4_R_SELFCHECK ? SAN_QUARANTINE : SAN_DROP;
}

static enum d4_reason
line_judge(struct san_line *l, struct d4_slice line, struct d4_slice made)
{
	unsigned found;

	if (san_line_missed(l))
		return D4_R_SCOPE_MISS;
	if (!san_leak_on(&l->leak))
		return D4_R_NONE;
	/*
	 * What a family does not take for an address (inside an OID, with
	 * needless zeros, in a remark) is withheld, but is no doubt of ours:
	 * whoever writes into a log could open the breaker with it.
	 */
	found = san_leak_find(&l->leak, made);
	if ((found & SAN_FOUND_PLAIN) != 0)
		return D4_R_ADDR_DROP;
	/* What was not changed has no address that is not in the new one. */
	if (!d4_slice_eq(line, made))
		(void)san_leak_note(&l->leak, line);
	return san_leak_judge(&l->leak, made, found);
}

enum san_outcome
san_line_end(struct san_line *l, const struct san_line_part *p,
    struct d4_buf *out, enum d4_reason *why)
{
	struct d4_slice made = d4_buf_slice(out), end = p->record;

	(void)d4_slice_skip(&made, p->from);
	(void)d4_slice_skip(&end, p->line.n);
	if (*why == D4_R_NONE)
		*why = line_judge(l, p->line, made);
	if (*why == D4_R_NONE && d4_buf_add(out, end.p, end.n) != D4_OK)
		*why = D4_R_INTERNAL;
	return san_line_outcome(*why);
}
