#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/fdpass.h"
#include "libd4/kit/log.h"
#include "relay/source_list.h"

#define LIST_SELECT_TICKS 10u

static void
list_step(struct source *s)
{
	struct list *l = list_of(s);

	if (l->n_paths > 0 && feed_ready(&l->feed))
		list_files(l);
	else if (l->n_paths == 0 && !evtimer_pending(l->poll, NULL))
		list_take(l);
}

static void
on_poll(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	list_step(arg);
}

/* ---- the connection ---- */

static void
on_select(void *arg, enum d4_status st, const redisReply *r)
{
	struct list *l = arg;

	if (st != D4_OK)
		return;
	if (r->type == REDIS_REPLY_ERROR) {
		feed_alarms(&l->feed, "select: %s", r->str);
		d4_redis_reset(l->redis);
		return;
	}
	l->selected = true;
	fill_look(l);
	list_step(l->feed.source);
}

static void
on_up(void *arg)
{
	struct list *l = list_of(arg);

	d4_info("source=%s redis=up", l->feed.conf->id);
	(void)!d4_redis_sendf(l->redis, on_select, l, "SELECT %llu",
	    (unsigned long long)l->feed.conf->db);
}

static void
on_down(void *arg, const char *why)
{
	struct list *l = list_of(arg);

	d4_warnx("source=%s redis=down why=\"%s\"", l->feed.conf->id, why);
	l->taking = l->selected = l->checked = false;
	l->done = l->done && l->token[0] != '\0';
}

static void
list_connection(struct source *s, int fd)
{
	struct list *l = list_of(s);

	l->asked = false;
	l->refused = fd < 0 ? l->refused + 1 : 0;
	if (fd < 0)
		feed_alarms(&l->feed, "its Redis cannot be reached");
	else if (d4_redis_attach(l->redis, fd) != D4_OK)
		d4_warnx("source=%s redis=refused", l->feed.conf->id);
}

static void
list_tick(struct source *s)
{
	struct list *l = list_of(s);
	struct wash *w = s->wash;
	char word[96];

	if (!d4_redis_is_up(l->redis)) {
		(void)snprintf(
		    word, sizeof(word), "redis %s", l->feed.conf->id);
		/* The supervisor waits for it: not every second. */
		if (!l->asked && !w->stopping &&
		    w->ticks % (1u << (l->refused < 5 ? l->refused : 5)) == 0)
			l->asked = d4_fd_send(w->setup->channel,
				       d4_slice_str(word), -1) == D4_OK;
		return;
	}
	if (!l->selected)
		return;
	if (w->ticks % LIST_SELECT_TICKS == 0)
		fill_look(l);
	/* Work goes on, or cannot: the lease must not end by that. */
	if (!l->other && feed_open(&l->feed) &&
	    d4_mono_ms() - l->asked_ms >= WASH_RENEW_MS)
		list_renew(l);
}

/* ---- batches ---- */

static void
list_ack(struct shard *s)
{
	struct list *l = list_of(s->source);

	feed_ended(&l->feed);
	if (l->n_paths > 0) { /* there is more of it */
		event_active(l->poll, EV_TIMEOUT, 0);
		return;
	}
	l->done = true;
	list_take(l);
}

static void
list_drop(struct shard *s)
{
	struct list *l = list_of(s->source);

	feed_ended(&l->feed);
	list_files_forget(l);
	l->token[0] = '\0';
	l->done = false;
}

static void
list_stop(struct source *s)
{
	static const char script[] =
	    "if redis.call('GET',KEYS[1])==ARGV[1] then "
	    "return redis.call('DEL',KEYS[1]) end return 0";
	struct list *l = list_of(s);
	const struct d4_slice arg[] = {d4_slice_str("EVAL"),
	    d4_slice_str(script), d4_slice_str("1"), d4_slice_str(l->key[4]),
	    d4_slice_str(s->wash->setup->consumer)};

	if (!l->selected || l->other)
		return;
	if (l->done)
		list_renew(l);
	(void)!d4_redis_send(l->redis, arg, 5, NULL, NULL);
}

/* ---- life ---- */

static void
list_keys(struct list *l)
{
	static const char *const parts[] = {
	    NULL, "processing", "batch", "last", "lease"};
	const struct source_conf *c = l->feed.conf;
	const char *group = l->feed.source->wash->setup->group;
	char type[8];

	(void)snprintf(type, sizeof(type), "%u", (unsigned)c->type);
	(void)snprintf(l->key[0], sizeof(l->key[0]), "analyzer:%s:%s",
	    c->ext[0] != '\0' ? c->ext : type, c->queue);
	for (size_t i = 1; i < 5; i++)
		(void)snprintf(l->key[i], sizeof(l->key[i]), "d4-%s:%s:%s",
		    group, c->id, parts[i]);
	(void)snprintf(
	    l->meta_key, sizeof(l->meta_key), "analyzer:%s", c->queue);
}

static void
list_close(struct source *s)
{
	struct list *l = list_of(s);

	if (l->redis != NULL)
		d4_redis_free(l->redis);
	list_files_forget(l);
	if (l->poll != NULL)
		event_free(l->poll);
	d4_buf_fini(&l->out);
	free(l);
}

static enum d4_status
list_open(struct source *s)
{
	static const struct d4_redis_events events = {on_up, on_down};
	struct list *l = calloc(1, sizeof(*l));
	enum d4_status st;

	if (l == NULL)
		return D4_ENOMEM;
	s->state = l;
	d4_buf_init(&l->out, D4_ENTRY_TARGET + D4_LINE_MAX);
	l->fill.rate = -1;
	l->fill.max = s->conf->max_size;
	st = feed_init(&l->feed, s, false);
	if (st == D4_OK)
		st = d4_redis_new(
		    s->wash->base, &events, s, WASH_QUEUED, &l->redis);
	l->poll = evtimer_new(s->wash->base, on_poll, s);
	if (st == D4_OK && l->poll == NULL)
		st = D4_ENOMEM;
	list_keys(l);
	return st;
}

static void
list_status(const struct source *s, json_t *o)
{
	const struct list *l = list_of(s);
	const struct list_fill *f = &l->fill;
	json_int_t backlog = (json_int_t)f->left;

	backlog += (json_int_t)l->processing;
	(void)json_object_set_new(o, "list", json_string(l->key[0]));
	(void)json_object_set_new(o, "state",
	    json_string(!l->selected ? "not connected"
			: l->other   ? "another relay's"
				     : "live"));
	(void)json_object_set_new(o, "backlog", json_integer(backlog));
	(void)json_object_set_new(
	    o, "length", json_integer((json_int_t)f->length));
	(void)json_object_set_new(
	    o, "max_size", json_integer((json_int_t)f->max));
	(void)json_object_set_new(o, "full", json_boolean(f->full));
	(void)json_object_set_new(o, "likely_lost",
	    f->rate < 0 && f->full ? json_null()
				   : json_integer((json_int_t)f->likely));
}

const struct source_kind source_list = {
    .name = "d4core-list",
    .open = list_open,
    .tick = list_tick,
    .step = list_step,
    .connection = list_connection,
    .ack = list_ack,
    .drop = list_drop,
    .stop = list_stop,
    .close = list_close,
    .status = list_status,
};
