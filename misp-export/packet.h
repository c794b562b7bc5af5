/* Backscatter out of packets: who is being attacked. Pure. */
#ifndef MISP_PACKET_H
#define MISP_PACKET_H

#include "misp-export/record.h"

/*
 * struct packet_file -- a pcap as an airlock's entry holds it, global header
 * first. swapped: the other byte order; nano: of its times.
 */
struct packet_file {
	struct d4_slice rest;
	bool swapped, nano;
	uint32_t link;
};

/* packet_open -- false: no pcap, or a link type that we do not read. */
bool packet_open(struct d4_slice file, struct packet_file *out);

/*
 * packet_next -- the next packet's fields: "victim" (the source of a SYN-ACK,
 * RST or ICMP answer: what is attacked), "reflector" (its destination: the
 * telescope), "proto", "port" (attacked; none for ICMP), "kind" ("syn-ack",
 * "rst", "icmp"). false: no packet any more. A packet that is no backscatter
 * has no fields.
 */
bool packet_next(struct packet_file *f, struct record *out);

#endif
