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
#include "hub/shelf_parts.h"
#include "libd4/kit/log.h"

#define SHELF_RETRY_MS    100L
#define SHELF_WINDOW      2u   /* transactions that are not answered */
#define SHELF_BATCH       256u /* entries of one */
#define SHELF_BATCH_BYTES (2u << 20)
#define SHELF_ARGV        (OVERFLOW_WORDS + 2u * D4_ENTRY_FIELDS)

/*
 * What an entry costs in Redis: its allocator has four sizes between two
 * powers of two, and a large entry has a block of its own.
 */
static size_t
item_cost(const struct shelf_item *it)
{
	size_t n = shelf_item_bytes(it), step = 1;

	if (n <= 4096)
		return n;
	while (step <= n / 8)
		step *= 2;
	return (n + step - 1) / step * step;
}

/* It is sent with its data, or not any more. */
static void
item_whole(struct shelf_item *it, bool on)
{
	struct queue *q = it->origin->shard->queue;

	if (it->whole == on)
		return;
	it->whole = on;
	if (on)
		q->coming += item_cost(it);
	else
		q->coming -= item_cost(it);
}

/* Redis has it. */
static void
item_done(struct shelf *s, struct shelf_item *it)
{
	struct shelf_origin *o = it->origin;
	struct queue_shard *sh = o->shard;

	item_whole(it, false);
	sh->bytes += item_cost(it);
	sh->queue->bytes += item_cost(it);
	sh->queue->added += item_cost(it);
	sh->length++;
	sh->entries++;
	sh->records += it->n;
	sh->data += it->size;
	sh->idle_polls = 0;
	if (it->ref.segment != 0)
		s->set.disk->done(s->set.disk_arg, sh, &it->ref);
	s->bytes -= shelf_item_bytes(it);
	s->entries--;
	TAILQ_REMOVE(&s->items, it, link);
	if (o->failed)
		o->overtaken = true;
	o->refs++;
	shelf_item_free(it);
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

/*
 * The connection is lost: all of them, again. After an error reply Redis may
 * have these before what failed; shelf_resume has to know what was sent.
 */
static void
items_unanswered(struct shelf *s, struct shelf_item *it, unsigned n)
{
	if (!s->halted)
		s->next = TAILQ_FIRST(&s->items);
	for (unsigned i = 0; s->halted && i < n; i++) {
		if (it->origin->failed)
			it->origin->overtaken = true;
		it = TAILQ_NEXT(it, link);
	}
}

/* An answer to `n` entries is there; what next? */
static void
shelf_answered(struct shelf *s, enum d4_status st, unsigned n)
{
	s->pending -= n;
	s->batches--;
	if (st != D4_OK)
		return; /* shelf_up goes on */
	if (s->halted && s->pending == 0)
		shelf_retry_soon(s);
	else if (!s->halted)
		shelf_send(s);
}

/* To a lone XADD. */
static void
on_added(void *arg, enum d4_status st, const redisReply *reply)
{
	struct shelf_item *it = arg;
	struct shelf *s = it->shelf;

	if (st != D4_OK)
		items_unanswered(s, it, 1);
	else if (reply->type == REDIS_REPLY_ERROR)
		item_failed(s, it, reply->str);
	else
		item_done(s, it);
	shelf_answered(s, st, 1);
}

/* To EXEC: one answer for each entry, or one error and none was added. */
static void
on_exec(void *arg, enum d4_status st, const redisReply *reply)
{
	struct shelf_item *it = arg, *next;
	struct shelf *s = it->shelf;
	unsigned n = it->batch;

	if (st != D4_OK)
		items_unanswered(s, it, n);
	for (unsigned i = 0; st == D4_OK && i < n; i++, it = next) {
		const redisReply *one = reply;

		next = TAILQ_NEXT(it, link);
		if (reply->type == REDIS_REPLY_ARRAY && i < reply->elements)
			one = reply->element[i];
		if (one->type == REDIS_REPLY_STRING)
			item_done(s, it);
		else
			item_failed(s, it,
			    one->type == REDIS_REPLY_ERROR ? one->str
							   : "no id");
	}
	shelf_answered(s, st, n);
}

static struct d4_entry
item_entry(const struct shelf_item *it)
{
	const struct shelf_origin *o = it->origin;

	return (struct d4_entry){
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
	    .ref = it->ref,
	};
}

static enum d4_status
item_send(struct shelf *s, struct shelf_item *it, d4_redis_fn *fn)
{
	const struct queue_shard *sh = it->origin->shard;
	const struct d4_entry e = item_entry(it);
	struct d4_slice argv[SHELF_ARGV];
	struct d4_entry_text text;
	struct overflow_text more;
	size_t n;

	if (it->ref.segment != 0) {
		n = s->set.disk->words(sh, &it->ref, &more, argv);
		d4_entry_fields(&e, &text, argv + n);
		return d4_redis_send(s->set.redis, argv,
		    n + (size_t)2 * D4_ENTRY_FIELDS, fn, it);
	}
	argv[0] = d4_slice_str("XADD");
	argv[1] = d4_slice_str(sh->key);
	argv[2] = d4_slice_str("*");
	/* The data is the last field; it stays until the answer is there. */
	d4_entry_fields(&e, &text, argv + 3);
	return d4_redis_lend(
	    s->set.redis, argv, 3 + (size_t)2 * D4_ENTRY_FIELDS, fn, it);
}

/* ---- to the disk first ---- */

static bool
item_put(struct shelf *s, struct shelf_item *it)
{
	const struct d4_entry e = item_entry(it);

	item_whole(it, false);
	it->fresh =
	    it->ref.segment == 0 &&
	    s->set.disk->put(s->set.disk_arg, it->origin->shard, &e, &it->ref);
	item_whole(it, it->ref.segment == 0);
	return it->fresh;
}

/* What was put is durable, and leaves memory; or it goes into Redis whole. */
static void
item_stored(struct shelf *s, struct shelf_item *it, bool durable)
{
	if (!it->fresh)
		return;
	it->fresh = false;
	if (!durable) {
		s->set.disk->done(s->set.disk_arg, it->origin->shard, &it->ref);
		it->ref = (struct d4_ref){.segment = 0};
		item_whole(it, true);
		return;
	}
	s->bytes -= it->data.n;
	d4_buf_fini(&it->data);
}

/*
 * Entries of queues that are over their budget: one fdatasync for all, before
 * any reference to them is sent.
 */
static void
batch_store(struct shelf *s, struct shelf_item *first, unsigned n)
{
	struct shelf_item *it = first;
	bool any = false, durable;

	if (s->set.disk == NULL)
		return;
	for (unsigned i = 0; i < n; i++, it = TAILQ_NEXT(it, link))
		any = item_put(s, it) || any;
	if (!any)
		return;
	durable = s->set.disk->sync(s->set.disk_arg);
	it = first;
	for (unsigned i = 0; i < n; i++, it = TAILQ_NEXT(it, link))
		item_stored(s, it, durable);
	shelf_check(s);
}

/* How many entries from it on go into one transaction. */
static unsigned
batch_size(struct shelf_item *it)
{
	size_t bytes = 0;
	unsigned n = 0;

	for (; it != NULL && n < SHELF_BATCH && bytes < SHELF_BATCH_BYTES;
	     it = TAILQ_NEXT(it, link)) {
		bytes += shelf_item_bytes(it);
		n++;
	}
	return n;
}

/*
 * Entries that are there together go in one transaction: with appendfsync
 * always that is one fsync, whereas a pipeline of large XADDs costs one each
 * (Redis writes its file once per turn, and reads one of them in a turn).
 */
static enum d4_status
batch_send(struct shelf *s, struct shelf_item *it, unsigned n)
{
	struct shelf_item *first = it;
	enum d4_status st;

	assert(it != NULL); /* n entries are behind it */
	if (n == 1)
		return item_send(s, it, on_added);
	it->batch = n;
	st = d4_redis_sendf(s->set.redis, NULL, NULL, "MULTI");
	if (st != D4_OK)
		return st;
	for (unsigned i = 0; i < n && st == D4_OK; i++) {
		st = item_send(s, it, NULL);
		it = TAILQ_NEXT(it, link);
	}
	if (st == D4_OK)
		st = d4_redis_sendf(s->set.redis, on_exec, first, "EXEC");
	if (st != D4_OK)
		d4_redis_reset(s->set.redis); /* half of it must not stay */
	return st;
}

bool
shelf_prompt(const struct shelf *s)
{
	return s->batches < SHELF_WINDOW && !s->halted;
}

/* Few transactions at a time: meanwhile the next one grows. */
void
shelf_send(struct shelf *s)
{
	while (s->next != NULL && !s->halted && s->batches < SHELF_WINDOW &&
	       d4_redis_is_up(s->set.redis)) {
		unsigned n = batch_size(s->next);

		batch_store(s, s->next, n);
		if (batch_send(s, s->next, n) != D4_OK)
			return; /* an answer, or `up`, will bring us back */
		s->pending += n;
		s->batches++;
		while (n-- > 0)
			s->next = TAILQ_NEXT(s->next, link);
	}
}

/* Every answer is there: what failed goes first, under its right name. */
void
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
