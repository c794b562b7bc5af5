/*
 * What the release file tells d4-misp-export about a lane whose sink is MISP
 * (ADR 0038).
 */
#ifndef RELAY_FINDINGS_H
#define RELAY_FINDINGS_H

#include <jansson.h>
#include "relay/decide.h"

/*
 * findings_terms -- the member "findings" of a lane in the release file:
 * source, label and pap after relabel, class, the rule's `misp:` block, which
 * fields are pseudonyms ("mapped") and the steps that made them.
 * Owns: the caller's; NULL out of memory. A rule without the block: only
 * in its own MISP (distribution 0), no indicator.
 */
json_t *findings_terms(const char *source, const struct decision *d);

#endif
