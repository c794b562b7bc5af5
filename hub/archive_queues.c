/*
 * The archive's side of Redis: XREADGROUP, then everything on the disk, then
 * XACK. One connection, blocking: there is nothing else to do meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/archive.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define CONSUMER  "archive"
#define REPLY_AIM (4u << 20) /* bytes of an answer, about */
#define COUNT_MAX 512u
#define IDS_MAX   32768u /* bytes of COUNT_MAX ids */
#define RETRY_MS  1000u  /* without room: until it is looked at again */

/* ---- commands ---- */

/* NULL: the connection is of no use; an error answer is one, too. */
static redisReply *
ask(redisContext *c, int n, const char **argv)
{
	redisReply *r = redisCommandArgv(c, n, argv, NULL);

	if (r == NULL)
		d4_warnx("archive redis=\"%s\"", c->errstr);
	return r;
}

/* ---- which queues there are ---- */

static struct archive_queue *
queue_known(struct archive *a, const char *key)
{
	for (size_t i = 0; i < a->n_queues; i++) {
		if (strcmp(a->queue[i]->key, key) == 0)
			return a->queue[i];
	}
	return NULL;
}

static enum d4_status
queue_group(struct archive *a, const char *key)
{
	const char *argv[] = {
	    "XGROUP", "CREATE", key, a->conf->reader, "0", "MKSTREAM"};
	redisReply *r = ask(a->redis, 6, argv);
	enum d4_status st = D4_OK;

	if (r == NULL)
		return D4_ECLOSED;
	if (r->type == REDIS_REPLY_ERROR &&
	    strncmp(r->str, "BUSYGROUP", 9) != 0) {
		d4_warnx("archive queue=%s xgroup=\"%s\"", key, r->str);
		st = D4_ECLOSED;
	}
	freeReplyObject(r);
	return st;
}

static enum d4_status
queue_begin(struct archive *a, const char *key)
{
	struct archive_queue *q;
	char folder[128];

	/* Nothing else becomes part of a path or a command. */
	if (d4_overflow_folder(key, folder, sizeof(folder)) != D4_OK ||
	    a->n_queues == ARCHIVE_QUEUES || queue_known(a, key) != NULL)
		return D4_OK;
	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return D4_ENOMEM;
	(void)snprintf(q->key, sizeof(q->key), "%s", key);
	q->overflow.fd = -1;
	q->pending = true;
	d4_buf_init(&q->ids, IDS_MAX);
	a->queue[a->n_queues++] = q;
	d4_info("archive queue=%s", key);
	return queue_group(a, key);
}

static enum d4_status
queue_shards(struct archive *a, const char *name, const char *shards)
{
	unsigned long n = strtoul(shards, NULL, 10);
	enum d4_status st = D4_OK;
	char key[QUEUE_KEY];

	if (n > QUEUE_SHARDS_MAX || strlen(name) >= QUEUE_NAME ||
	    !archive_conf_wants(a->conf, name))
		return D4_OK;
	for (unsigned long i = 0; i < n && st == D4_OK; i++) {
		(void)snprintf(key, sizeof(key), "d4:{%s:%lu}:q", name, i);
		st = queue_begin(a, key);
	}
	return st;
}

enum d4_status
queues_find(struct archive *a)
{
	const char *argv[] = {"HGETALL", "d4:queues"};
	redisReply *r = ask(a->redis, 2, argv);
	enum d4_status st = D4_OK;

	if (r == NULL)
		return D4_ECLOSED;
	for (size_t i = 0;
	     st == D4_OK && r->type == REDIS_REPLY_ARRAY && i + 1 < r->elements;
	     i += 2) {
		if (r->element[i]->type == REDIS_REPLY_STRING &&
		    r->element[i + 1]->type == REDIS_REPLY_STRING)
			st = queue_shards(
			    a, r->element[i]->str, r->element[i + 1]->str);
	}
	freeReplyObject(r);
	return st;
}

void
queues_free(struct archive *a)
{
	for (size_t i = 0; i < a->n_queues; i++) {
		d4_overflow_close(&a->queue[i]->overflow);
		d4_buf_fini(&a->queue[i]->ids);
		free(a->queue[i]);
	}
	a->n_queues = 0;
}

bool
queues_met(const struct archive *a)
{
	for (size_t i = 0; i < a->n_queues; i++) {
		if (!a->queue[i]->met)
			return false;
	}
	return true;
}

/* ---- acknowledging ---- */

static enum d4_status
queue_ack(struct archive *a, struct archive_queue *q)
{
	const char *argv[3 + COUNT_MAX] = {"XACK", q->key, a->conf->reader};
	const char *id = (const char *)q->ids.p;
	int n = 3;
	redisReply *r;

	for (size_t i = 0; i < q->n_ids; i++) {
		argv[n++] = id;
		id += strlen(id) + 1;
	}
	q->n_ids = 0;
	q->ids.n = 0;
	if (n == 3)
		return D4_OK;
	r = ask(a->redis, n, argv);
	if (r == NULL)
		return D4_ECLOSED;
	if (r->type == REDIS_REPLY_ERROR)
		d4_warnx("archive queue=%s xack=\"%s\"", q->key, r->str);
	freeReplyObject(r);
	return D4_OK;
}

/* Durable first. What cannot be is read again by the next process. */
static enum d4_status
queues_commit(struct archive *a)
{
	enum d4_status st = parts_commit(a->parts);

	if (st == D4_OK)
		st = d4_account_sync(a->account);
	if (st == D4_OK)
		st = archive_dropped(a);
	for (size_t i = 0; i < a->n_queues && st == D4_OK; i++)
		st = queue_ack(a, a->queue[i]);
	return st;
}

/* ---- reading ---- */

static enum d4_status
queue_id(struct archive_queue *q, const redisReply *id)
{
	if (id->type != REDIS_REPLY_STRING || strlen(id->str) != id->len ||
	    q->n_ids == COUNT_MAX)
		return D4_ECLOSED;
	q->n_ids++;
	return d4_buf_add(&q->ids, id->str, id->len + 1);
}

/* The rest of an answer is pending, and read again. */
static enum d4_status
queue_stop(struct archive *a, struct archive_queue *q, enum d4_status st)
{
	q->pending = true;
	/* What an earlier process had comes before what does not fit. */
	q->met = q->met || st == D4_ENOSPC || st == D4_AGAIN;
	if (st == D4_AGAIN)
		return D4_OK; /* this one waits, others do not */
	if (st != D4_ENOSPC)
		return st;
	if (!a->full)
		d4_warnx("alarm archive disk=full dir=%s: what is not archived "
			 "stays in the queues",
		    a->conf->dir);
	a->full = true;
	a->retry_ms = d4_mono_ms() + RETRY_MS;
	return D4_OK;
}

static enum d4_status
queue_entries(
    struct archive *a, struct archive_queue *q, const redisReply *entries)
{
	for (size_t i = 0; i < entries->elements; i++) {
		const redisReply *e = entries->element[i];
		enum d4_status st =
		    a->retry_ms != 0 ? D4_AGAIN : archive_take(a, q, e);

		if (st == D4_OK)
			st = queue_id(q, e->element[0]);
		if (st != D4_OK)
			return queue_stop(a, q, st);
	}
	return D4_OK;
}

static size_t
entries_bytes(const redisReply *entries)
{
	size_t sum = 0;

	for (size_t i = 0; i < entries->elements; i++) {
		const redisReply *e = entries->element[i];
		const redisReply *f =
		    e->type == REDIS_REPLY_ARRAY && e->elements == 2
			? e->element[1]
			: NULL;

		for (size_t k = 0; f != NULL && k < f->elements; k++)
			sum += f->element[k]->len;
	}
	return sum;
}

/* So many the next time that an answer has about REPLY_AIM bytes. */
static void
count_fit(struct archive *a, size_t entries, size_t bytes)
{
	uint64_t fit = entries != 0 ? REPLY_AIM / (bytes / entries + 1) : 0;

	if (entries == 0)
		return;
	if (fit > 2ull * a->count)
		fit = 2ull * a->count;
	a->count = fit < 1 ? 1 : fit > COUNT_MAX ? COUNT_MAX : (unsigned)fit;
}

static enum d4_status
queues_stream(
    struct archive *a, const redisReply *one, size_t *entries, size_t *bytes)
{
	struct archive_queue *q;

	if (one->type != REDIS_REPLY_ARRAY || one->elements != 2 ||
	    one->element[0]->type != REDIS_REPLY_STRING ||
	    one->element[1]->type != REDIS_REPLY_ARRAY)
		return D4_ECLOSED;
	q = queue_known(a, one->element[0]->str);
	if (q == NULL)
		return D4_ECLOSED;
	if (one->element[1]->elements == 0) {
		q->pending = false; /* nothing of an earlier process is left */
		q->met = true;
	}
	*entries += one->element[1]->elements;
	*bytes += entries_bytes(one->element[1]);
	return queue_entries(a, q, one->element[1]);
}

static enum d4_status
queues_answer(struct archive *a, const redisReply *r, bool *any)
{
	size_t entries = 0, bytes = 0;
	enum d4_status st = D4_OK;

	if (r->type == REDIS_REPLY_ERROR) {
		/* A stream that was deleted has no group any more. */
		d4_warnx("archive xreadgroup=\"%s\"", r->str);
		return D4_ECLOSED;
	}
	for (size_t i = 0;
	     st == D4_OK && r->type == REDIS_REPLY_ARRAY && i < r->elements;
	     i++)
		st = queues_stream(a, r->element[i], &entries, &bytes);
	count_fit(a, entries, bytes);
	*any = *any || entries != 0;
	return st == D4_OK ? queues_commit(a) : st;
}

/* One queue that has pending entries, or all that have not. */
static size_t
queues_which(struct archive *a, struct archive_queue **which)
{
	uint64_t now = d4_mono_ms();
	size_t n = 0;

	for (size_t i = 0; i < a->n_queues; i++) {
		if (a->queue[i]->pending && a->queue[i]->held_ms <= now) {
			which[0] = a->queue[i];
			return 1;
		}
	}
	for (size_t i = 0; i < a->n_queues; i++) {
		if (!a->queue[i]->pending)
			which[n++] = a->queue[i];
	}
	return n;
}

static redisReply *
queues_ask(struct archive *a, struct archive_queue *const *which, size_t n,
    unsigned block_ms)
{
	const char *argv[9 + 2 * ARCHIVE_QUEUES] = {
	    "XREADGROUP", "GROUP", a->conf->reader, CONSUMER, "COUNT"};
	char count[16], block[16];
	size_t k = 5;

	(void)snprintf(count, sizeof(count), "%u", a->count);
	(void)snprintf(block, sizeof(block), "%u", block_ms);
	argv[k++] = count;
	if (block_ms != 0 && !which[0]->pending) {
		argv[k++] = "BLOCK";
		argv[k++] = block;
	}
	argv[k++] = "STREAMS";
	for (size_t i = 0; i < n; i++) {
		argv[k + i] = which[i]->key;
		argv[k + n + i] = which[i]->pending ? "0" : ">";
	}
	return ask(a->redis, (int)(k + 2 * n), argv);
}

enum d4_status
queues_read(struct archive *a, unsigned block_ms, bool *any)
{
	struct archive_queue *which[ARCHIVE_QUEUES];
	size_t n = queues_which(a, which);
	enum d4_status st;
	redisReply *r;

	if (n == 0)
		return D4_OK;
	r = queues_ask(a, which, n, block_ms);
	if (r == NULL)
		return D4_ECLOSED;
	st = queues_answer(a, r, any);
	freeReplyObject(r);
	return st;
}
