/* The question that a policy answers, and the answer. */
#ifndef POL_VERDICT_H
#define POL_VERDICT_H

#include <stdbool.h>
#include "libd4/slice.h"
#include "libd4/uuid.h"

#define POL_ID_LEN   65u /* bytes of an id, NUL included: [a-z0-9-]{1,64} */
#define POL_TRACE    24u /* steps of a trace */
#define POL_TRACE_TX 96u /* bytes of a step, NUL included */

enum pol_tlp { POL_CLEAR, POL_GREEN, POL_AMBER, POL_AMBER_STRICT, POL_RED };

enum pol_pap { POL_PAP_CLEAR, POL_PAP_GREEN, POL_PAP_AMBER, POL_PAP_RED };

/* The engine cannot see files: the program says whether the keys are there. */
enum pol_keys { POL_KEYS_UNCHECKED, POL_KEYS_PRESENT, POL_KEYS_MISSING };

struct pol;
struct pol_share;

/*
 * struct pol_ask -- one stream and one partner.
 * Shape:  source: an id, or NULL: found by sensor, type and meta. type 254
 *         needs meta; meta is the header as received (empty slice: none).
 *         now_s: seconds since 1970. minted: the sensor UUID is one of ours
 *         on the wire (a loop).
 */
struct pol_ask {
	const char *partner;
	const char *source;
	struct d4_uuid sensor;
	uint8_t type;
	struct d4_slice meta;
	uint64_t now_s;
	bool minted;
	enum pol_keys keys;
};

/*
 * struct pol_verdict -- the answer, which explain prints as it is.
 * Shape:  rule: the id of the share rule that allows or of the deny rule, or
 *         a reason ("tlp.ceiling", "default.deny", ...). source, share: what
 *         was found on the way, or NULL. line: where the rule (or what
 *         denied) is in the file. label: the output label after relabel.
 *         mode "origin" or "relay". shadow: allowed, but the partner's state
 *         is shadow: count, send nothing.
 * Owns:   nothing; ids live as long as the policy.
 */
struct pol_verdict {
	bool allow;
	bool shadow;
	char rule[POL_ID_LEN];
	const char *source;
	const char *partner;
	const char *because; /* of the rule that decided, or NULL */
	const struct pol_share *share;
	enum pol_tlp label;
	enum pol_pap pap;
	const char *mode;
	unsigned line;
	uint64_t max_age_s; /* `retention:*`: in the spool, 0 = no limit */
	bool no_sync;       /* misp:should-not-sync: MISP distribution 0 */
	size_t n_trace;
	char trace[POL_TRACE][POL_TRACE_TX];
};

/* pol_decide -- always fills *out; anything unclear is a denial. */
void pol_decide(
    const struct pol *p, const struct pol_ask *ask, struct pol_verdict *out);

/*
 * pol_out_meta -- the outgoing meta header of an allowed stream, rebuilt by
 * positive copy: type, encoding, tags after relabel, the handler's keys, and
 * "d4:fed" (policy.md section 5). stream is the wire UUID. Deterministic: no
 * time stamps, so that it can be part of the lane's name.
 * Errors: D4_EINVAL the verdict does not allow or ask has no meta.
 */
D4_USED enum d4_status pol_out_meta(const struct pol *p,
    const struct pol_ask *ask, const struct pol_verdict *v,
    const struct d4_uuid *stream, struct d4_buf *out);

/*
 * struct pol_terms -- what a rule says of its findings in a MISP.
 * Shape:  object: the template or mapper. distribution: MISP's 0 to 4, or
 *         POL_MISP_FROM_TLP. to_ids: "from-pap", "true" or "false".
 */
#define POL_MISP_FROM_TLP (-1)
struct pol_terms {
	int distribution;
	bool publish;
	const char *object;
	const char *to_ids;
};

/* pol_share_terms -- the rule's `misp:` block; false: it has none. */
bool pol_share_terms(const struct pol_share *s, struct pol_terms *out);

/* pol_reason_text -- what a built-in reason says; NULL: it is a rule's id. */
const char *pol_reason_text(const char *rule);

#endif
