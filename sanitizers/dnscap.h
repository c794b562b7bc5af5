/*
 * The text of dnscap (type 4, dnscap -g): the step `dnscap` and its family. A
 * pipeline with the step takes that text, and refuses captures; without it
 * type 4 is of the packets.
 */
#ifndef SAN_DNSCAP_H
#define SAN_DNSCAP_H

#include "sanitizers/dns.h"
#include "sanitizers/line.h"

/*
 * struct san_dnscap -- what a stream keeps.
 * Shape:  conf: the step, the parameters of `payload: dns`. part: a section
 *         of the record in progress.
 */
struct san_dnscap {
	const struct san_dns_conf *conf;
	struct san_line line;
	struct d4_buf part;
};

/*
 * san_dnscap_write -- the record anew, from what was understood:
 *   [length] date time [#number interface vlan] \
 *   TAB [address].port [address].port  \
 *   TAB dns OPCODE,RCODE,id,flags \
 *   TAB count name,class,type \
 *   TAB count name,class,type,ttl,data... (three times; 0 without a fold)
 * Number, interface and VLAN become 0, - and 4095; addresses are mapped, names
 * judged as in packets, records of types that are not released left out, and
 * of EDNS the options.
 * Errors: PDNS_VALUE it is no such text; TIME_VALUE; those of san_line_map and
 *         san_dns_judge; INTERNAL.
 * Source: dnscap 2.1.1, src/dnscap.c output(), src/dump_dns.c.
 */
D4_USED enum d4_reason san_dnscap_write(
    struct san_dnscap *r, struct d4_slice line, struct d4_buf *out);

/* san_dnscap_stamp -- date and time of a record; empty: there are none. */
struct d4_slice san_dnscap_stamp(struct d4_slice line);

extern const struct san_step_kind san_step_dnscap;
extern const struct san_family san_family_dnscap;

#endif
