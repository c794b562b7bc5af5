#include <string.h>
#include "sanitizers/find.h"
#include "sanitizers/window.h"

/* window_plain -- what is written as usual; callers look for it themselves. */
static bool
window_plain(struct d4_slice t, const struct san_wanted *w)
{
	struct san_find f = {.text = t, .first = w->first, .ends = w->ends};
	struct d4_addr a;

	while (san_find_next(&f, &a)) {
		if (san_wanted_is(w, &a))
			return true;
	}
	return false;
}

void
san_window_search(struct san_window *x)
{
	struct d4_slice t = {x->b, x->n};
	size_t again = x->n < SAN_WINDOW_AGAIN ? x->n : SAN_WINDOW_AGAIN;

	if (!x->found)
		x->found =
		    window_plain(t, x->w) || san_find_layer(t, x->w, x->depth);
	memmove(x->b, x->b + x->n - again, again);
	x->n = again;
}
