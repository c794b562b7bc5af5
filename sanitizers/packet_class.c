/* Classes of packet pipelines, and steps that need each other (ADR 0009). */
#include "sanitizers/packet_family.h"

/* S1: no address of the scope leaves. */
static bool
class_hides(const struct san_opts *o)
{
	return o->addr != NULL && san_addr_hides(o->addr) && o->fixup;
}

/* S2: nothing else that tells stations or contents. */
static bool
class_headers(const struct san_opts *o)
{
	return (o->payload.kind == SAN_PAYLOAD_HEADERS ||
		   o->payload.kind == SAN_PAYLOAD_ZERO) &&
	       o->link != SAN_LINK_KEEP && !o->tags_keep &&
	       !o->inner_incremental && !o->keep_status;
}

/* S3: coarse in time, and only a sample. */
static bool
class_public(const struct san_opts *o)
{
	return o->time.unit_us >= SAN_WHEN_COARSE_US && o->sample >= 2;
}

unsigned
san_packet_class(const struct san_chain *c)
{
	struct san_opts o;

	san_opts_of(c, &o);
	if (!class_hides(&o))
		return 0;
	if (!class_headers(&o))
		return 1;
	return class_public(&o) ? 3 : 2;
}

enum d4_status
san_packet_check(const struct san_chain *c, struct d4_diag *diag)
{
	struct san_opts o;

	san_opts_of(c, &o);
	if (o.payload.kind == SAN_PAYLOAD_CLEAN &&
	    (o.addr == NULL || o.addr->scope.n == 0))
		return d4_diag_set(diag, san_chain_at(c, "payload"),
		    "add an addr step with a scope",
		    "payload: clean needs a scope to look for");
	if (o.payload.kind == SAN_PAYLOAD_DNS && o.keep_status)
		return d4_diag_set(diag, san_chain_at(c, "checksums"),
		    "take it out",
		    "payload: dns writes messages anew: no checksum of theirs "
		    "can be kept");
	return D4_OK;
}
