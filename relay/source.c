#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "relay/source_feed.h"

static const struct source_kind source_queues = {
    .name = "queues",
    .tick = shards_tick,
    .step = read_step,
    .ack = shards_ack,
    .stop = shards_release,
};

static const struct source_kind *const kinds[SOURCE_WHATS] = {
    [SOURCE_QUEUES] = &source_queues,
    [SOURCE_LIST] = &source_list,
    [SOURCE_DIRECTORY] = &source_directory,
    [SOURCE_STDIN] = &source_stdin,
};

static enum d4_status
source_add(struct wash *w, const struct source_conf *conf, struct source **out)
{
	struct source *s = calloc(1, sizeof(*s));
	enum d4_status st;

	if (s == NULL)
		return D4_ENOMEM;
	s->kind = kinds[conf != NULL ? conf->what : SOURCE_QUEUES];
	s->conf = conf;
	s->wash = w;
	w->source[w->n_sources++] = s; /* also where open fails: for close */
	st = s->kind->open != NULL ? s->kind->open(s) : D4_OK;
	*out = s;
	return st;
}

enum d4_status
sources_open(struct wash *w)
{
	enum d4_status st = D4_OK;
	struct source *s;

	if (w->setup->queues)
		st = source_add(w, NULL, &w->queues);
	for (size_t i = 0; st == D4_OK && i < w->setup->n_sources; i++)
		st = source_add(w, &w->setup->source[i], &s);
	return st;
}

void
sources_close(struct wash *w)
{
	for (size_t i = 0; i < w->n_sources; i++) {
		if (w->source[i]->kind->close != NULL &&
		    w->source[i]->state != NULL)
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

void
sources_connection(struct wash *w, struct d4_slice id, int fd)
{
	for (size_t i = 0; i < w->n_sources; i++) {
		struct source *s = w->source[i];

		if (s->conf == NULL || s->kind->connection == NULL ||
		    !d4_slice_eqs(id, s->conf->id))
			continue;
		s->kind->connection(s, fd);
		return;
	}
	if (fd >= 0)
		(void)close(fd);
}

/* The source's own row of the counts (source_feed.c). */
static void
source_counts(const struct source *s, const struct totals *t, json_t *o)
{
	json_t *dropped = json_object();

	for (size_t i = 0; i < t->n; i++) {
		const struct totals_row *r = &t->row[i];

		if (r->key.partner[0] != '\0' ||
		    strcmp(r->key.source, s->conf->id) != 0)
			continue;
		(void)json_object_set_new(
		    o, "records", json_integer((json_int_t)r->sum.forward));
		for (unsigned k = D4_R_NONE + 1; k < D4_REASON_MAX; k++) {
			if (r->sum.withheld[k] > 0)
				(void)json_object_set_new(dropped,
				    d4_reason_name((enum d4_reason)k),
				    json_integer(
					(json_int_t)r->sum.withheld[k]));
		}
	}
	(void)json_object_set_new(o, "dropped", dropped);
}

json_t *
sources_status(const struct wash *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_sources; i++) {
		const struct source *s = w->source[i];
		const struct source_feed *f = s->state;
		json_t *o;

		if (s->conf == NULL)
			continue;
		o = json_pack("{s:s, s:s, s:i, s:s, s:i, s:s}", "source",
		    s->conf->id, "kind", s->kind->name, "type",
		    (int)s->conf->type, "ext", s->conf->ext, "records", 0,
		    "alarm", f->alarm);
		if (f->shard->journal != NULL)
			source_counts(s, journal_totals(f->shard->journal), o);
		if (s->kind->status != NULL)
			s->kind->status(s, o);
		(void)json_array_append_new(list, o);
	}
	return list;
}
