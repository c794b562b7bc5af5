#include <ctype.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sanitizers/bpf.h"

struct san_bpf {
	struct bpf_program prog;
};

/* pcap-filter(7), without what asks a resolver or a file of names. */
static const char *const bpf_known[] = {"host", "net", "mask", "port",
    "portrange", "src", "dst", "and", "or", "not", "ether", "ip", "ip6", "arp",
    "rarp", "tcp", "udp", "icmp", "icmp6", "igmp", "sctp", "ah", "esp", "pim",
    "proto", "protochain", "broadcast", "multicast", "less", "greater", "len",
    "vlan", "mpls", "pppoes", "pppoed", "link", "inbound", "outbound",
    "icmptype", "icmpcode", "icmp6type", "icmp6code", "tcpflags", "tcp-fin",
    "tcp-syn", "tcp-rst", "tcp-push", "tcp-ack", "tcp-urg", "tcp-ece",
    "tcp-cwr", "icmp-echoreply", "icmp-unreach", "icmp-sourcequench",
    "icmp-redirect", "icmp-echo", "icmp-timxceed", "icmp-paramprob",
    "icmp6-destinationrunreach", "icmp6-packettoobig", "icmp6-timeexceeded",
    "icmp6-parameterproblem", "icmp6-echo", "icmp6-echoreply", NULL};

static bool
bpf_is_known(const char *word, size_t n)
{
	for (const char *const *w = bpf_known; *w != NULL; w++) {
		if (strlen(*w) == n && memcmp(*w, word, n) == 0)
			return true;
	}
	return false;
}

/* Numbers, addresses, MAC addresses: they begin with a digit or hold `:`. */
static bool
bpf_is_value(const char *word, size_t n)
{
	if (isdigit((unsigned char)*word))
		return true;
	return memchr(word, ':', n) != NULL &&
	       strspn(word, "0123456789abcdefABCDEF:.") >= n;
}

/*
 * A word begins with a letter, digit or colon. Inside brackets, [0:4], the
 * colon stands between numbers, which are values anyway.
 */
static size_t
bpf_word(const char *p)
{
	size_t n = 0;

	if (*p == '-' || *p == '.' || *p == '_')
		return 0; /* a sign, or nothing that begins a word */
	while (isalnum((unsigned char)p[n]) ||
	       (p[n] != '\0' && strchr(":._-\\", p[n]) != NULL))
		n++;
	return n;
}

const char *
san_bpf_words(const char *text, size_t *n)
{
	for (const char *p = text; *p != '\0'; p += *n != 0 ? *n : 1) {
		*n = bpf_word(p);
		if (*n != 0 && !bpf_is_known(p, *n) && !bpf_is_value(p, *n) &&
		    strspn(p, "-:") < *n)
			return p;
	}
	return NULL;
}

static int
bpf_dlt(uint16_t link)
{
	/* The one link type whose number in files is not the library's. */
	return link == 101 ? DLT_RAW : link;
}

enum d4_status
san_bpf_new(const char *text, uint16_t link, char why[D4_DIAG_TEXT],
    struct san_bpf **out)
{
	struct san_bpf *b = calloc(1, sizeof(*b));
	pcap_t *pc;
	int rc;

	if (b == NULL)
		return D4_ENOMEM;
	pc = pcap_open_dead(bpf_dlt(link), 262144);
	if (pc == NULL) {
		free(b);
		return D4_ENOMEM;
	}
	rc = pcap_compile(pc, &b->prog, text, 1, PCAP_NETMASK_UNKNOWN);
	if (rc != 0) {
		(void)snprintf(why, D4_DIAG_TEXT, "%s", pcap_geterr(pc));
		free(b);
		pcap_close(pc);
		return D4_EINVAL;
	}
	pcap_close(pc);
	*out = b;
	return D4_OK;
}

void
san_bpf_free(struct san_bpf *b)
{
	if (b == NULL)
		return;
	pcap_freecode(&b->prog);
	free(b);
}

bool
san_bpf_run(const struct san_bpf *b, struct d4_slice in, uint32_t wire)
{
	return bpf_filter(b->prog.bf_insns, in.p, wire, (u_int)in.n) != 0;
}
