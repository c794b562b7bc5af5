/* Labels: what the tags of a stream demand. */
#ifndef POL_LABEL_H
#define POL_LABEL_H

#include "policies/pol.h"

/*
 * struct pol_labels -- the labels of one set of tags.
 * Shape:  tlp, pap: the most restrictive seen, -1 when none. conflict: two
 *         different TLP labels. chatham: tlp:ex:chr. no_sync:
 *         misp:should-not-sync. expired, retention_bad: retention:expired,
 *         or a retention that is not understood.
 * Units:  max_age_s: the shortest retention, 0 = none.
 */
struct pol_labels {
	int tlp;
	int pap;
	bool conflict;
	bool chatham;
	bool no_sync;
	bool expired;
	bool retention_bad;
	uint64_t max_age_s;
};

void pol_labels_init(struct pol_labels *l);

/*
 * pol_labels_add -- one tag. What looks like a TLP or PAP label and is not
 * exactly one counts as red: unknown values, other separators, quotes.
 */
void pol_labels_add(struct pol_labels *l, const char *tag);

/* pol_labels_join -- the stricter of both; conflict is not made by it. */
void pol_labels_join(struct pol_labels *l, const struct pol_labels *other);

/* pol_tag_is_label -- a TLP or PAP label, well-formed or not. */
bool pol_tag_is_label(const char *tag);

#endif
