#include "relay/post_marks.h"

void
marks_add(struct marks *m, const struct mark *one)
{
	if (m->n == MARKS_MAX)
		m->n--;
	m->ring[(m->first + m->n) % MARKS_MAX] = *one;
	m->n++;
}

bool
marks_acked(struct marks *m, uint64_t wire_acked, struct mark *out)
{
	bool any = false;

	while (m->n > 0 && m->ring[m->first].wire_end <= wire_acked) {
		*out = m->ring[m->first];
		m->first = (m->first + 1) % MARKS_MAX;
		m->n--;
		any = true;
	}
	return any;
}
