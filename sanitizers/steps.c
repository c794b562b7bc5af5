/* Steps of one word, number or duration; what they mean is in the rooms. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sanitizers/bpf.h"
#include "sanitizers/steps.h"
#include "sanitizers/word.h"

static enum d4_status
steps_value(uint64_t v, void **conf)
{
	uint64_t *p = malloc(sizeof(*p));

	if (p == NULL)
		return D4_ENOMEM;
	*p = v;
	*conf = p;
	return D4_OK;
}

static enum d4_status
steps_word(const struct san_compile *cx, const struct d4_yaml *node,
    const struct san_word *words, void **conf)
{
	enum d4_status st;
	int v = 0;

	st = san_word(node, words, cx->diag, &v);
	return st != D4_OK ? st : steps_value((uint64_t)v, conf);
}

static const struct san_word steps_link[] = {{"zero", SAN_LINK_ZERO},
    {"hmac", SAN_LINK_HMAC}, {"keep", SAN_LINK_KEEP}, {NULL, 0}};
static const struct san_word steps_tags[] = {
    {"zero", 0}, {"keep", 1}, {NULL, 0}};
static const struct san_word steps_tunnels[] = {
    {"cut", 0}, {"decode", 1}, {NULL, 0}};
static const struct san_word steps_tcp_ts[] = {
    {"keep", 0}, {"zero", 1}, {NULL, 0}};
static const struct san_word steps_fixup[] = {{"off", 0}, {"on", 1}, {NULL, 0}};
static const struct san_word steps_sums[] = {
    {"recompute", 0}, {"keep-status", 1}, {NULL, 0}};
static const struct san_word steps_inner[] = {
    {"zero", 0}, {"incremental", 1}, {NULL, 0}};
static const struct san_word steps_match[] = {
    {"backscatter", SAN_FILTER_BACKSCATTER},
    {"icmp-error", SAN_FILTER_ICMP_ERROR}, {"icmp", SAN_FILTER_ICMP},
    {"syn", SAN_FILTER_SYN}, {"dns", SAN_FILTER_DNS}, {"tcp", SAN_FILTER_TCP},
    {"udp", SAN_FILTER_UDP}, {NULL, 0}};
/* A compile function for each step that is one word of a list. */
#define STEPS_WORD(step, words)                                            \
	static enum d4_status step##_compile(const struct san_compile *cx, \
	    const struct d4_yaml *node, void **conf)                       \
	{                                                                  \
		return steps_word(cx, node, words, conf);                  \
	}
STEPS_WORD(link, steps_link)
STEPS_WORD(tags, steps_tags)
STEPS_WORD(tunnels, steps_tunnels)
STEPS_WORD(tcp_ts, steps_tcp_ts)
STEPS_WORD(fixup, steps_fixup)
STEPS_WORD(checksums, steps_sums)
STEPS_WORD(inner, steps_inner)
#undef STEPS_WORD

static bool
link_needs_keys(const void *conf)
{
	return *(const uint64_t *)conf == SAN_LINK_HMAC;
}

/* One filter or a list: any of them. */
static enum d4_status
match_compile(
    const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	const struct d4_yaml *item;
	uint64_t bits = 0;

	for (size_t i = 0; (item = san_item(node, i)) != NULL; i++) {
		int v = 0;

		if (san_word(item, steps_match, cx->diag, &v) != D4_OK)
			return D4_EINVAL;
		bits |= (uint64_t)v;
	}
	if (bits == 0)
		return d4_diag_set(cx->diag, node->at, "name a filter",
		    "match without a filter");
	return steps_value(bits, conf);
}

static enum d4_status
sample_compile(
    const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	unsigned n = 0;
	char tail;

	if (node->kind != D4_YAML_SCALAR || strncmp(node->text, "1/", 2) != 0 ||
	    strspn(node->text + 2, "0123456789") > 9 ||
	    /* NOLINTNEXTLINE(cert-err34-c): at most nine digits */
	    sscanf(node->text, "1/%u%c", &n, &tail) != 1 || n == 0)
		return d4_diag_set(cx->diag, node->at,
		    "write 1/N with N from 1 to 999999999",
		    "sample is one flow in N");
	return steps_value(n, conf);
}

static bool
sample_needs_keys(const void *conf)
{
	return *(const uint64_t *)conf > 1;
}

static enum d4_status
bpf_compile(
    const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	char why[D4_DIAG_TEXT] = "";
	struct san_bpf *b = NULL;
	const char *word;
	enum d4_status st;
	size_t n = 0;

	if (node->kind != D4_YAML_SCALAR || strlen(node->text) > SAN_BPF_MAX)
		return d4_diag_set(cx->diag, node->at, "",
		    "bpf is an expression of at most 2048 characters");
	word = san_bpf_words(node->text, &n);
	if (word != NULL)
		return d4_diag_set(cx->diag, node->at,
		    "write addresses and port numbers, not names",
		    "`%.*s` in a bpf expression would need a look-up", (int)n,
		    word);
	st = san_bpf_new(node->text, 1, why, &b);
	if (st == D4_EINVAL)
		return d4_diag_set(
		    cx->diag, node->at, "see pcap-filter(7)", "bpf: %s", why);
	san_bpf_free(b);
	if (st == D4_OK)
		*conf = strdup(node->text);
	return st == D4_OK && *conf == NULL ? D4_ENOMEM : st;
}

const struct san_step_kind san_step_match = {
    .name = "match",
    .families = SAN_PACKETS,
    .help = "keep what a named filter matches: backscatter, icmp-error, "
	    "icmp, syn, dns, tcp, udp",
    .compile = match_compile,
};
const struct san_step_kind san_step_bpf = {
    .name = "bpf",
    .families = SAN_PACKETS,
    .help = "keep what a BPF expression matches on the original packet",
    .compile = bpf_compile,
};
const struct san_step_kind san_step_sample = {
    .name = "sample",
    .families = SAN_PACKETS,
    .help = "keep one flow in N: 1/N",
    .compile = sample_compile,
    .needs_keys = sample_needs_keys,
};
const struct san_step_kind san_step_link = {
    .name = "link",
    .families = SAN_PACKETS,
    .help = "link-layer addresses: zero, hmac, keep",
    .compile = link_compile,
    .needs_keys = link_needs_keys,
};
const struct san_step_kind san_step_tags = {
    .name = "tags",
    .families = SAN_PACKETS,
    .help = "VLAN, MPLS and PPPoE numbers: zero, keep",
    .compile = tags_compile,
};
const struct san_step_kind san_step_tunnels = {
    .name = "tunnels",
    .families = SAN_PACKETS,
    .help = "packets inside packets: cut, decode",
    .compile = tunnels_compile,
};
const struct san_step_kind san_step_tcp_ts = {
    .name = "tcp_ts",
    .families = SAN_PACKETS,
    .help = "TCP time stamps: keep, zero",
    .compile = tcp_ts_compile,
};
const struct san_step_kind san_step_fixup = {
    .name = "fixup",
    .families = SAN_PACKETS,
    .help = "header fields made from an address are made from its "
	    "replacement: on, off",
    .compile = fixup_compile,
};
const struct san_step_kind san_step_checksums = {
    .name = "checksums",
    .families = SAN_PACKETS,
    .help = "recompute, or keep-status: a wrong one stays wrong",
    .compile = checksums_compile,
};
const struct san_step_kind san_step_inner = {
    .name = "inner_l4_checksum",
    .families = SAN_PACKETS,
    .help = "checksums inside quoted packets: zero, incremental",
    .compile = inner_compile,
};
