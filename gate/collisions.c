/* Which addresses of the scope a pool gives the same one. */
#include <string.h>
#include "gate/gate.h"
#include "sanitizers/reverse.h"

struct collisions {
	void (*fn)(void *arg, const struct gate_meet *m);
	void *arg;
	struct gate_meet meet;
	size_t n;
};

static void
collisions_one(void *arg, const struct d4_addr both[2])
{
	struct collisions *c = arg;

	memcpy(c->meet.both, both, sizeof(c->meet.both));
	c->n++;
	if (c->fn != NULL)
		c->fn(c->arg, &c->meet);
}

static void
collisions_of(struct gate *g, struct collisions *c)
{
	const struct san_chain *chain =
	    gate_chain_to(g, c->meet.share, c->meet.partner);
	const struct san_keys *keys = gate_keys(g, c->meet.partner);
	const struct san_meet meet = {collisions_one, c};

	if (chain != NULL && keys != NULL)
		(void)!san_chain_collisions(chain, keys, &meet);
}

size_t
gate_collisions(
    struct gate *g, void (*fn)(void *arg, const struct gate_meet *m), void *arg)
{
	const struct pol *p = gate_policy(g);
	struct collisions c = {.fn = fn, .arg = arg};

	for (size_t i = 0; i < pol_n_shares(p); i++) {
		for (size_t k = 0; k < pol_n_partners(p); k++) {
			if (!pol_share_to(p, i, k))
				continue;
			c.meet.share = pol_share_at(p, i);
			c.meet.partner = pol_partner_at(p, k)->id;
			collisions_of(g, &c);
		}
	}
	return c.n;
}
