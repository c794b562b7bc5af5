/* Records that a family makes many at a time. */
#include "sanitizers/trace.h"

/* The opening stands in front of the first of them, if one leaves. */
void
stream_plain(struct san_stream *s, struct d4_slice *data, struct d4_buf *out)
{
	struct san_led led[SAN_RUN_MAX], *to = s->trace != NULL ? led : NULL;
	size_t n, bytes, mark = out->n, at;
	bool headed = s->headed;

	if (s->family->plain == NULL || s->epochs != NULL ||
	    s->canaries != NULL || !san_breaker_calm(&s->breaker, &s->tally) ||
	    stream_put_head(s, out) != D4_OK)
		return;
	at = out->n;
	while ((n = s->family->plain(s->state, *data, out, &bytes, to)) != 0) {
		struct d4_slice in = d4_slice_skip(data, bytes);

		if (to != NULL)
			trace_plain(s->trace, in, at, led, n);
		at = out->n;
		stream_forwarded_all(s, n, bytes);
		headed = true;
	}
	if (!headed) {
		out->n = mark;
		s->headed = false;
	}
}
