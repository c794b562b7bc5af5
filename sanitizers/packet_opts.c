#include "sanitizers/steps.h"

/* The value of a step of one word or number, or what holds without it. */
static uint64_t
opts_value(const struct san_chain *c, const char *name, uint64_t otherwise)
{
	const uint64_t *v = san_chain_step(c, name);

	return v != NULL ? *v : otherwise;
}

void
san_opts_of(const struct san_chain *c, struct san_opts *out)
{
	const struct san_when *time = san_chain_step(c, "time");
	const struct san_payload_conf *payload = san_chain_step(c, "payload");

	*out = (struct san_opts){
	    .addr = san_chain_step(c, "addr"),
	    .bpf = san_chain_step(c, "bpf"),
	    .concerns = san_chain_concerns(c),
	    .sample = opts_value(c, "sample", 0),
	    .match = (unsigned)opts_value(c, "match", 0),
	    .link = (enum san_link)opts_value(c, "link", SAN_LINK_ZERO),
	    .tunnels = opts_value(c, "tunnels", 0) != 0,
	    .tags_keep = opts_value(c, "tags", 0) != 0,
	    .tcp_ts_zero = opts_value(c, "tcp_ts", 0) != 0,
	    .keep_status = opts_value(c, "checksums", 0) != 0,
	    .inner_incremental = opts_value(c, "inner_l4_checksum", 0) != 0,
	    .fixup = opts_value(c, "fixup", 1) != 0,
	};
	if (payload != NULL)
		out->payload = *payload;
	if (time != NULL)
		out->time = *time;
}
