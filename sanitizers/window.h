/* Text that is decoded bit by bit, and searched as it comes. */
#ifndef SAN_WINDOW_H
#define SAN_WINDOW_H

#include "sanitizers/find_hidden.h"

#define SAN_WINDOW       1024u /* bytes that are searched at once */
#define SAN_WINDOW_AGAIN 160u  /* of them again; no spelling is so long */
#define SAN_WINDOW_DEPTH 2u    /* decoded, and what that gave decoded */

/*
 * struct san_window -- a text on its way; on the stack of its caller.
 * Shape:  b[0..n): what was not searched yet, behind what was. depth: how
 *         often its text was decoded, this time counted. found: a wanted
 *         address stood in it.
 */
struct san_window {
	const struct san_wanted *w;
	unsigned depth;
	bool found;
	size_t n;
	uint8_t b[SAN_WINDOW];
};

static inline void
san_window_init(
    struct san_window *x, const struct san_wanted *w, unsigned depth)
{
	x->w = w;
	x->depth = depth;
	x->found = false;
	x->n = 0;
}

/* san_window_search -- all that came; the last of it stays. */
void san_window_search(struct san_window *x);

static inline void
san_window_put(struct san_window *x, uint8_t c)
{
	if (x->n == SAN_WINDOW)
		san_window_search(x);
	x->b[x->n++] = c;
}

/* san_window_end -- no more comes; a wanted address stood in it. */
static inline bool
san_window_end(struct san_window *x)
{
	san_window_search(x);
	return x->found;
}

#endif
