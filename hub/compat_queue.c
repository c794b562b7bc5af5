/* The queues as a reader has them: its group, its entries, in order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "hub/compat_parts.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "libd4/type.h"

#define BLOCK    "250" /* ms that a read waits */
#define BLOCK_US 250000u
#define REST_MS  1000u
#define STREAMS  512u /* queues and shards, at most */

static const struct {
	uint8_t type;
	const char *handler;
	enum compat_kind kind;
} kinds[] = {
    {1, "", COMPAT_CAPTURE},
    {3, "", COMPAT_LINES},
    {6, "", COMPAT_LINES},
    {8, "", COMPAT_LINES},
    {254, "ja3-jl", COMPAT_JA3},
    {254, "filewatcher", COMPAT_FILE},
    {254, "filewatcherjson", COMPAT_JSON},
};

/* Any other extended type is lines, as with d4-core. */
static enum compat_kind
kind_of(uint8_t type, const char *ext)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].type == type && strcmp(kinds[i].handler, ext) == 0)
			return kinds[i].kind;
	}
	return type == D4_TYPE_EXTENDED ? COMPAT_LINES : COMPAT_NONE;
}

/* ---- which there are ---- */

static bool
queue_known(const struct compat *c, const char *key)
{
	for (size_t i = 0; i < c->n_queues; i++) {
		if (strcmp(c->queue[i].key, key) == 0)
			return true;
	}
	return false;
}

static bool
group_make(struct compat *c, const char *key)
{
	struct compat_words w = {.n = 0};
	redisReply *r;
	bool ok;

	words_add(&w, "XGROUP");
	words_add(&w, "CREATE");
	words_add(&w, key);
	words_add(&w, COMPAT_GROUP);
	words_add(&w, "0");
	words_add(&w, "MKSTREAM");
	r = compat_ask(c, &w);
	ok = r->type != REDIS_REPLY_ERROR ||
	     strncmp(r->str, "BUSYGROUP", 9) == 0;
	if (!ok)
		d4_warnx("compat queue=%s why=\"%.120s\"", key, r->str);
	freeReplyObject(r);
	return ok;
}

/* d4-core's workers take what the configuration gives them. */
static bool
has_worker(const struct compat *c, uint8_t type)
{
	return c->opt
	    ->compat_worker[type == D4_TYPE_EXTENDED ? D4_TYPE_META : type];
}

static void
queue_join(struct compat *c, uint8_t type, const char *ext, unsigned shard)
{
	struct compat_queue *all, q = {.type = type,
				      .kind = kind_of(type, ext),
				      .worker = has_worker(c, type),
				      .pending = true,
				      .stored = {.fd = -1}};

	if (c->n_queues == STREAMS ||
	    d4_queue_key(type, d4_slice_str(ext), shard, q.key,
		sizeof(q.key)) != D4_OK ||
	    (q.kind == COMPAT_NONE && !q.worker) || queue_known(c, q.key) ||
	    !group_make(c, q.key))
		return;
	(void)snprintf(q.set, sizeof(q.set), "%u%s%s", type,
	    ext[0] != '\0' ? ":" : "", ext);
	if (ext[0] != '\0')
		(void)snprintf(q.item, sizeof(q.item), "%s", ext);
	else
		(void)snprintf(q.item, sizeof(q.item), "%u", type);
	all = realloc(c->queue, (c->n_queues + 1) * sizeof(*all));
	if (all == NULL)
		d4_fatalx("out of memory");
	c->queue = all;
	c->queue[c->n_queues++] = q;
	compat_since(c, &q);
	d4_info("compat queue=%s to=%s", q.key,
	    q.worker ? "workers" : "analyzer lists");
}

/* "8" or "254.ja3-jl", and its number of shards; anybody's text. */
static void
queue_found(struct compat *c, const char *name, const char *shards)
{
	char *end = NULL;
	unsigned long type = strtoul(name, &end, 10);
	unsigned long n = strtoul(shards, NULL, 10);
	const char *ext = *end == '.' ? end + 1 : "";

	if (end == name || type < 1 || type > 255 || n < 1 ||
	    n > QUEUE_SHARDS_MAX || strlen(ext) >= D4_META_TYPE)
		return;
	for (unsigned i = 0; i < n; i++)
		queue_join(c, (uint8_t)type, ext, i);
}

void
compat_queues(struct compat *c)
{
	struct compat_words w = {.n = 0};
	redisReply *r;

	words_add(&w, "HGETALL");
	words_add(&w, "d4:queues");
	r = compat_ask(c, &w);
	for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i + 1 < r->elements;
	     i += 2) {
		if (r->element[i]->type == REDIS_REPLY_STRING &&
		    r->element[i + 1]->type == REDIS_REPLY_STRING)
			queue_found(
			    c, r->element[i]->str, r->element[i + 1]->str);
	}
	freeReplyObject(r);
}

/* ---- entries ---- */

static bool
note(struct compat *c, const struct compat_queue *q, const char *id,
    const char *event)
{
	if (d4_account_write(c->account, true, event,
		json_pack("{s:s,s:s,s:s}", "queue", q->key, "id", id, "reader",
		    COMPAT_GROUP)) == D4_OK)
		return true;
	d4_warn("account");
	return false;
}

static bool
rest(struct compat_queue *q, const char *why)
{
	if (!q->said)
		d4_warnx("alarm=compat queue=%s waits why=\"%s\"", q->key, why);
	compat_waits(q, why);
	q->said = true;
	q->rest_ms = d4_mono_ms() + REST_MS;
	q->pending = true;
	return false;
}

/* Data that is on the hub's disk. */
static bool
entry_fetch(struct compat *c, struct compat_queue *q, const char *id,
    struct d4_entry *e)
{
	enum d4_status st =
	    d4_overflow_read(&q->stored, c->overflow, q->key, e, &c->stored);

	if (st == D4_OK)
		return compat_take(c, q, id, e) || rest(q, c->why);
	if (st != D4_ENOENT && st != D4_ECHECKSUM && st != D4_EVERSION)
		return rest(q, d4_status_text(st));
	if (!note(c, q, id,
		st == D4_ENOENT ? "overflow.gone" : "overflow.damaged"))
		return rest(q, "account");
	compat_ack(c, q, id);
	return true;
}

/* One entry as Redis has it: [id, [name, value ...]]; false: rest. */
static bool
entry_read(struct compat *c, struct compat_queue *q, const redisReply *r)
{
	struct d4_slice pair[2 * 2 * D4_ENTRY_FIELDS];
	const redisReply *f;
	struct d4_entry e;
	size_t n = 0;

	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 ||
	    r->element[0]->type != REDIS_REPLY_STRING)
		return true;
	f = r->element[1];
	while (f->type == REDIS_REPLY_ARRAY && n < f->elements &&
	       n < sizeof(pair) / sizeof(pair[0])) {
		pair[n] = d4_slice_of(f->element[n]->str, f->element[n]->len);
		n++;
	}
	if (n < 2 || d4_entry_parse(pair, n / 2, &e) != D4_OK) {
		if (!note(c, q, r->element[0]->str, "entry.malformed"))
			return rest(q, "account");
		compat_ack(c, q, r->element[0]->str);
		return true;
	}
	if (e.ref.segment != 0)
		return entry_fetch(c, q, r->element[0]->str, &e);
	return compat_take(c, q, r->element[0]->str, &e) || rest(q, c->why);
}

static struct compat_queue *
queue_by_key(const struct compat *c, const redisReply *key)
{
	for (size_t i = 0; i < c->n_queues; i++) {
		if (key->type == REDIS_REPLY_STRING &&
		    strcmp(c->queue[i].key, key->str) == 0)
			return &c->queue[i];
	}
	return NULL;
}

/* [key, [entries]]. */
static void
stream_read(struct compat *c, const redisReply *r)
{
	const redisReply *all;
	struct compat_queue *q;

	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2)
		return;
	q = queue_by_key(c, r->element[0]);
	all = r->element[1];
	if (q == NULL || all->type != REDIS_REPLY_ARRAY)
		return;
	if (all->elements == 0)
		q->pending = false;
	q->behind = all->elements == COMPAT_COUNT;
	for (size_t i = 0; i < all->elements; i++) {
		c->any = true;
		if (!entry_read(c, q, all->element[i]))
			return; /* what is behind it is read again, too */
	}
}

/* A queue that rests has a word of its own in Redis to go on again. */
static bool
queue_ready(struct compat *c, struct compat_queue *q, uint64_t now)
{
	struct compat_words w;

	if (now < q->rest_ms)
		return false;
	if (q->rest_ms != 0 && q->worker) {
		compat_script(c, COMPAT_STALL, &w);
		words_add(&w, q->key);
		freeReplyObject(compat_ask(c, &w));
		compat_workers_look(c); /* has one of them come? */
	}
	q->rest_ms = 0;
	d4_overflow_close(&q->stored);
	return true;
}

void
compat_read(struct compat *c)
{
	static const char *const words[] = {"XREADGROUP", "GROUP", COMPAT_GROUP,
	    "d4-hub", "COUNT", "32", "BLOCK", BLOCK, "STREAMS"};
	const size_t n_words = sizeof(words) / sizeof(words[0]);
	const char
	    *argv[sizeof(words) / sizeof(words[0]) + (size_t)2 * STREAMS];
	size_t ready[STREAMS], n = 0;
	redisReply *r;

	for (size_t i = 0; i < c->n_queues; i++) {
		c->queue[i].behind = false;
		if (queue_ready(c, &c->queue[i], d4_mono_ms()))
			ready[n++] = i;
	}
	c->any = false;
	if (n == 0) {
		(void)usleep(BLOCK_US);
		return;
	}
	memcpy(argv, words, sizeof(words));
	for (size_t i = 0; i < n; i++) {
		const struct compat_queue *q = &c->queue[ready[i]];

		argv[n_words + i] = q->key;
		argv[n_words + n + i] = q->pending ? "0" : ">";
	}
	r = redisCommandArgv(c->redis, (int)(n_words + 2 * n), argv, NULL);
	if (r == NULL || r->type == REDIS_REPLY_ERROR)
		compat_lost(c, r != NULL ? r->str : "no answer");
	/* Of a read that waited in vain it is nil, without elements. */
	for (size_t i = 0; r != NULL && i < r->elements; i++)
		stream_read(c, r->element[i]);
	compat_capture_sync(c);
	compat_collect(c);
	freeReplyObject(r);
}
