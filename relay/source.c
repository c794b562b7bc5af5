#include <stdlib.h>
#include "relay/wash_room.h"

static const struct source_kind kinds[] = {
    {.name = "queues",
	.tick = shards_tick,
	.step = read_step,
	.ack = shards_ack,
	.stop = shards_release},
};

static enum d4_status
source_add(struct wash *w, const struct source_kind *kind, struct source **out)
{
	struct source *s = calloc(1, sizeof(*s));
	enum d4_status st;

	if (s == NULL)
		return D4_ENOMEM;
	s->kind = kind;
	s->wash = w;
	st = kind->open != NULL ? kind->open(s) : D4_OK;
	if (st != D4_OK) {
		free(s);
		return st;
	}
	w->source[w->n_sources++] = s;
	*out = s;
	return D4_OK;
}

enum d4_status
sources_open(struct wash *w)
{
	return source_add(w, &kinds[0], &w->queues);
}

void
sources_close(struct wash *w)
{
	for (size_t i = 0; i < w->n_sources; i++) {
		if (w->source[i]->kind->close != NULL)
			w->source[i]->kind->close(w->source[i]);
		free(w->source[i]);
	}
	w->n_sources = 0;
}

void
sources_tick(struct wash *w)
{
	for (size_t i = 0; i < w->n_sources; i++) {
		if (w->source[i]->kind->tick != NULL)
			w->source[i]->kind->tick(w->source[i]);
	}
}

void
sources_step(struct wash *w)
{
	for (size_t i = 0; i < w->n_sources; i++) {
		if (w->stall == WASH_RUNS && !w->stopping)
			w->source[i]->kind->step(w->source[i]);
	}
}

void
sources_stop(struct wash *w)
{
	for (size_t i = 0; i < w->n_sources; i++) {
		if (w->source[i]->kind->stop != NULL)
			w->source[i]->kind->stop(w->source[i]);
	}
}
