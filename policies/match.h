/* Does a rule apply to this stream and partner? */
#ifndef POL_MATCH_H
#define POL_MATCH_H

#include "policies/pol.h"

/*
 * struct pol_facts -- one stream, as rules can match it.
 * Shape:  p: for the sources that feed a queue. org: whose data it is.
 * asserted: another org that the sensor names and that does not count (NULL:
 * none); deny rules look at it, and at the source's org, too. tag lists: those
 * of the source, and those of the meta header; of these the TLP and PAP labels
 * are not checked, because tlp and pap say what they came to.
 */
struct pol_facts {
	const struct pol *p;
	const struct pol_source *source;
	const struct d4_uuid *sensor;
	uint8_t type;
	const char *ext;
	const struct d4_uuid *org;
	const struct d4_uuid *asserted;
	const struct d4_yaml *source_tags;
	char (*meta_tags)[D4_META_TAG];
	size_t n_meta_tags;
	enum pol_tlp tlp;
	enum pol_pap pap;
};

/*
 * enum pol_side -- what a match leads to: where it releases, a pattern
 * without a value part means a tag without a value; where it withholds, a tag
 * with any value or none. Only `any` and `all` of a deny rule see labels, and
 * "tlp:amber" means amber or stricter there. So raising a label can never
 * release more. And a queue's entry may be of any sensor that feeds it: what
 * is said of one of them, or of its source, withholds.
 */
enum pol_side { POL_RELEASES, POL_WITHHOLDS };

/* pol_cond_matches -- all but `to` (pol_to_reaches). */
bool pol_cond_matches(
    const struct pol_cond *c, const struct pol_facts *f, enum pol_side side);

/*
 * pol_tag_matches -- namespace:predicate="value" against a pattern, `*` for
 * any run of characters inside each of the three parts, ASCII case ignored.
 */
bool pol_tag_matches(const char *pattern, const char *tag, enum pol_side side);

#endif
