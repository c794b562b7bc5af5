/* Records that a family makes many at a time. */
#include "sanitizers/stream.h"

/* The opening stands in front of the first of them, if one leaves. */
void
stream_plain(struct san_stream *s, struct d4_slice *data, struct d4_buf *out)
{
	size_t n, bytes, mark = out->n;
	bool headed = s->headed;

	if (s->family->plain == NULL || s->trace != NULL || s->epochs != NULL ||
	    s->canaries != NULL || !stream_calm(s) ||
	    stream_put_head(s, out) != D4_OK)
		return;
	while ((n = s->family->plain(s->state, *data, out, &bytes)) != 0) {
		(void)d4_slice_skip(data, bytes);
		stream_forwarded_all(s, n, bytes);
		headed = true;
	}
	if (!headed) {
		out->n = mark;
		s->headed = false;
	}
}
