/* d4-sanitize --explain-drop: which records did not leave, and why. */
#include <inttypes.h>
#include <stdio.h>
#include "tools/sanitize_tool.h"

/* explain_where -- "record 7 at byte 1234", or what is known of it. */
static void
explain_where(const struct san_gone *g, char *out, size_t max)
{
	if (g->first == 0)
		(void)snprintf(out, max,
		    "%" PRIu64 " records that were about to leave", g->n);
	else if (g->n == 1)
		(void)snprintf(out, max, "record %" PRIu64 " at byte %" PRIu64,
		    g->first, g->at);
	else
		(void)snprintf(out, max,
		    "records %" PRIu64 " to %" PRIu64 " at byte %" PRIu64,
		    g->first, g->first + g->n - 1, g->at);
}

void
sanitize_gone(void *arg, const struct san_gone *g)
{
	struct sanitize_explain *x = arg;
	char where[128];

	x->n[g->why] += g->n;
	if (x->max != 0 && x->lines[g->why] == x->max)
		return;
	x->lines[g->why]++;
	x->n[g->why] -= g->n;
	explain_where(g, where, sizeof(where));
	sanitize_say("%s: %s (%s)", where, d4_reason_name(g->why),
	    d4_reason_text(g->why));
}

void
sanitize_unsaid(const struct sanitize_explain *x)
{
	for (unsigned i = 1; i < D4_REASON_MAX; i++) {
		if (x->n[i] != 0)
			sanitize_say("and %" PRIu64 " more: %s", x->n[i],
			    d4_reason_name((enum d4_reason)i));
	}
}
