/* The TLP ceiling: necessary, never sufficient. */
#ifndef POL_CEILING_H
#define POL_CEILING_H

#include "policies/policy.h"

/*
 * struct pol_ceiling -- one cell's address and what the rule brings.
 * base: the label that the policy itself gives (floor, tags of the source,
 * relabel); label is stricter where a sensor's meta header tightened it.
 * named: the rule lists the partner's id. community: the partner is in a
 * group that the source lists. concerns: only records about the partner.
 */
struct pol_ceiling {
	enum pol_tlp base;
	enum pol_tlp label;
	bool relay;
	enum pol_kind kind;
	bool community;
	bool named;
	bool concerns;
};

/* pol_ceiling_allows -- spec policy.md sections 2 and 6, ADR 0011. */
bool pol_ceiling_allows(const struct pol_ceiling *c);

const char *pol_kind_text(enum pol_kind k);

#endif
