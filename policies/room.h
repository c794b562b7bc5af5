/* The rooms of the file: one parse_X.c each, started by parse.c. */
#ifndef POL_ROOM_H
#define POL_ROOM_H

#include "policies/fields.h"

/* Each reads the value of its top-level key into r->p. */
enum d4_status pol_parse_hub(
    struct pol_reader *r, const struct d4_yaml *n, void *out);
enum d4_status pol_parse_networks(
    struct pol_reader *r, const struct d4_yaml *n, void *out);
enum d4_status pol_parse_sources(
    struct pol_reader *r, const struct d4_yaml *n, void *out);
enum d4_status pol_parse_partners(
    struct pol_reader *r, const struct d4_yaml *n, void *out);
enum d4_status pol_parse_pipelines(
    struct pol_reader *r, const struct d4_yaml *n, void *out);
enum d4_status pol_parse_share(
    struct pol_reader *r, const struct d4_yaml *n, void *out);
enum d4_status pol_parse_deny(
    struct pol_reader *r, const struct d4_yaml *n, void *out);

/*
 * pol_read_prefixes -- a list of prefixes, addresses and names of networks
 * into a struct d4_prefix_set, joined (parse_networks.c).
 */
enum d4_status pol_read_prefixes(
    struct pol_reader *r, const struct d4_yaml *n, void *out);

/* pol_read_domains -- a list of names, the node itself (parse_networks.c). */
enum d4_status pol_read_domains(
    struct pol_reader *r, const struct d4_yaml *n, void *out);

/* pol_read_relabel -- a struct pol_relabel (parse_relabel.c). */
enum d4_status pol_read_relabel(
    struct pol_reader *r, const struct d4_yaml *n, void *out);

/* pol_read_sink -- an enum pol_sink (sinks.c); own: for kind own only. */
enum d4_status pol_read_sink(
    struct pol_reader *r, const struct d4_yaml *n, void *out);
bool pol_sink_own(enum pol_sink s);

/* pol_read_misp -- a struct pol_misp (parse_misp.c). */
enum d4_status pol_read_misp(
    struct pol_reader *r, const struct d4_yaml *n, void *out);

/* pol_read_to -- partner ids, group:NAME, "*" (parse_cond.c). */
enum d4_status pol_read_to(
    struct pol_reader *r, const struct d4_yaml *n, void *out);

/* pol_read_from -- source ids, "*". */
enum d4_status pol_read_from(
    struct pol_reader *r, const struct d4_yaml *n, void *out);

/* pol_read_match -- {any, all, none} into a struct pol_tag_lists. */
enum d4_status pol_read_match(
    struct pol_reader *r, const struct d4_yaml *n, void *out);

/* pol_cond_check -- the names in a condition exist. */
D4_USED enum d4_status pol_cond_check(
    struct pol_reader *r, const struct pol_cond *c);

/*
 * pol_no_labels -- no pattern names TLP or PAP. Where a rule could release
 * because of a label, raising the label could release more; so only `any` and
 * `all` of a deny rule may name them.
 */
D4_USED enum d4_status pol_no_labels(
    struct pol_reader *r, const struct d4_yaml *patterns);

/* pol_rule_id_check -- free among share and deny, and no built-in reason. */
D4_USED enum d4_status pol_rule_id_check(
    struct pol_reader *r, const struct d4_yaml *map, const char *id);

#endif
