/* Data of options templates: what an exporter says of itself. ADR 0062. */
#ifndef SAN_IPFIX_OPTIONS_H
#define SAN_IPFIX_OPTIONS_H

#include "sanitizers/ipfix.h"

/*
 * ipf_option_of -- as ipf_op_of, of a field of options; scope: it says whom
 * they are about.
 */
enum ipf_op ipf_option_of(const struct ipfix_field *f, bool scope);

/*
 * ipf_leaves -- do data of this template leave? Those of flows do; those of
 * options when all that says whom they are about does, and something that is
 * said of it. Not of an empty record of options.
 */
bool ipf_leaves(uint16_t set, struct d4_slice record);

/* ipf_scopes -- how many of a template's fields say whom it is about. */
unsigned ipf_scopes(uint16_t set, struct d4_slice record);

#endif
