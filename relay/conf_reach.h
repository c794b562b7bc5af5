/* How a partner in relay.yaml is reached, and what it accepts. */
#ifndef RELAY_CONF_REACH_H
#define RELAY_CONF_REACH_H

#include "relay/conf.h"

/*
 * conf_reach_fill -- proxy, accepts and session_gap of *f into *p. node: the
 * partner's map. Errors: D4_EINVAL with *diag.
 */
D4_USED enum d4_status conf_reach_fill(const struct d4_yaml *node,
    struct relay_partner_file *f, struct d4_diag *diag,
    struct relay_partner *p);

/*
 * conf_reach_secrets -- user and password for the proxy, one line
 * "user:password". Errors: as d4_secret_read; D4_EMALFORMED.
 */
D4_USED enum d4_status conf_reach_secrets(
    struct relay_partner_file *f, struct relay_partner *p);

#endif
