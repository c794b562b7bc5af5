/* Chains that a partner has for itself; for gate.c. */
#ifndef GATE_ABOUT_H
#define GATE_ABOUT_H

#include "policies/policy.h"
#include "sanitizers/chain.h"

/*
 * struct gate_about -- a pipeline for one partner only.
 * Shape:  concerns: behind the filter for what concerns it. A forgettable
 *         partner has its own without that, too: what it got by keys of the
 *         master's is not what it may get now, so it has another hash.
 */
struct gate_about {
	struct gate_about *next;
	const struct pol_pipeline *pipe;
	const struct pol_partner *partner;
	bool concerns;
	struct san_chain *chain;
};

/* about_compile -- a pipeline; who: pipe and partner of NULL, or for whom. */
D4_USED enum d4_status about_compile(const struct pol *p,
    const struct pol_pipeline *pipe, const struct gate_about *who,
    struct d4_diag *diag, struct san_chain **out);

/* about_all -- of all rules and all whom they reach; *list is the caller's. */
D4_USED enum d4_status about_all(
    const struct pol *p, struct gate_about **list, struct d4_diag *diag);
void about_free(struct gate_about *list);

/* about_find -- of a rule toward a partner; NULL: it does not reach it. */
const struct san_chain *about_find(const struct gate_about *list,
    const struct pol_share *share, const struct pol_partner *to);

#endif
