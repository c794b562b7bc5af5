/* BPF expressions on the original packet, through libpcap; no name lookups. */
#ifndef SAN_BPF_H
#define SAN_BPF_H

#include "libd4/yaml.h"

#define SAN_BPF_MAX 2048u /* characters of an expression */

struct san_bpf;

/*
 * san_bpf_words -- an expression may hold numbers, addresses, operators and
 * the filter language's own words, and nothing that libpcap would look up
 * (hosts, networks, ports and protocols by name): a sanitizer does no I/O.
 * Returns the first word that is none of these, or NULL; n is its length.
 */
const char *san_bpf_words(const char *text, size_t *n);

/*
 * san_bpf_new -- compiled for a pcap link type.
 * Errors: D4_EINVAL, and why[n] says what libpcap said.  D4_ENOMEM.
 */
D4_USED enum d4_status san_bpf_new(const char *text, uint16_t link,
    char why[D4_DIAG_TEXT], struct san_bpf **out);
void san_bpf_free(struct san_bpf *b);

/* san_bpf_run -- does the packet (wire: its length there) match? */
bool san_bpf_run(const struct san_bpf *b, struct d4_slice in, uint32_t wire);

#endif
