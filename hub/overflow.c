#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "hub/listener.h"
#include "hub/overflow_parts.h"
#include "hub/quota.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"

#define SEGMENT_MIN   (1u << 20)
#define SEGMENT_MAX   (64u << 20)
#define SEGMENTS_WANT 64u           /* of a queue at its disk budget */
#define DISK_RESERVE  (64ull << 20) /* left free: Redis writes there, too */
#define FAILED_MS     2000u         /* until writing is tried again */

/* ---- whose ---- */

/*
 * A number's remainder by WORKERS_MAX is the place that made it. With fewer
 * workers than places each has several, so that none is left alone.
 */
bool
overflow_owns(const struct overflow *o, uint64_t number)
{
	return number % WORKERS_MAX % o->hub->n_workers == o->hub->place;
}

uint64_t
overflow_number(const struct overflow *o, uint64_t n)
{
	uint64_t to = o->hub->place, at = n % WORKERS_MAX;

	if (o->hub->n_workers == 1)
		return n;
	return n + (to + WORKERS_MAX - at) % WORKERS_MAX;
}

/* ---- segments ---- */

struct overflow_segment *
segment_find(const struct overflow_shard *d, uint64_t number)
{
	/* The newest are asked for most. */
	for (size_t i = d->n; i-- > 0;) {
		if (d->seg[i].number == number)
			return &d->seg[i];
	}
	return NULL;
}

enum d4_status
segment_add(struct overflow_shard *d, uint64_t number, uint64_t bytes)
{
	struct overflow_segment *seg;
	size_t cap;

	if (d->n >= OVERFLOW_SEGMENTS)
		return D4_ETOOBIG;
	if (d->n == d->cap) {
		cap = d->cap == 0 ? 16 : 2 * d->cap;
		seg = reallocarray(d->seg, cap, sizeof(*seg));
		if (seg == NULL)
			return D4_ENOMEM;
		d->seg = seg;
		d->cap = cap;
	}
	d->seg[d->n++] =
	    (struct overflow_segment){.number = number, .bytes = bytes};
	d->shard->disk_bytes += bytes;
	return D4_OK;
}

char *
segment_path(const struct overflow_shard *d, uint64_t number)
{
	char name[D4_OVERFLOW_NAME];

	d4_overflow_name(number, name);
	return d4_path(d->dir, name);
}

void
segment_delete(struct overflow_shard *d, struct overflow_segment *g)
{
	char *path = segment_path(d, g->number);
	size_t i = (size_t)(g - d->seg);

	if (d->writer.fd >= 0 && d->writer.head.segment == g->number)
		d4_overflow_finish(&d->writer);
	if (path != NULL && unlink(path) != 0 && errno != ENOENT)
		d4_warn("overflow unlink %s", path);
	free(path);
	d->shard->disk_bytes -= g->bytes;
	d->n--;
	memmove(g, g + 1, (d->n - i) * sizeof(*g));
}

/* ---- writing ---- */

/* Said once; the queue is as if over its disk budget until it works again. */
static void
disk_failed(struct overflow_shard *d, enum d4_status why)
{
	struct queue *q = d->shard->queue;

	if (!q->disk_failed)
		d4_warnx("alarm queue=%s overflow=\"%s%s%s\" dir=%s"
			 " remedy=\"free space; its sensors wait\"",
		    q->name, d4_status_text(why), why == D4_EIO ? ": " : "",
		    why == D4_EIO ? strerror(errno) : "", d->dir);
	q->disk_failed = true;
	q->disk_failed_ms = d4_mono_ms();
	d4_overflow_finish(&d->writer);
}

static bool
disk_low(const char *dir)
{
	struct statvfs v;

	return statvfs(dir, &v) == 0 &&
	       (uint64_t)v.f_bavail * v.f_frsize < DISK_RESERVE;
}

void
overflow_check_disk(struct overflow *o, struct queue *q)
{
	if (!q->disk_failed || d4_mono_ms() - q->disk_failed_ms < FAILED_MS ||
	    disk_low(o->root))
		return;
	q->disk_failed = false;
	d4_info("queue=%s overflow=\"writing again\"", q->name);
}

static uint64_t
segment_limit(const struct hub *h)
{
	uint64_t want = h->opt->queue_disk / SEGMENTS_WANT;

	if (want < SEGMENT_MIN)
		return SEGMENT_MIN;
	return want < SEGMENT_MAX ? want : SEGMENT_MAX;
}

/* The next segment; what is in the one before is durable first. */
static enum d4_status
writer_roll(struct overflow_shard *d)
{
	struct d4_overflow_head head = {.store = d->room->store,
	    .segment = d->next,
	    .origin = d4_overflow_origin(d->shard->key)};
	enum d4_status st;

	if (d->writer.fd >= 0) {
		st = d4_overflow_sync(&d->writer);
		if (st != D4_OK)
			return st;
		d4_overflow_finish(&d->writer);
	}
	if (disk_low(d->room->root))
		return D4_ENOSPC;
	if (d4_dir_make(d->dir, 0750) != D4_OK)
		return D4_EIO;
	d->next = overflow_number(d->room, d->next + 1); /* never used twice */
	st = d4_overflow_create(d->dir, &head, &d->writer);
	if (st != D4_OK)
		return st;
	st = segment_add(d, head.segment, d->writer.off);
	if (st != D4_OK) {
		char *path = segment_path(d, head.segment);

		d4_overflow_finish(&d->writer);
		if (path != NULL)
			(void)unlink(path);
		free(path);
	}
	return st;
}

static enum d4_status
shard_append(
    struct overflow_shard *d, const struct d4_entry *e, struct d4_ref *out)
{
	const struct d4_overflow_entry oe = {.sensor = e->sensor,
	    .seq = e->seq,
	    .n = e->n,
	    .t_rx_us = e->t_rx_us,
	    .data = e->data};
	struct overflow_segment *g;
	enum d4_status st = D4_OK;
	uint64_t before;

	if (d->writer.fd < 0 || d->writer.off >= segment_limit(d->room->hub))
		st = writer_roll(d);
	if (st != D4_OK)
		return st;
	before = d->writer.off;
	st = d4_overflow_append(&d->writer, &oe, out);
	if (st != D4_OK)
		return st;
	g = &d->seg[d->n - 1]; /* the one that is written */
	g->bytes = d->writer.off;
	g->waiting++;
	d->shard->disk_bytes += d->writer.off - before;
	d->shard->stored++;
	return D4_OK;
}

static bool
overflow_put(void *arg, struct queue_shard *s, const struct d4_entry *e,
    struct d4_ref *out)
{
	struct overflow *o = arg;
	struct overflow_shard *d = s->disk;
	enum d4_status st;

	if (d == NULL || !d->known || s->queue->disk_failed ||
	    !quota_spills(o->hub, s->queue))
		return false;
	st = shard_append(d, e, out);
	if (st != D4_OK)
		disk_failed(d, st);
	/* At once: a look is too late for a fast sensor. */
	if (!s->queue->full && quota_over(o->hub, s->queue))
		quota_check(o->hub, s->queue);
	return st == D4_OK;
}

static bool
overflow_sync(void *arg)
{
	struct overflow *o = arg;
	struct overflow_shard *d;
	bool ok = true;

	if (strcmp(o->hub->opt->appendfsync, "no") == 0)
		return true; /* as the entries in Redis */
	TAILQ_FOREACH(d, &o->shards, link)
	{
		enum d4_status st = D4_OK;

		if (d->writer.fd >= 0)
			st = d4_overflow_sync(&d->writer);
		if (st == D4_OK)
			continue;
		disk_failed(d, st);
		ok = false;
	}
	return ok;
}

/* A reference is in the stream, or was given up. */
static void
overflow_done(void *arg, struct queue_shard *s, const struct d4_ref *ref)
{
	struct overflow_segment *g =
	    s->disk != NULL ? segment_find(s->disk, ref->segment) : NULL;

	(void)arg;
	if (g != NULL && g->waiting > 0)
		g->waiting--;
}

/* ---- life ---- */

static void
shard_free(struct overflow_shard *d)
{
	d4_overflow_finish(&d->writer);
	free(d->seg);
	free(d->dir);
	free(d);
}

enum d4_status
overflow_new(struct hub *h, struct overflow **out)
{
	struct overflow *o = calloc(1, sizeof(*o));
	struct d4_uuid epoch;
	enum d4_status st;

	if (o == NULL)
		return D4_ENOMEM;
	TAILQ_INIT(&o->shards);
	o->hub = h;
	o->root = d4_path(h->opt->state, OVERFLOW_DIR);
	st = o->root != NULL ? d4_uuid_random(&epoch) : D4_ENOMEM;
	if (st == D4_OK)
		st = d4_dir_make(o->root, 0750);
	if (st == D4_OK)
		st = d4_overflow_store(o->root, true, &o->store);
	if (st != D4_OK) {
		overflow_free(o);
		return st;
	}
	d4_uuid_text(&epoch, o->epoch);
	(void)snprintf(o->place, sizeof(o->place), "%u", h->place);
	(void)snprintf(o->places, sizeof(o->places), "%u", h->n_workers);
	if (h->place == 0)
		(void)snprintf(o->field, sizeof(o->field), "epoch");
	else
		(void)snprintf(
		    o->field, sizeof(o->field), "epoch.%u", h->place);
	*out = o;
	return D4_OK;
}

void
overflow_free(struct overflow *o)
{
	struct overflow_shard *d;

	if (o == NULL)
		return;
	while ((d = TAILQ_FIRST(&o->shards)) != NULL) {
		TAILQ_REMOVE(&o->shards, d, link);
		shard_free(d);
	}
	free(o->root);
	free(o);
}

const struct shelf_disk overflow_shelf = {
    .put = overflow_put,
    .sync = overflow_sync,
    .words = overflow_words,
    .done = overflow_done,
};
