/* Names that never leave, whatever the policy says. */
#ifndef SAN_PDNS_DENY_H
#define SAN_PDNS_DENY_H

#include "sanitizers/pdns_name.h"

/* san_pdns_deny_default -- adds them to a set. Errors: D4_ENOMEM. */
D4_USED enum d4_status san_pdns_deny_default(struct san_suffixes *s);

#endif
