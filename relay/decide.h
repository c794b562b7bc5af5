/*
 * From a stream and a partner to a decision and a lane: the one place that
 * queries the gate, for new entries and for what is already in the airlock.
 * Pure but for the gate's cache of subkeys.
 */
#ifndef RELAY_DECIDE_H
#define RELAY_DECIDE_H

#include "gate/gate.h"
#include "libd4/kit/spool.h"

/*
 * struct decide_facts -- a stream and its receiver. ext "" and meta empty
 * where there is no meta header; minted: see pol_ask.
 */
struct decide_facts {
	const char *partner;
	struct d4_uuid sensor;
	uint8_t type;
	const char *ext;
	struct d4_slice meta;
	uint64_t now_s;
	bool minted;
};

/*
 * struct decision -- a verdict and what follows from it. rule, source and
 * are copies; label and pap are static; share, chain and keys belong to the
 * gate. no_sync: it stays in the MISP that gets it. NULL and ""
 * where the stream is denied.
 */
struct decision {
	bool allow;
	bool shadow;
	enum pol_sink sink;
	char rule[POL_ID_LEN];
	char source[POL_ID_LEN];
	const char *label;
	const struct pol_share *share;
	const struct san_chain *chain;
	const struct san_keys *keys;
	uint64_t max_age_s;
	const char *pap;
	bool no_sync;
};

/* decide -- always fills *out; anything unclear is a denial. */
void decide(struct gate *g, const struct decide_facts *f, struct decision *out);

/*
 * decide_head -- the lane of an allowed stream: everything but base.
 * Owns:   out->meta points into meta (initialised by the caller, replaced).
 * Errors: D4_EDENIED it is not allowed.  D4_ECRYPTO, D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status decide_head(struct gate *g, const struct decide_facts *f,
    uint32_t variant, struct d4_buf *meta, struct d4_spool_lane *out);

/* decide_same -- the same rule, source, chain and kind of answer. */
bool decide_same(const struct decision *a, const struct decision *b);

#endif
