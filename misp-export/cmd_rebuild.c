/* rebuild: the state that was lost, out of MISP. Nothing is written there. */
#include <stdio.h>
#include <stdlib.h>
#include "libd4/kit/clock.h"
#include "misp-export/commands.h"
#include "misp-export/lock.h"
#include "misp-export/namespace.h"
#include "misp-export/rest.h"
#include "misp-export/store.h"

/*
 * struct rebuild -- what came back: events, findings, those of them that were
 * recalled; known: events that the state has; foreign, old: that were left.
 */
struct rebuild {
	const struct misp_conf *conf;
	struct store *store;
	struct http *http;
	struct rest *rest;
	uint64_t events, items, recalled, known, foreign, old;
};

static struct event *
on_event(void *arg, const struct event_name *name)
{
	struct rebuild *b = arg;
	uint64_t now = d4_now_us(), keep = b->conf->keep_us;
	struct event *e;

	if (now > keep &&
	    name->start_s + name->span_s < (now - keep) / 1000000) {
		b->old++;
		return NULL;
	}
	if (store_get(b->store, name, &e) != D4_OK)
		return NULL;
	if (e->state == EVENT_NEW && !e->asked)
		return e;
	b->known++;
	return NULL;
}

static bool
on_done(void *arg, struct event *e)
{
	struct rebuild *b = arg;
	char info[256], uuid[D4_UUID_TEXT];
	uint64_t items = 0, recalled = 0;

	for (size_t i = 0; i < e->n; i++) {
		if (e->items[i]->mapper == event_anonymisation())
			continue;
		items++;
		recalled += e->items[i]->state == ITEM_RECALLED;
	}
	event_info(e, b->conf->info, info, sizeof(info));
	d4_uuid_text(&e->uuid, uuid);
	if (store_save(b->store) != D4_OK) {
		perror(b->conf->dir);
		return false;
	}
	store_shrink(b->store, b->conf->memory);
	(void)printf("%s  %s  findings=%llu recalled=%llu\n", uuid, info,
	    (unsigned long long)items, (unsigned long long)recalled);
	b->events++;
	b->items += items;
	b->recalled += recalled;
	return true;
}

static void
on_foreign(void *arg, const struct d4_uuid *uuid)
{
	struct rebuild *b = arg;

	(void)uuid;
	b->foreign++;
}

static bool
rebuild_open(struct rebuild *b)
{
	const struct misp_conf *c = b->conf;
	struct rest_setup set = {.conf = c};

	if (store_open(c->dir, c->namespace, c->mappers, &b->store) != D4_OK ||
	    http_new(c, -1, &b->http) != D4_OK) {
		perror(c->dir);
		return false;
	}
	set.http = b->http;
	return rest_new(&set, &b->rest) == D4_OK;
}

static int
rebuild_all(struct rebuild *b)
{
	const struct rest_found found = {on_event, on_done, on_foreign, b};
	enum rest_end end;

	if (!rebuild_open(b))
		return 1;
	end = rest_rebuild(b->rest, store_space(b->store), &found);
	(void)printf("%llu events, %llu findings, %llu of them recalled\n",
	    (unsigned long long)b->events, (unsigned long long)b->items,
	    (unsigned long long)b->recalled);
	if (b->known != 0)
		(void)printf("%llu events are known here already\n",
		    (unsigned long long)b->known);
	if (b->old != 0)
		(void)printf("%llu events are older than keep\n",
		    (unsigned long long)b->old);
	if (b->foreign != 0)
		(void)printf("%llu events with such a title are not of this "
			     "namespace\n",
		    (unsigned long long)b->foreign);
	if (end == REST_DONE)
		return 0;
	(void)fprintf(stderr,
	    "d4-misp-export: not everything was restored: %s; run it again\n",
	    rest_trouble(b->rest));
	return 1;
}

/* With a new one nothing there would be ours. */
static bool
rebuild_space(const struct misp_conf *c)
{
	struct d4_uuid space;
	enum d4_status st = namespace_read(c->dir, c->namespace, &space);

	if (st != D4_OK)
		(void)fprintf(stderr,
		    "d4-misp-export: %s/namespace: %s; put back the copy of "
		    "it, or write namespace: UUID in the configuration\n",
		    c->dir, d4_status_text(st));
	return st == D4_OK;
}

int
cmd_rebuild(struct misp_conf *c, int argc, char **argv)
{
	struct rebuild b = {.conf = c};
	int code = 1, lock = -1;

	(void)argv;
	if (argc != 1) {
		(void)fputs("usage: d4-misp-export rebuild\n", stderr);
		return 64;
	}
	if (c->url == NULL) {
		(void)fputs("d4-misp-export: no url: there is no MISP to ask\n",
		    stderr);
		return 1;
	}
	if (rebuild_space(c) && lock_take(c, &lock))
		code = rebuild_all(&b);
	rest_free(b.rest);
	http_free(b.http);
	store_free(b.store);
	lock_leave(lock);
	return code;
}
