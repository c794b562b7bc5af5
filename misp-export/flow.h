/* Flows out of IPFIX: who talked to whom. Pure. Source: RFC 7011, RFC 5102. */
#ifndef MISP_FLOW_H
#define MISP_FLOW_H

#include "libd4/ipfix_record.h"
#include "misp-export/record.h"

/*
 * struct flow_file -- IPFIX messages as an airlock's entry holds them, the
 * templates first. sets: what is left of the message in progress; body: of its
 * data set, with these fields.
 * Owns:   known: flow_open, flow_close.
 */
struct flow_file {
	struct d4_slice rest, sets, body, fields;
	struct ipfix_templates known;
	uint32_t domain, export_s;
	uint8_t header[IPFIX_HEADER];
};

void flow_open(struct flow_file *f, struct d4_slice file);
void flow_close(struct flow_file *f);

/*
 * flow_next -- the next flow's fields, named as in Suricata's flows:
 * "/src_ip", "/dest_ip", "/src_port", "/dest_port", "/proto"; its start, or
 * when it was exported. An address that is all zero is none. false: no flow
 * any more; what is no message ends the file. out: as record_init leaves it.
 */
bool flow_next(struct flow_file *f, struct record *out);

#endif
