#include <stdio.h>
#include <string.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "relay/lanes_partner.h"
#include "relay/wash_park.h"
#include "relay/wash_room.h"

#define READ_AHEAD (64u << 10) /* bytes worked on between two looks */
#define READ_WORDS 9u /* XREADGROUP GROUP g c COUNT n BLOCK ms STREAMS */

static void on_read(void *arg, enum d4_status st, const redisReply *r);

/* block_ms NULL: it does not wait. */
static size_t
read_head(const struct wash *w, const char *block_ms, char count[16],
    struct d4_slice *arg)
{
	size_t n = 0;

	(void)snprintf(count, 16, "%u", w->count);
	arg[n++] = d4_slice_str("XREADGROUP");
	arg[n++] = d4_slice_str("GROUP");
	arg[n++] = d4_slice_str(w->setup->group);
	arg[n++] = d4_slice_str(w->setup->consumer);
	arg[n++] = d4_slice_str("COUNT");
	arg[n++] = d4_slice_str(count);
	if (block_ms != NULL) {
		arg[n++] = d4_slice_str("BLOCK");
		arg[n++] = d4_slice_str(block_ms);
	}
	arg[n++] = d4_slice_str("STREAMS");
	return n;
}

/*
 * How long an idle read waits: what is behind it on the connection waits, too.
 * So not at all while a partner catches up, and not for long while one is
 * without room: with room it begins to.
 */
static const char *
read_block(const struct wash *w, bool catching)
{
	if (catching)
		return NULL;
	return lanes_parking(w->lanes) ? PARK_BLOCK_MS : WASH_BLOCK_MS;
}

/*
 * What is read when the lease is another's already is delivered to us, and
 * nobody works on it.
 */
static bool
read_leased(const struct shard *s)
{
	return d4_mono_ms() - s->renewed_ms <= WASH_SAFE_MS;
}

/* New entries of all shards that are live. */
static void
read_live(struct wash *w, const char *block_ms)
{
	struct d4_slice *arg = w->args;
	size_t n, keys = 0;
	char count[16];

	n = read_head(w, block_ms, count, arg);
	for (size_t i = 0; i < w->n_shards; i++) {
		if (w->shard[i]->state == SHARD_LIVE &&
		    read_leased(w->shard[i]))
			arg[n + keys++] = d4_slice_str(w->shard[i]->key);
	}
	if (keys == 0)
		return;
	for (size_t i = 0; i < keys; i++)
		arg[n + keys + i] = d4_slice_str(">");
	if (d4_redis_send(w->redis, arg, n + 2 * keys, on_read, w) == D4_OK)
		w->reading++;
}

/* What one shard was given before and did not acknowledge. */
static void
read_pending(struct wash *w, const struct shard *s)
{
	struct d4_slice arg[READ_WORDS + 2];
	char count[16], from[48];
	size_t n;

	n = read_head(w, NULL, count, arg);
	(void)snprintf(from, sizeof(from), "%llu-%llu",
	    (unsigned long long)s->from.ms, (unsigned long long)s->from.n);
	arg[n++] = d4_slice_str(s->key);
	arg[n++] = d4_slice_str(from);
	if (d4_redis_send(w->redis, arg, n, on_read, w) == D4_OK)
		w->reading++;
}

void
read_more(struct wash *w)
{
	bool catching;

	if (w->stall != WASH_RUNS || w->stopping || !d4_redis_is_up(w->redis))
		return;
	catching = park_step(w);
	for (size_t i = 0; i < w->n_shards; i++) {
		if (w->shard[i]->state != SHARD_PENDING ||
		    !read_leased(w->shard[i]))
			continue;
		if (w->reading == 0)
			read_pending(w, w->shard[i]);
		return; /* one after the other, before anything new */
	}
	for (unsigned k = w->reading; k < (catching ? 1 : WASH_AHEAD); k++)
		read_live(w, read_block(w, catching));
}

void
read_step(struct source *src)
{
	read_more(src->wash);
}

unsigned
read_fit(unsigned was, uint64_t mean, uint64_t aim)
{
	uint64_t fit = aim / (mean + 1);

	if (fit > 2 * (uint64_t)was)
		fit = 2 * (uint64_t)was;
	if (fit > WASH_COUNT_MAX)
		fit = WASH_COUNT_MAX;
	return fit < 1 ? 1 : (unsigned)fit;
}

static uint64_t
entry_bytes(const redisReply *entry)
{
	const redisReply *f;
	uint64_t sum = 0;

	if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2)
		return 0;
	f = entry->element[1];
	for (size_t i = 0; f->type == REDIS_REPLY_ARRAY && i < f->elements;
	     i++) {
		const redisReply *v = f->element[i];
		struct d4_ref ref;

		sum += v->len;
		/* What it will be when its data is read from disk. */
		if (v->type == REDIS_REPLY_STRING && v->len < D4_REF_TEXT &&
		    i % 2 == 1 && f->element[i - 1]->len == 3 &&
		    d4_ref_parse(d4_slice_of(v->str, v->len), &ref) == D4_OK)
			sum += ref.length;
	}
	return sum;
}

void
read_ahead(struct wash *w, const redisReply *entry)
{
	w->worked += entry_bytes(entry);
	if (w->worked < READ_AHEAD)
		return;
	w->worked = 0;
	(void)d4_redis_ahead(w->redis);
}

uint64_t
read_bytes(const redisReply *entries)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < entries->elements; i++)
		sum += entry_bytes(entries->element[i]);
	return sum;
}

/* One stream of an answer. */
static enum d4_status
read_stream(struct wash *w, const redisReply *one)
{
	const redisReply *entries;
	struct shard *s;

	if (one->type != REDIS_REPLY_ARRAY || one->elements != 2 ||
	    one->element[0]->type != REDIS_REPLY_STRING ||
	    one->element[1]->type != REDIS_REPLY_ARRAY)
		return D4_OK;
	s = shard_find(w, one->element[0]->str, one->element[0]->len);
	if (s == NULL || (s->state != SHARD_LIVE && s->state != SHARD_PENDING))
		return D4_OK;
	entries = one->element[1];
	if (entries->elements == 0) {
		if (s->state == SHARD_PENDING)
			s->state = SHARD_LIVE;
		return D4_OK;
	}
	return batch_take(w, s, entries);
}

/* While we stall, or are to end, what was read ahead stays pending, and is read
 * again. */
static void
read_put_off(struct wash *w, const redisReply *r)
{
	for (size_t i = 0; i < r->elements; i++) {
		const redisReply *one = r->element[i];
		struct shard *s;

		if (one->type != REDIS_REPLY_ARRAY || one->elements != 2)
			continue;
		s = shard_find(w, one->element[0]->str, one->element[0]->len);
		if (s == NULL || s->state != SHARD_LIVE)
			continue;
		s->state = SHARD_PENDING;
		s->from =
		    s->in_batch ? s->batch.last : journal_last(s->journal);
	}
}

static void
read_answer(struct wash *w, const redisReply *r)
{
	uint64_t entries = 0, bytes = 0;
	enum d4_status st = D4_OK;

	for (size_t i = 0; i < r->elements; i++) {
		const redisReply *one = r->element[i];

		if (one->type != REDIS_REPLY_ARRAY || one->elements != 2)
			continue;
		bytes += read_bytes(one->element[1]);
		entries += one->element[1]->elements;
	}
	if (bytes >= WASH_REPLY / 2)
		w->full_ms = d4_mono_ms();
	if (entries > 0)
		w->count = read_fit(
		    w->count, bytes / entries, WASH_REPLY / r->elements);
	for (size_t i = 0; st == D4_OK && i < r->elements; i++)
		st = read_stream(w, r->element[i]);
	if (st != D4_OK) {
		batch_drop(w, st);
		return;
	}
	if (entries > 0) {
		w->batches++;
		w->batch_bytes += bytes;
		batch_finish(w);
	}
}

/* A stream that was deleted under us has no group: it is taken anew. */
static void
read_failed(struct wash *w, const char *why)
{
	d4_warnx("redis xreadgroup=\"%s\"", why);
	shards_forget(w);
}

static void
on_read(void *arg, enum d4_status st, const redisReply *r)
{
	struct wash *w = arg;

	w->reading--;
	if (st != D4_OK)
		return;
	if (r->type == REDIS_REPLY_ERROR)
		read_failed(w, r->str);
	else if (r->type == REDIS_REPLY_ARRAY &&
		 (w->stall != WASH_RUNS || w->stopping))
		read_put_off(w, r);
	else if (r->type == REDIS_REPLY_ARRAY)
		read_answer(w, r);
	read_more(w);
}
