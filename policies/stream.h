/* One stream as the policy sees it: its source, whose it is, its labels. */
#ifndef POL_STREAM_H
#define POL_STREAM_H

#include "policies/label.h"
#include "policies/match.h"
#include "policies/reasons.h"

/*
 * struct pol_stream -- what is known of a query before any rule is evaluated.
 * Shape:  tlp, pap: the input labels. base: tlp without what the meta header
 *         says of it. relay: not our own org's data from our
 *         own sensor. foreign: the sensor asserts an org for which it may
 *         not speak. hops: hubs on the path with ours.
 * Owns:   meta; pol_stream_fini. facts points into meta and the policy.
 */
struct pol_stream {
	struct d4_meta meta;
	bool has_meta;
	const struct pol_source *source;
	struct pol_labels labels;
	enum pol_tlp base;
	enum pol_tlp tlp;
	enum pol_pap pap;
	struct d4_uuid org;
	struct d4_uuid asserted;
	bool foreign;
	bool relay;
	unsigned hops;
	struct pol_facts facts;
};

/*
 * pol_stream_init -- reads the meta header, finds the source, computes labels
 * and ownership. On false *why says why it cannot be decided; *s must be
 * finished in any case.
 */
bool pol_stream_init(struct pol_stream *s, const struct pol *p,
    const struct pol_ask *ask, enum pol_reason *why);
void pol_stream_fini(struct pol_stream *s);

#endif
