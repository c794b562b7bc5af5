/* One pass over a text for the addresses in it, in every spelling. */
#ifndef SAN_FIND_SWEEP_H
#define SAN_FIND_SWEEP_H

#include "sanitizers/find_hidden.h"

/*
 * What a sweep found. HIDDEN ends it: the others say nothing of what is behind.
 * CODED: a NUL, backslash or percent sign, or what is not ASCII.
 */
enum san_found {
	SAN_FOUND_PLAIN = 1,
	SAN_FOUND_HIDDEN = 2,
	SAN_FOUND_CODED = 4,
	SAN_FOUND_ADDRESS = SAN_FOUND_PLAIN | SAN_FOUND_HIDDEN,
};

/*
 * san_sweep -- a wanted address stands in a text that was decoded `depth`
 * times: as san_find_hidden has it, and, where `plain` is asked for, as
 * san_find_next gives it. Answers enum san_found, several with OR.
 *
 * Sixteen positions at a time are asked whether an address may begin there;
 * by the hints of what is wanted nearly all of those that may are dismissed.
 * What is left is read at once (numbers with marks, rows of digits), or the
 * search that knows it looks at the whole text (escapes, base64, zones).
 */
unsigned san_sweep(struct d4_slice text, const struct san_wanted *w,
    unsigned depth, bool plain);

#endif
