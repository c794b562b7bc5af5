/* The steps that are one word or number, compiled. */
#ifndef SAN_STEPS_H
#define SAN_STEPS_H

#include "sanitizers/addr.h"
#include "sanitizers/when.h"

enum san_link { SAN_LINK_ZERO, SAN_LINK_HMAC, SAN_LINK_KEEP };

enum san_payload {
	SAN_PAYLOAD_HEADERS, /* cut behind the last header */
	SAN_PAYLOAD_ZERO,
	SAN_PAYLOAD_CLEAN, /* kept unless an address of the scope is in it */
	SAN_PAYLOAD_FIRST, /* keep:N */
	SAN_PAYLOAD_KEEP,
	SAN_PAYLOAD_DNS, /* UDP 53 rebuilt, else headers */
};

/* The step `payload`, compiled. n: of keep:N. dns: of dns, else NULL. */
struct san_payload_conf {
	enum san_payload kind;
	unsigned n;
	struct san_dns_conf *dns;
};

/* Named filters, as bits. */
enum san_filter {
	SAN_FILTER_BACKSCATTER = 1 << 0, /* SYN-ACK, RST, ICMP errors */
	SAN_FILTER_ICMP_ERROR = 1 << 1,
	SAN_FILTER_ICMP = 1 << 2,
	SAN_FILTER_SYN = 1 << 3,
	SAN_FILTER_DNS = 1 << 4,
	SAN_FILTER_TCP = 1 << 5,
	SAN_FILTER_UDP = 1 << 6,
};

/* All of a chain's steps for packets, with the defaults where none stands. */
struct san_opts {
	const struct san_addr *addr;
	const char *bpf;
	const struct san_concerns *concerns; /* NULL: packets of anybody */
	struct san_when time;
	uint64_t sample; /* keep one flow in so many; 0: all */
	unsigned match;  /* SAN_FILTER_*, 0: all */
	struct san_payload_conf payload;
	enum san_link link;
	bool tunnels, tags_keep, tcp_ts_zero, keep_status, inner_incremental,
	    fixup;
};

void san_opts_of(const struct san_chain *c, struct san_opts *out);

extern const struct san_step_kind san_step_match, san_step_bpf, san_step_sample,
    san_step_link, san_step_tags, san_step_payload, san_step_tcp_ts,
    san_step_fixup, san_step_tunnels, san_step_checksums, san_step_inner;

#endif
