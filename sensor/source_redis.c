/*
 * A list of a d4-core server, oldest item first: d4-core pushes on the left,
 * so we pop on the right, into a list of our own that is trimmed when the
 * items are settled. What stands there at the start is read again: a crash
 * loses nothing, and may send items twice.
 */
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/log.h"
#include "libd4/kit/redis.h"
#include "sensor/source.h"

#define REDIS_BATCH  128u          /* items asked for at once */
#define REDIS_KEEP   (1u << 20)    /* bytes that stay allocated for them */
#define REDIS_QUEUED (1u << 20)    /* bytes of commands */
#define REDIS_LEFT   ":d4-sensor:" /* our list: the queue's name, this, uuid */

/* Items of one give, settled together. */
struct redis_lot {
	uint64_t mark, items;
	struct redis_lot *next;
};

enum redis_state {
	REDIS_DOWN,
	REDIS_LEFTOVER, /* what an earlier run had not settled */
	REDIS_READY,
	REDIS_ASKING, /* answers are awaited */
	REDIS_EMPTY,  /* the timer runs */
};

/*
 * struct source_redis
 * Shape:  left: the name of our list. again: items of it that were given
 *         since the connection came up. first, last: lots that are not
 *         settled; lot: the one under way. owed: answers awaited.
 */
struct source_redis {
	struct source base;
	enum redis_state state;
	struct d4_redis *redis;
	struct event *timer;
	char *left;
	struct redis_lot *first, *last;
	uint64_t lot_items, again;
	unsigned owed;
	bool wanted, got;
	struct d4_buf items;
};

static void redis_next(struct source_redis *r);

static struct source_redis *
redis_of(struct source *s)
{
	return (struct source_redis *)s;
}

static void
redis_end(struct source_redis *r, const char *why)
{
	r->wanted = false;
	r->base.to.ev->end(r->base.to.arg, why);
}

/* ---- lots ---- */

static void
redis_lots_clear(struct source_redis *r)
{
	while (r->first != NULL) {
		struct redis_lot *lot = r->first;

		r->first = lot->next;
		free(lot);
	}
	r->last = NULL;
	r->lot_items = 0;
}

/* All that was given until now is in frames up to mark. */
static void
redis_lot_close(struct source_redis *r)
{
	struct redis_lot *lot = r->last;

	if (r->lot_items == 0)
		return;
	if (lot == NULL || lot->mark != r->base.mark) {
		lot = calloc(1, sizeof(*lot));
		if (lot == NULL)
			return; /* with the next lot then */
		lot->mark = r->base.mark;
		if (r->last != NULL)
			r->last->next = lot;
		else
			r->first = lot;
		r->last = lot;
	}
	lot->items += r->lot_items;
	r->lot_items = 0;
}

/* The oldest items stand at our list's right end. */
static void
redis_settled(struct source *s)
{
	struct source_redis *r = redis_of(s);
	uint64_t n = 0;

	while (r->first != NULL && r->first->mark <= s->settled) {
		struct redis_lot *lot = r->first;

		n += lot->items;
		r->first = lot->next;
		if (r->first == NULL)
			r->last = NULL;
		free(lot);
	}
	if (n == 0)
		return;
	r->again = r->again > n ? r->again - n : 0;
	if (d4_redis_sendf(r->redis, NULL, NULL, "LTRIM %s 0 -%llu", r->left,
		(unsigned long long)n + 1) != D4_OK)
		d4_redis_reset(r->redis); /* then all of it is read again */
}

/* ---- answers ---- */

static void
redis_item(struct source_redis *r, const redisReply *reply)
{
	if (reply->len >= D4_LINE_MAX) {
		r->base.to.ev->drop(
		    r->base.to.arg, D4_R_LINE_TOOLONG, reply->len);
	} else if (d4_buf_add(&r->items, reply->str, reply->len) != D4_OK ||
		   d4_buf_add(&r->items, "\n", 1) != D4_OK) {
		/* It stays in our list, and comes again later. */
		d4_redis_reset(r->redis);
		return;
	}
	r->lot_items++;
	r->again++;
	r->got = true;
}

static void
redis_give(struct source_redis *r)
{
	if (!r->got || !r->wanted)
		return;
	r->got = r->wanted = false;
	r->base.to.ev->give(r->base.to.arg, d4_buf_slice(&r->items));
}

static void
on_popped(void *arg, enum d4_status st, const redisReply *reply)
{
	struct source_redis *r = arg;

	r->owed--;
	if (st != D4_OK || r->state != REDIS_ASKING)
		return;
	if (reply->type == REDIS_REPLY_ERROR) {
		d4_warnx("redis refuses queue=%s error=\"%s\"",
		    r->base.conf.path, reply->str);
		redis_end(r, "the queue cannot be read");
		return;
	}
	if (reply->type == REDIS_REPLY_STRING)
		redis_item(r, reply);
	if (r->owed != 0)
		return;
	r->state = REDIS_READY;
	if (r->got) {
		redis_give(r);
	} else {
		struct timeval tv = {
		    .tv_sec = (time_t)(r->base.conf.rate_ms / 1000),
		    .tv_usec =
			(suseconds_t)(r->base.conf.rate_ms % 1000 * 1000),
		};

		r->state = REDIS_EMPTY;
		(void)evtimer_add(r->timer, &tv);
	}
}

/* Newest first in the answer: the oldest is the last. */
static void
on_left(void *arg, enum d4_status st, const redisReply *reply)
{
	struct source_redis *r = arg;

	r->owed--;
	if (st != D4_OK || r->state != REDIS_LEFTOVER)
		return;
	if (reply->type != REDIS_REPLY_ARRAY) {
		redis_end(r, "the list of unsettled items cannot be read");
		return;
	}
	for (size_t i = reply->elements; i > 0; i--)
		redis_item(r, reply->element[i - 1]);
	if (reply->elements == 0)
		r->state = REDIS_READY;
	if (r->got)
		redis_give(r);
	else
		redis_next(r);
}

static void
on_selected(void *arg, enum d4_status st, const redisReply *reply)
{
	struct source_redis *r = arg;

	if (st == D4_OK && reply->type == REDIS_REPLY_ERROR)
		redis_end(r, "redis has no such database");
}

/* ---- questions ---- */

static void
redis_ask_left(struct source_redis *r)
{
	unsigned long long skip = r->again;

	if (d4_redis_sendf(r->redis, on_left, r, "LRANGE %s -%llu -%llu",
		r->left, skip + REDIS_BATCH, skip + 1) == D4_OK)
		r->owed++;
}

static void
redis_ask(struct source_redis *r)
{
	r->state = REDIS_ASKING;
	for (unsigned i = 0; i < REDIS_BATCH; i++) {
		if (d4_redis_sendf(r->redis, on_popped, r, "RPOPLPUSH %s %s",
			r->base.conf.path, r->left) != D4_OK)
			break;
		r->owed++;
	}
	if (r->owed == 0)
		d4_redis_reset(r->redis);
}

static void
redis_next(struct source_redis *r)
{
	if (!r->wanted || r->owed != 0)
		return;
	switch (r->state) {
	case REDIS_LEFTOVER:
		redis_ask_left(r);
		break;
	case REDIS_READY:
		redis_ask(r);
		break;
	case REDIS_DOWN:
	case REDIS_ASKING:
	case REDIS_EMPTY:
		break;
	}
}

static void
redis_want(struct source *s)
{
	struct source_redis *r = redis_of(s);

	redis_lot_close(r);
	d4_buf_clear(&r->items, REDIS_KEEP);
	r->got = false;
	r->wanted = true;
	redis_next(r);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct source_redis *r = arg;

	(void)fd;
	(void)what;
	if (r->state != REDIS_EMPTY)
		return;
	r->state = REDIS_READY;
	redis_next(r);
}

/* ---- the connection ---- */

static void
on_up(void *arg)
{
	struct source_redis *r = arg;

	d4_info("redis is up queue=%s", r->base.conf.path);
	r->state = REDIS_LEFTOVER;
	if (d4_redis_sendf(r->redis, on_selected, r, "SELECT %llu",
		(unsigned long long)r->base.conf.db) != D4_OK)
		d4_redis_reset(r->redis);
	else
		redis_next(r);
}

/*
 * Which of the last commands were carried out is not known: all that stands
 * in our list is given again when the connection is back.
 */
static void
on_down(void *arg, const char *why)
{
	struct source_redis *r = arg;

	d4_warnx("redis is down queue=%s why=\"%s\"", r->base.conf.path, why);
	r->state = REDIS_DOWN;
	r->again = 0;
	redis_lots_clear(r);
	if (r->wanted) {
		r->got = false;
		d4_buf_clear(&r->items, REDIS_KEEP);
	}
	(void)evtimer_del(r->timer);
}

static const struct d4_redis_events redis_events = {
    .up = on_up,
    .down = on_down,
};

static void
redis_destroy(struct source *s)
{
	struct source_redis *r = redis_of(s);

	r->state = REDIS_DOWN;
	d4_redis_free(r->redis);
	if (r->timer != NULL)
		event_free(r->timer);
	redis_lots_clear(r);
	d4_buf_fini(&r->items);
	free(r->left);
	free(r);
}

static const struct source_ops redis_ops = {
    .want = redis_want,
    .settled = redis_settled,
    .destroy = redis_destroy,
};

static enum d4_status
redis_open(struct source_redis *r)
{
	const struct source_conf *c = &r->base.conf;
	enum d4_status st;

	r->timer = evtimer_new(c->base, on_timer, r);
	if (r->timer == NULL ||
	    asprintf(&r->left, "%s" REDIS_LEFT "%s", c->path, c->uuid) < 0)
		return D4_ENOMEM;
	st = d4_redis_new(c->base, &redis_events, r, REDIS_QUEUED, &r->redis);
	return st == D4_OK ? d4_redis_connect(r->redis, c->redis) : st;
}

enum d4_status
source_redis_make(const struct source_conf *conf, const struct source_owner *to,
    struct source **out)
{
	struct source_redis *r;
	enum d4_status st;

	/* The lists of captures hold paths of files on the server's disk. */
	if (conf->row == NULL || conf->row->cutter != &d4_cutter_lines)
		return D4_ENOTSUP;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return D4_ENOMEM;
	r->base.ops = &redis_ops;
	r->base.conf = *conf;
	r->base.to = *to;
	d4_buf_init(&r->items, (size_t)REDIS_BATCH * (D4_LINE_MAX + 1));
	st = redis_open(r);
	if (st == D4_OK)
		*out = &r->base;
	else
		redis_destroy(&r->base);
	return st;
}
