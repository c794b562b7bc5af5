/*
 * Whom a record concerns: `concerns: recipient` of a share rule releases only
 * what is about the partner's own networks and domains (policy.md section 2).
 * A filter, not a disguise: it never looks harder than a plain reader would,
 * and what it cannot read concerns nobody.
 */
#ifndef SAN_CONCERNS_H
#define SAN_CONCERNS_H

#include "sanitizers/chain.h"

struct san_concerns;

/*
 * san_concerns_new -- Owns: networks are borrowed and outlive it.
 * Errors: D4_EINVAL with *diag: a domain is not a name.  D4_ENOMEM.
 */
D4_USED enum d4_status san_concerns_new(const struct san_about *about,
    struct d4_diag *diag, struct san_concerns **out);
void san_concerns_free(struct san_concerns *c);

/* san_concerns_addr -- it is of the networks, or one inside it (6to4, ...). */
bool san_concerns_addr(const struct san_concerns *c, const struct d4_addr *a);

/*
 * san_concerns_line -- some word of a line is an address of the networks or a
 * name in the domains. Words are what stands between all but letters, digits
 * and . : - _; an address may have a port. No other spelling counts.
 */
bool san_concerns_line(const struct san_concerns *c, struct d4_slice line);

#endif
