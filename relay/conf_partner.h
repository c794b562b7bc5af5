/* One partner in relay.yaml. */
#ifndef RELAY_CONF_PARTNER_H
#define RELAY_CONF_PARTNER_H

#include "relay/conf.h"

/*
 * conf_partner_read -- the i-th member of `partners` into c->partner[i] and
 * c->file[i]. path: of relay.yaml, for relative files.
 */
D4_USED enum d4_status conf_partner_read(const struct d4_yaml *map, size_t i,
    const char *path, struct d4_diag *diag, struct relay_conf *c);
void conf_partner_free(struct relay_partner_file *f);

/*
 * conf_partner_secrets -- opens its files. false: logged why; it cannot be
 * sent to. The texts of *p that are files become their contents (PEM).
 */
bool conf_partner_secrets(
    struct relay_partner_file *f, struct relay_partner *p);

void conf_partner_help(FILE *to);

#endif
