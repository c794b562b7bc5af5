#include <assert.h>
#include <stdlib.h>
#include "hub/shelf_parts.h"

struct shelf_origin *
shelf_origin_new(void)
{
	struct shelf_origin *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->refs = 1;
	d4_buf_init(&o->meta, D4_META_MAX);
	return o;
}

void
shelf_origin_unref(struct shelf_origin *o)
{
	if (o == NULL)
		return;
	assert(o->refs > 0);
	if (--o->refs != 0)
		return;
	d4_buf_fini(&o->meta);
	free(o);
}

void
shelf_check(struct shelf *s)
{
	bool full = s->bytes > (s->full ? s->set.max / 2 : s->set.max);

	if (full == s->full)
		return;
	s->full = full;
	s->set.full(s->set.arg, full);
}

/* ---- buffers that go round ---- */

/* What b owns is kept, or freed. */
static void
spare_give(struct shelf *s, struct d4_buf *b)
{
	if (b->cap == SHELF_SPARE && s->n_spare < SHELF_SPARES) {
		s->spare[s->n_spare++] = b->p;
		*b = (struct d4_buf){.max = b->max};
	}
	d4_buf_fini(b);
}

void
shelf_lend(struct shelf *s, struct draft *d)
{
	uint8_t *p = NULL;

	if (d->data.p != NULL)
		return;
	p = s->n_spare != 0 ? s->spare[--s->n_spare] : malloc(SHELF_SPARE);
	if (p != NULL) {
		d->data.p = p;
		d->data.cap = SHELF_SPARE;
	}
}

void
shelf_return(struct shelf *s, struct draft *d)
{
	if (d->n == 0)
		spare_give(s, &d->data);
}

/* ---- entries ---- */

void
shelf_item_free(struct shelf_item *it)
{
	spare_give(it->shelf, &it->data);
	shelf_origin_unref(it->origin);
	free(it);
}

static void
on_kick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	shelf_send(arg);
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct shelf *s = arg;

	(void)fd;
	(void)what;
	if (s->halted && s->pending == 0)
		shelf_resume(s);
}

enum d4_status
shelf_new(const struct shelf_setup *setup, struct shelf **out)
{
	struct shelf *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return D4_ENOMEM;
	s->set = *setup;
	TAILQ_INIT(&s->items);
	s->retry = evtimer_new(setup->base, on_retry, s);
	s->kick = evtimer_new(setup->base, on_kick, s);
	if (s->retry == NULL || s->kick == NULL) {
		shelf_free(s);
		return D4_ENOMEM;
	}
	*out = s;
	return D4_OK;
}

void
shelf_free(struct shelf *s)
{
	uint64_t n[3];

	if (s == NULL)
		return;
	assert(s->pending == 0); /* the connection is freed before */
	shelf_lost(s, &n[0], &n[1], &n[2]);
	if (s->retry != NULL)
		event_free(s->retry);
	if (s->kick != NULL)
		event_free(s->kick);
	while (s->n_spare != 0)
		free(s->spare[--s->n_spare]);
	free(s);
}

/* Gives back what growing by doubling left over; in place, mostly. */
static void
buf_trim(struct d4_buf *b)
{
	uint8_t *p;

	if (b->cap - b->n < SHELF_SLACK)
		return;
	p = realloc(b->p, b->n);
	if (p == NULL)
		return;
	b->p = p;
	b->cap = b->n;
}

enum d4_status
shelf_put(struct shelf *s, struct shelf_origin *o, struct draft *d)
{
	static const struct timeval now = {0, 0};
	struct shelf_item *it = calloc(1, sizeof(*it));

	if (it == NULL)
		return D4_ENOMEM;
	it->shelf = s;
	it->origin = o;
	o->refs++;
	o->waiting++;
	it->data = d->data;
	d->data = (struct d4_buf){.max = d->data.max};
	buf_trim(&it->data);
	it->size = it->data.n;
	it->first = d->first;
	it->seq = d->seq;
	it->n = d->n;
	TAILQ_INSERT_TAIL(&s->items, it, link);
	s->bytes += shelf_item_bytes(it);
	s->entries++;
	if (s->next == NULL)
		s->next = it;
	if (!evtimer_pending(s->kick, NULL))
		(void)evtimer_add(s->kick, &now);
	shelf_check(s);
	return D4_OK;
}

void
shelf_up(struct shelf *s)
{
	if (s->halted && s->pending == 0)
		shelf_resume(s);
	else
		shelf_send(s);
}

size_t
shelf_bytes(const struct shelf *s)
{
	return s->bytes;
}

size_t
shelf_entries(const struct shelf *s)
{
	return s->entries;
}

bool
shelf_is_full(const struct shelf *s)
{
	return s->full;
}

void
shelf_lost(
    struct shelf *s, uint64_t *entries, uint64_t *records, uint64_t *bytes)
{
	struct shelf_item *it;

	*entries = *records = *bytes = 0;
	while ((it = TAILQ_FIRST(&s->items)) != NULL) {
		TAILQ_REMOVE(&s->items, it, link);
		(*entries)++;
		*records += it->n;
		*bytes += it->size;
		shelf_item_free(it);
	}
	s->next = NULL;
	s->bytes = s->entries = 0;
}
