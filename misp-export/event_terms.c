#include <string.h>
#include "misp-export/event_terms.h"

uint64_t
event_released(
    const struct event *e, const struct terms *t, bool group, int *distribution)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < e->n_lanes; i++) {
		const struct terms_lane *l = terms_find(t, e->lane[i].id);

		if (l == NULL ||
		    strcmp(l->pipeline, e->lane[i].pipeline) != 0 ||
		    l->after != e->lane[i].after || l->label > e->name.label ||
		    l->pap > e->name.pap)
			continue;
		bits |= 1ULL << i;
		*distribution = terms_narrower(*distribution,
		    terms_distribution(e->name.label, l->distribution, group));
	}
	return bits;
}

/* FNV-1a: nobody gains by two terms of one number but himself. */
static uint64_t
print_add(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t
print_text(uint64_t h, const char *s)
{
	return print_add(h, s, strlen(s) + 1);
}

uint64_t
terms_print(const struct terms *t)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < t->n; i++) {
		const struct terms_lane *l = &t->lane[i];

		h = print_text(h, l->id);
		h = print_text(h, l->pipeline);
		h = print_add(h, &l->after, sizeof(l->after));
		h = print_add(h, &l->label, sizeof(l->label));
		h = print_add(h, &l->pap, sizeof(l->pap));
		h = print_add(h, &l->distribution, sizeof(l->distribution));
	}
	return h != 0 ? h : 1;
}
