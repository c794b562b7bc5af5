/* Passive DNS in JSON, the Common Output Format: may a record leave? */
#ifndef SAN_COF_H
#define SAN_COF_H

#include "sanitizers/json_skip.h"
#include "sanitizers/step.h"

struct san_cof;

/*
 * san_cof_new -- what a stream keeps for the step `cof`; NULL in *out: the
 * chain has none. Errors: D4_ENOMEM.
 */
D4_USED enum d4_status san_cof_new(
    const struct san_chain *c, struct san_cof **out);
void san_cof_free(struct san_cof *f);

/*
 * san_cof_judge -- one record: an object with rrname and rrtype, strings, and
 * rdata, a string or several; time_first, time_last and count are numbers
 * where they are there. Names and answers are judged as in lines of passive
 * DNS. keys: the room of the reader.
 * Errors: why not: those of the reader; JSON_TYPE; those of san_pdns_about;
 *         PDNS_COUNT.
 * Source: draft-dulaunoy-dnsop-passive-dns-cof.
 */
enum d4_reason san_cof_judge(
    struct san_cof *f, struct san_json_keys *keys, struct d4_slice record);

#endif
