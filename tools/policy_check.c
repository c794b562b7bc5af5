#include <stdio.h>
#include "tools/policy_tool.h"

struct counter {
	const char *file;
	unsigned warnings;
};

static void
print_warning(void *arg, const struct d4_diag *d)
{
	struct counter *c = arg;
	struct d4_diag named = *d;
	char text[2 * D4_DIAG_TEXT + 256];

	named.file = c->file;
	(void)snprintf(
	    named.what, sizeof(named.what), "warning: %.350s", d->what);
	d4_diag_format(&named, text, sizeof(text));
	printf("%s\n", text);
	c->warnings++;
}

/* Of two addresses of a pool that cannot be told apart any more. */
static void
print_meet(void *arg, const struct gate_meet *m)
{
	struct counter *c = arg;
	struct d4_diag d = {
	    .line = m->share->at.line, .column = m->share->at.column};
	char first[D4_ADDR_TEXT], second[D4_ADDR_TEXT];

	d4_addr_text(&m->both[0], first);
	d4_addr_text(&m->both[1], second);
	(void)snprintf(d.what, sizeof(d.what),
	    "for `%s` the pool gives %s and %s the same address", m->partner,
	    first, second);
	(void)snprintf(
	    d.remedy, sizeof(d.remedy), "a larger pool makes that rarer");
	print_warning(c, &d);
}

int
policy_check(const struct policy_args *a)
{
	struct counter c = {.file = a->policy};
	struct gate *g = policy_load(a->policy);
	struct d4_diag diag = {.file = a->policy};
	const struct pol *p;

	if (g == NULL)
		return EX_FAILED;
	p = gate_policy(g);
	pol_warnings(p, policy_now(), print_warning, &c);
	/* A policy is valid without its key; this cannot be known then. */
	if (gate_keys_load(g, &diag) == D4_OK)
		(void)gate_collisions(g, print_meet, &c);
	printf("%s: ok: %zu sources, %zu partners, %zu pipelines, %zu share "
	       "rules, %u warnings\npolicy %s\n",
	    a->policy, pol_n_sources(p), pol_n_partners(p), pol_n_pipelines(p),
	    pol_n_shares(p), c.warnings, pol_hash(p));
	gate_free(g);
	return EX_OK;
}
