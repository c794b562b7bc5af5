/* The options of a partner that belong to its sink, in relay.yaml. */
#ifndef RELAY_CONF_SINK_H
#define RELAY_CONF_SINK_H

#include "relay/conf.h"

/*
 * conf_sink_check -- which sink it is, and that all and only its options are
 * written. node: the partner's map, f: what was read of it.
 * Errors: D4_EINVAL with *diag.
 */
D4_USED enum d4_status conf_sink_check(const struct d4_yaml *node,
    struct relay_partner_file *f, struct d4_diag *diag);

/* conf_sink_fill -- after the check; p's texts stay f's. */
void conf_sink_fill(
    const struct relay_partner_file *f, struct relay_partner *p);

/* conf_sink_apart -- no two data sets in one folder, and not too many. */
D4_USED enum d4_status conf_sink_apart(
    const struct relay_conf *c, struct d4_diag *diag);

void conf_sink_free(struct relay_partner_file *f);

/* conf_sink_help -- the members of `dataset`, for --help. */
void conf_sink_help(FILE *to);

#endif
