/*
 * Order is what Redis and the wash must not lose: the wash takes an entry
 * whose (sess, seq) is not above the last one for a repetition (Decision 5).
 *
 * A lost connection is harmless: everything not answered is sent again, in
 * order, so a repetition is one. An error reply (out of memory, disk full) is
 * not: entries behind it in the pipeline may have succeeded. Then nothing
 * more is sent until all answers are there, and what failed goes first. If
 * entries of its session overtook it, it carries another session's UUID, so
 * that nobody takes it for a repetition: an entry is a complete file, and
 * belongs to no neighbour.
 */
#include <assert.h>
#include <stdlib.h>
#include "hub/shelf.h"
#include "libd4/kit/log.h"

#define SHELF_OVERHEAD 512u /* bytes of an entry beside its data */
#define SHELF_SLACK    4096u
#define SHELF_RETRY_MS 100L
#define SHELF_ARGV     (3u + 2u * D4_ENTRY_FIELDS)

struct shelf_item {
	TAILQ_ENTRY(shelf_item) link;
	struct shelf *shelf;
	struct shelf_origin *origin;
	struct d4_buf data;
	struct draft_time first;
	uint64_t seq, n;
	bool late;
};

TAILQ_HEAD(shelf_items, shelf_item);

/*
 * struct shelf -- Shape: items in order; those before `next` are sent and not
 * answered (pending of them). halted: an error was answered.
 */
struct shelf {
	struct shelf_setup set;
	struct shelf_items items;
	struct shelf_item *next;
	size_t pending;
	size_t bytes, entries;
	uint64_t errors;
	bool full, halted;
	struct event *retry;
};

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

static size_t
item_bytes(const struct shelf_item *it)
{
	return it->data.n + it->origin->meta.n + SHELF_OVERHEAD;
}

static void
shelf_check(struct shelf *s)
{
	bool full = s->bytes > (s->full ? s->set.max / 2 : s->set.max);

	if (full == s->full)
		return;
	s->full = full;
	s->set.full(s->set.arg, full);
}

static void
item_free(struct shelf_item *it)
{
	d4_buf_fini(&it->data);
	shelf_origin_unref(it->origin);
	free(it);
}

/* Redis has it. */
static void
item_done(struct shelf *s, struct shelf_item *it)
{
	struct shelf_origin *o = it->origin;
	struct queue_shard *sh = o->shard;

	sh->bytes += item_bytes(it);
	sh->length++;
	sh->entries++;
	sh->records += it->n;
	sh->data += it->data.n;
	sh->idle_polls = 0;
	s->bytes -= item_bytes(it);
	s->entries--;
	TAILQ_REMOVE(&s->items, it, link);
	if (o->failed)
		o->overtaken = true;
	o->refs++;
	item_free(it);
	if (--o->waiting == 0 && o->acked != NULL)
		o->acked(o->arg);
	shelf_origin_unref(o);
	shelf_check(s);
}

static void
shelf_retry_soon(struct shelf *s)
{
	struct timeval tv = {0, SHELF_RETRY_MS * 1000};

	if (!evtimer_pending(s->retry, NULL))
		(void)evtimer_add(s->retry, &tv);
}

static void
item_failed(struct shelf *s, struct shelf_item *it, const char *why)
{
	if (!s->halted)
		d4_warnx("shelf entry refused by redis queue=%s reply=\"%.80s\""
			 " waiting=%zu remedy=\"see maxmemory and the disk\"",
		    it->origin->shard->queue->name, why, s->entries);
	s->errors++;
	s->halted = true;
	it->origin->failed = true;
}

static void shelf_send(struct shelf *s);

static void
on_added(void *arg, enum d4_status st, const redisReply *reply)
{
	struct shelf_item *it = arg;
	struct shelf *s = it->shelf;

	s->pending--;
	if (st != D4_OK)
		s->next = TAILQ_FIRST(&s->items); /* all of them, again */
	else if (reply->type == REDIS_REPLY_ERROR)
		item_failed(s, it, reply->str);
	else
		item_done(s, it);
	if (st != D4_OK)
		return;
	if (s->halted && s->pending == 0)
		shelf_retry_soon(s);
	else if (!s->halted)
		shelf_send(s);
}

static enum d4_status
item_send(struct shelf *s, struct shelf_item *it)
{
	const struct shelf_origin *o = it->origin;
	struct d4_slice argv[SHELF_ARGV];
	struct d4_entry_text text;
	const struct d4_entry e = {
	    .sess = it->late ? o->late : o->sess,
	    .seq = it->seq,
	    .n = it->n,
	    .sensor = o->sensor,
	    .peer = d4_slice_str(o->peer),
	    .type = o->type,
	    .ext = d4_slice_str(o->ext),
	    .meta = d4_buf_slice(&o->meta),
	    .t_hdr_s = it->first.t_hdr_s,
	    .t_rx_us = it->first.t_rx_us,
	    .data = d4_buf_slice(&it->data),
	};

	argv[0] = d4_slice_str("XADD");
	argv[1] = d4_slice_str(o->shard->key);
	argv[2] = d4_slice_str("*");
	d4_entry_fields(&e, &text, argv + 3);
	return d4_redis_send(s->set.redis, argv, SHELF_ARGV, on_added, it);
}

/* As much as the connection takes. */
static void
shelf_send(struct shelf *s)
{
	while (s->next != NULL && !s->halted && d4_redis_is_up(s->set.redis)) {
		if (item_send(s, s->next) != D4_OK)
			return; /* an answer will bring us back */
		s->pending++;
		s->next = TAILQ_NEXT(s->next, link);
	}
}

/* Every answer is there: what failed goes first, under its right name. */
static void
shelf_resume(struct shelf *s)
{
	struct shelf_item *it;

	TAILQ_FOREACH(it, &s->items, link)
	{
		struct shelf_origin *o = it->origin;

		if (it == s->next)
			break;
		if (!o->overtaken)
			continue;
		if (o->failed && d4_uuid_random(&o->late) != D4_OK)
			return;
		o->failed = false;
		it->late = true;
	}
	TAILQ_FOREACH(it, &s->items, link)
	{
		it->origin->failed = false;
		it->origin->overtaken = false;
	}
	s->halted = false;
	s->next = TAILQ_FIRST(&s->items);
	shelf_send(s);
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
	if (s->retry == NULL) {
		free(s);
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
	event_free(s->retry);
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
	it->first = d->first;
	it->seq = d->seq;
	it->n = d->n;
	TAILQ_INSERT_TAIL(&s->items, it, link);
	s->bytes += item_bytes(it);
	s->entries++;
	if (s->next == NULL)
		s->next = it;
	shelf_send(s);
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
		*bytes += it->data.n;
		item_free(it);
	}
	s->next = NULL;
	s->bytes = s->entries = 0;
}
