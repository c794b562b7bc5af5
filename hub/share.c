#include <stddef.h>
#include <string.h>
#include "hub/share.h"

/* Each two marks become one, with the later time of them. */
static void
share_halve(struct share *s)
{
	for (size_t i = 0; i < SHARE_MARKS / 2; i++) {
		uint64_t n = s->mark[2 * i].n;

		s->mark[i] = s->mark[2 * i + 1];
		s->mark[i].n += n;
	}
	s->n = SHARE_MARKS / 2;
}

void
share_put(struct share *s, uint64_t now_ms)
{
	struct share_mark *last = s->n != 0 ? &s->mark[s->n - 1] : NULL;

	/* A clock that goes back begins no new mark. */
	if (last != NULL && now_ms < last->ms + SHARE_MS) {
		last->n++;
		return;
	}
	if (s->n == SHARE_MARKS)
		share_halve(s);
	s->mark[s->n++] = (struct share_mark){now_ms, 1};
}

uint64_t
share_entries(struct share *s, uint64_t trimmed_ms)
{
	uint64_t sum = 0;
	unsigned gone = 0;

	while (gone < s->n && s->mark[gone].ms < trimmed_ms)
		gone++;
	s->n -= gone;
	memmove(s->mark, s->mark + gone, s->n * sizeof(s->mark[0]));
	for (unsigned i = 0; i < s->n; i++)
		sum += s->mark[i].n;
	return sum;
}
