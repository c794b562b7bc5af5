#include <string.h>
#include "sanitizers/find_sweep.h"
#include "sanitizers/window.h"

void
san_window_search(struct san_window *x)
{
	struct d4_slice t = {x->b, x->n};
	size_t again = x->n < SAN_WINDOW_AGAIN ? x->n : SAN_WINDOW_AGAIN;

	if (!x->found)
		x->found = (san_sweep(t, x->w, x->depth, true) &
			       SAN_FOUND_ADDRESS) != 0;
	memmove(x->b, x->b + x->n - again, again);
	x->n = again;
}
