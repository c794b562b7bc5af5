/*
 * What Redis knows of a shard's segments: the hash d4:{Q:S}:seg:STORE, with
 * `epoch` and, for each segment, "ID END": the last reference to it that is in
 * the stream, and where what it refers to ends. A reference and its line are
 * written in one step, and only for the process whose epoch stands there: so
 * what a killed one left in a socket cannot come in behind its successor's
 * look at what is needed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/overflow_parts.h"
#include "libd4/kit/log.h"

/* KEYS stream, hash. ARGV epoch's field, epoch, segment, end, the fields. */
static const char add_script[] =
    "if redis.call('HGET',KEYS[2],ARGV[1])~=ARGV[2] then "
    "return redis.error_reply('EPOCH another hub has this shard') end "
    "local e=tonumber(ARGV[4]) "
    "local o=redis.call('HGET',KEYS[2],ARGV[3]) "
    "if o then local p=tonumber(string.match(o,' (%d+)$')) "
    "if p and p>e then e=p end end "
    "local id=redis.call('XADD',KEYS[1],'*',unpack(ARGV,5)) "
    "redis.call('HSET',KEYS[2],ARGV[3],id..' '..string.format('%d',e)) "
    "return id";

/*
 * KEYS stream, hash. ARGV epoch's field, epoch, 1: the first time, our place,
 * how many places there are. The oldest id that there is, the hash, and the
 * first time what the stream costs; places that are ours now, and were another
 * worker's when there were more, cannot be added to any more.
 */
static const char look_script[] =
    "if redis.call('HGET',KEYS[2],ARGV[1])~=ARGV[2] then "
    "redis.call('HSET',KEYS[2],ARGV[1],ARGV[2]) end "
    "local f=redis.call('XRANGE',KEYS[1],'-','+','COUNT',1) "
    "local m=0 if ARGV[3]=='1' then "
    "for _,k in ipairs(redis.call('HKEYS',KEYS[2])) do "
    "local p=tonumber(string.match(k,'^epoch%.(%d+)$')) "
    "if p and k~=ARGV[1] and p%tonumber(ARGV[5])==tonumber(ARGV[4]) then "
    "redis.call('HDEL',KEYS[2],k) end end "
    "m=redis.call('MEMORY','USAGE',KEYS[1],'SAMPLES','0') or 0 end "
    "return {f[1] and f[1][1] or '',redis.call('HGETALL',KEYS[2]),m}";

size_t
overflow_words(const struct queue_shard *s, const struct d4_ref *ref,
    struct overflow_text *t, struct d4_slice argv[OVERFLOW_WORDS])
{
	const struct overflow_shard *d = s->disk;
	int n = snprintf(t->segment, sizeof(t->segment), "%llu",
	    (unsigned long long)ref->segment);
	int m = snprintf(t->end, sizeof(t->end), "%llu",
	    (unsigned long long)ref->offset + D4_OVERFLOW_FIXED + ref->length);

	argv[0] = d4_slice_str("EVAL");
	argv[1] = d4_slice_of(add_script, sizeof(add_script) - 1);
	argv[2] = d4_slice_str("2");
	argv[3] = d4_slice_str(s->key);
	argv[4] = d4_slice_str(d->hash);
	argv[5] = d4_slice_str(d->room->field);
	argv[6] = d4_slice_str(d->room->epoch);
	argv[7] = d4_slice_of(t->segment, (size_t)n);
	argv[8] = d4_slice_of(t->end, (size_t)m);
	return OVERFLOW_WORDS;
}

/* "SEGMENT" and "ID END"; false: the epoch, or nothing of ours. */
static bool
known_read(
    const redisReply *name, const redisReply *value, struct overflow_known *out)
{
	struct queue_id seg, end;
	char id[48];
	const char *space;

	if (name->type != REDIS_REPLY_STRING ||
	    value->type != REDIS_REPLY_STRING ||
	    queue_id_parse(name->str, &seg) != D4_OK || seg.ms == 0)
		return false;
	space = strchr(value->str, ' ');
	if (space == NULL || (size_t)(space - value->str) >= sizeof(id))
		return false;
	memcpy(id, value->str, (size_t)(space - value->str));
	id[space - value->str] = '\0';
	if (queue_id_parse(id, &out->last) != D4_OK ||
	    queue_id_parse(space + 1, &end) != D4_OK)
		return false;
	out->number = seg.ms;
	out->end = end.ms;
	return true;
}

/* Both halves of the answer; NULL out of memory or not understood. */
static struct overflow_known *
look_read(const struct overflow *o, const redisReply *r, struct queue_id *first,
    size_t *n)
{
	struct overflow_known *list;
	const redisReply *h;

	if (r->type != REDIS_REPLY_ARRAY || r->elements != 3 ||
	    r->element[0]->type != REDIS_REPLY_STRING ||
	    r->element[1]->type != REDIS_REPLY_ARRAY ||
	    r->element[2]->type != REDIS_REPLY_INTEGER)
		return NULL;
	*first = (struct queue_id){0, 0};
	if (r->element[0]->len != 0 &&
	    queue_id_parse(r->element[0]->str, first) != D4_OK)
		return NULL;
	h = r->element[1];
	list = calloc(h->elements / 2 + 1, sizeof(*list));
	*n = 0;
	for (size_t i = 0; list != NULL && i + 1 < h->elements; i += 2) {
		if (known_read(h->element[i], h->element[i + 1], &list[*n]) &&
		    overflow_owns(o, list[*n].number))
			(*n)++;
	}
	return list;
}

static void
hash_forget(struct overflow_shard *d, uint64_t number)
{
	if (d4_redis_sendf(d->room->hub->redis, NULL, NULL, "HDEL %s %llu",
		d->hash, (unsigned long long)number) == D4_OK)
		d->fields--;
}

/*
 * Files whose last reference is gone. One without any (what was written for
 * it went into Redis after all, or waits) stays until the stream is empty.
 */
static void
segments_pass(struct overflow_shard *d, const struct overflow_known *list,
    size_t n, const struct queue_id *first)
{
	for (size_t i = d->n; i-- > 0;) {
		struct overflow_segment *g = &d->seg[i];
		const struct overflow_known *k =
		    overflow_known_find(list, n, g->number);

		if (g->waiting != 0)
			continue;
		if (first == NULL ||
		    (k != NULL && queue_id_cmp(&k->last, first) < 0))
			segment_delete(d, g);
	}
}

/* Lines of segments that are not there: passed, or missing. */
static void
known_pass(struct overflow_shard *d, const struct overflow_known *list,
    size_t n, const struct queue_id *first)
{
	d->fields = n;
	for (size_t i = 0; i < n; i++) {
		if (segment_find(d, list[i].number) != NULL)
			continue;
		if (first == NULL || queue_id_cmp(&list[i].last, first) < 0)
			hash_forget(d, list[i].number);
		else if (!d->known)
			overflow_missing(d, &list[i]);
	}
}

static void
on_looked(void *arg, enum d4_status st, const redisReply *reply)
{
	struct overflow_shard *d = arg;
	struct overflow_known *list;
	struct queue_id first;
	bool empty;
	size_t n = 0;

	d->asked = false;
	if (st != D4_OK)
		return;
	list = look_read(d->room, reply, &first, &n);
	if (list == NULL) {
		d4_warnx("queue=%s overflow look=\"%.80s\"",
		    d->shard->queue->name,
		    reply->type == REDIS_REPLY_ERROR ? reply->str : "?");
		return;
	}
	empty = reply->element[0]->len == 0;
	if (!d->known) {
		overflow_recover(d, list, n);
		d->shard->bytes = (uint64_t)reply->element[2]->integer;
		d->shard->queue->bytes = queue_bytes(d->shard->queue);
	}
	segments_pass(d, list, n, empty ? NULL : &first);
	known_pass(d, list, n, empty ? NULL : &first);
	d->known = true;
	free(list);
}

static void
shard_ask(struct overflow_shard *d)
{
	const struct overflow *o = d->room;
	const struct d4_slice argv[] = {d4_slice_str("EVAL"),
	    d4_slice_of(look_script, sizeof(look_script) - 1),
	    d4_slice_str("2"), d4_slice_str(d->shard->key),
	    d4_slice_str(d->hash), d4_slice_str(o->field),
	    d4_slice_str(o->epoch), d4_slice_str(d->known ? "0" : "1"),
	    d4_slice_str(o->place), d4_slice_str(o->places)};

	if (!d->asked)
		d->asked = d4_redis_send(
			       o->hub->redis, argv, 10, on_looked, d) == D4_OK;
}

void
overflow_look(struct overflow *o, struct queue_shard *s)
{
	struct overflow_shard *d = s->disk;

	(void)o;
	if (d != NULL && (!d->known || d->n != 0 || d->fields != 0))
		shard_ask(d);
}

/* ---- a queue is ready ---- */

static struct overflow_shard *
shard_new(struct overflow *o, struct queue_shard *s)
{
	struct overflow_shard *d = calloc(1, sizeof(*d));
	char folder[QUEUE_KEY];

	if (d == NULL)
		return NULL;
	d->room = o;
	d->shard = s;
	d->writer.fd = -1;
	d->next = overflow_number(o, 1);
	/* "d4:{1:0}:q" to "d4:{1:0}:seg:STORE". */
	(void)snprintf(d->hash, sizeof(d->hash), "%.*sseg:%016llx",
	    (int)strlen(s->key) - 1, s->key, (unsigned long long)o->store);
	if (d4_overflow_folder(s->key, folder, sizeof(folder)) != D4_OK ||
	    asprintf(&d->dir, "%s/%s", o->root, folder) < 0) {
		free(d);
		return NULL;
	}
	return d;
}

void
overflow_claim(struct overflow *o, struct queue *q)
{
	for (unsigned i = 0; i < q->n_shards; i++) {
		struct queue_shard *s = &q->shard[i];

		if (s->disk == NULL)
			s->disk = shard_new(o, s);
		else
			continue;
		if (s->disk == NULL) {
			d4_warnx(
			    "queue=%s overflow=\"out of memory\"", q->name);
			continue;
		}
		TAILQ_INSERT_TAIL(&o->shards, s->disk, link);
		shard_ask(s->disk);
	}
}
