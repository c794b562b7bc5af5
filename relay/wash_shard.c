#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/crc32c.h"
#include "libd4/kit/log.h"
#include "relay/wash_claim.h"

#define SHARD_MAX  1024ull /* shards of one queue that we believe */
#define LOOK_TICKS 2u      /* seconds between looks for new queues */

#define STUCK_LOOKS 15u /* a second between two: see shard_stuck */

/*
 * One lease, compared and set in one step. 0: somebody else has it. 1: it was
 * ours and is renewed. n > 1: it is ours from now on, under fence n - 1.
 */
static const char lease_script[] =
    "local v=redis.call('GET',KEYS[1]) "
    "if v==ARGV[1] then redis.call('PEXPIRE',KEYS[1],ARGV[2]) "
    "return 1 end "
    "if v then return 0 end "
    "redis.call('SET',KEYS[1],ARGV[1],'PX',ARGV[2]) "
    "return redis.call('INCR',KEYS[2])+1";

static const char unlease_script[] =
    "if redis.call('GET',KEYS[1])==ARGV[1] then "
    "return redis.call('DEL',KEYS[1]) end return 0";

/* "d4:{1:0}:q" to "d4:{1:0}:WHAT:GROUP". */
static void
shard_name(const struct shard *s, const char *what, char *out, size_t n)
{
	(void)snprintf(out, n, "%.*s:%s:%s", (int)(strlen(s->key) - 2), s->key,
	    what, s->wash->setup->group);
}

static enum d4_status
shard_send(struct shard *s, d4_redis_fn *fn, const char *const *argv, size_t n)
{
	struct d4_slice arg[12];

	for (size_t i = 0; i < n; i++)
		arg[i] = d4_slice_str(argv[i]);
	return d4_redis_send(s->wash->redis, arg, n, fn, s);
}

void
shard_reset(struct shard *s)
{
	journal_close(s->journal);
	s->journal = NULL;
	s->state = SHARD_FREE;
	s->in_batch = s->committed = false;
	s->n_acks = 0;
}

static void
shard_taken(struct shard *s, uint64_t fence)
{
	enum d4_status st;

	st = journal_open(s->wash->setup->dirs.state, s->key, &s->journal);
	if (st != D4_OK) {
		d4_warnx("alarm queue=%s journal=\"%s\"", s->key,
		    d4_status_text(st));
		return;
	}
	s->state = SHARD_LEASED;
	/* 0: ours since an earlier process, whose journal says it. */
	s->fence = fence != 0 ? fence : journal_fence(s->journal);
	park_leased(s, s->fence <= journal_fence(s->journal) + 1);
	d4_info(
	    "queue=%s leased fence=%llu", s->key, (unsigned long long)fence);
	claim_begin(s);
}

/* ---- leases ---- */

/* Another relay has it, or had it: what we read of it counts no more. */
static void
shard_lost(struct shard *s, const char *how)
{
	d4_warnx("queue=%s lease=%s", s->key, how);
	batch_drop(s->wash, D4_ETIMEOUT);
	shard_reset(s);
	streams_again(s->wash->streams);
}

/*
 * It is ours again after it was nobody's; with another fence than the next one
 * somebody had it in between, and may have left entries behind.
 */
static void
shard_regained(struct shard *s, uint64_t fence)
{
	if (fence == s->fence + 1)
		s->fence = fence;
	else
		shard_lost(s, "anothers");
}

static void
on_lease(void *arg, enum d4_status st, const redisReply *r)
{
	struct shard *s = arg;

	s->asked = false;
	if (st != D4_OK)
		return;
	if (r->type != REDIS_REPLY_INTEGER) {
		d4_warnx("queue=%s lease=\"%s\"", s->key,
		    r->type == REDIS_REPLY_ERROR ? r->str : "?");
		return;
	}
	if (r->integer == 0) {
		if (s->state != SHARD_FREE)
			shard_lost(s, "lost");
		return;
	}
	s->renewed_ms = s->asked_ms;
	if (s->state != SHARD_FREE && r->integer > 1)
		shard_regained(s, (uint64_t)r->integer - 1);
	if (s->state == SHARD_FREE)
		shard_taken(
		    s, r->integer > 1 ? (uint64_t)r->integer - 1 : s->fence);
}

static void
shard_lease(struct shard *s)
{
	char lease[256], fence[256], ms[16];
	const char *argv[] = {"EVAL", lease_script, "2", lease, fence,
	    s->wash->setup->consumer, ms};

	shard_name(s, "lease", lease, sizeof(lease));
	shard_name(s, "fence", fence, sizeof(fence));
	(void)snprintf(ms, sizeof(ms), "%u", WASH_LEASE_MS);
	s->asked_ms = d4_mono_ms();
	s->asked = shard_send(s, on_lease, argv, 7) == D4_OK;
}

/*
 * Nothing comes any more, and yet something is delivered and not done: not to
 * us, or we would work on it. As if the lease were new, it is looked at.
 */
static void
shard_stuck(struct shard *s)
{
	if (s->state != SHARD_LIVE || s->in_batch || s->lag != 0 ||
	    s->pending == 0 || s->wash->stall != WASH_RUNS) {
		s->stuck = 0;
		return;
	}
	if (++s->stuck < STUCK_LOOKS)
		return;
	s->stuck = 0;
	d4_warnx("queue=%s pending=%lld why=\"another relay read late\"",
	    s->key, (long long)s->pending);
	shard_reset(s);
	streams_again(s->wash->streams);
}

static void
on_groups(void *arg, enum d4_status st, const redisReply *r)
{
	struct shard *s = arg;

	if (st != D4_OK || r->type != REDIS_REPLY_ARRAY)
		return;
	for (size_t i = 0; i < r->elements; i++) {
		const redisReply *g = r->element[i];
		int64_t lag = -1, pending = 0;
		bool ours = false;

		for (size_t k = 0; k + 1 < g->elements; k += 2) {
			const redisReply *v = g->element[k + 1];
			const char *name = g->element[k]->str;

			if (strcmp(name, "name") == 0)
				ours =
				    v->type == REDIS_REPLY_STRING &&
				    strcmp(v->str, s->wash->setup->group) == 0;
			else if (strcmp(name, "lag") == 0 &&
				 v->type == REDIS_REPLY_INTEGER)
				lag = v->integer;
			else if (strcmp(name, "pending") == 0)
				pending = v->integer;
		}
		if (ours) {
			s->lag = lag;
			s->pending = pending;
			shard_stuck(s);
		}
	}
}

static void
shards_lease(struct wash *w)
{
	uint64_t now = d4_mono_ms();

	if (w->gate == NULL || !w->setup->have_master)
		return;
	for (size_t i = 0; i < w->n_shards; i++) {
		struct shard *s = w->shard[i];

		if (s->source != w->queues)
			continue;
		if (!s->asked && (s->state == SHARD_FREE ||
				     now - s->renewed_ms >= WASH_RENEW_MS))
			shard_lease(s);
		if (s->state != SHARD_FREE || w->ticks % 5 == 0)
			(void)!d4_redis_sendf(
			    w->redis, on_groups, s, "XINFO GROUPS %s", s->key);
	}
}

void
shards_tick(struct source *src)
{
	struct wash *w = src->wash;

	if (!d4_redis_is_up(w->redis)) {
		wash_ask_redis(w);
		return;
	}
	if (w->ticks % LOOK_TICKS == 0)
		shards_look(w);
	if (w->stall != WASH_NO_POLICY)
		shards_lease(w);
}

void
shards_forget(struct wash *w)
{
	batch_drop(w, D4_ECLOSED);
	for (size_t i = 0; i < w->n_shards; i++) {
		if (w->shard[i]->source != w->queues)
			continue;
		w->shard[i]->asked = false;
		shard_reset(w->shard[i]);
	}
	streams_again(w->streams);
}

void
shards_release(struct source *src)
{
	struct wash *w = src->wash;

	for (size_t i = 0; i < w->n_shards; i++) {
		struct shard *s = w->shard[i];
		char lease[256];
		const char *argv[] = {
		    "EVAL", unlease_script, "1", lease, w->setup->consumer};

		if (s->state == SHARD_FREE || s->source != src)
			continue;
		shard_name(s, "lease", lease, sizeof(lease));
		(void)!shard_send(s, NULL, argv, 5);
	}
}

void
shards_ack(struct shard *s)
{
	struct d4_slice *arg = calloc(s->n_acks + 3, sizeof(*arg));
	char(*text)[48] = calloc(s->n_acks + 1, sizeof(*text));

	if (s->n_acks != 0 && arg != NULL && text != NULL) {
		arg[0] = d4_slice_str("XACK");
		arg[1] = d4_slice_str(s->key);
		arg[2] = d4_slice_str(s->wash->setup->group);
		for (size_t i = 0; i < s->n_acks; i++) {
			(void)snprintf(text[i], sizeof(text[i]), "%llu-%llu",
			    (unsigned long long)s->acks[i].ms,
			    (unsigned long long)s->acks[i].n);
			arg[3 + i] = d4_slice_str(text[i]);
		}
		/* Unsent: they come again, and are known as completed. */
		(void)!d4_redis_send(
		    s->wash->redis, arg, s->n_acks + 3, NULL, NULL);
	}
	free(arg);
	free(text);
}

/* ---- which queues there are ---- */

struct shard *
shard_find(const struct wash *w, const char *key, size_t n)
{
	for (size_t i = 0; i < w->n_shards; i++) {
		if (strlen(w->shard[i]->key) == n &&
		    memcmp(w->shard[i]->key, key, n) == 0)
			return w->shard[i];
	}
	return NULL;
}

enum d4_status
shard_add(
    struct wash *w, struct source *src, const char *key, struct shard **out)
{
	struct shard **list, *s = shard_find(w, key, strlen(key));

	if (s != NULL) {
		*out = s;
		return D4_OK;
	}
	if (w->n_shards >= WASH_SHARDS_MAX)
		return D4_ETOOBIG;
	list = reallocarray(w->shard, w->n_shards + 1, sizeof(struct shard *));
	if (list == NULL)
		return D4_ENOMEM;
	w->shard = list;
	s = calloc(1, sizeof(*s));
	if (s == NULL || (s->key = strdup(key)) == NULL) {
		free(s);
		return D4_ENOMEM;
	}
	s->wash = w;
	s->source = src;
	s->lag = -1;
	s->stored.fd = -1;
	s->origin = d4_crc32c(0, d4_slice_str(key));
	w->shard[w->n_shards++] = s;
	*out = s;
	return D4_OK;
}

/* A queue's name becomes a key: only what d4_queue_key would write. */
static bool
queue_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < 80 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
			    "WXYZ0123456789._-") == n;
}

static void
on_queues(void *arg, enum d4_status st, const redisReply *r)
{
	struct wash *w = arg;
	unsigned long long n;
	struct shard *s;
	char key[128], *end;

	if (st != D4_OK || r->type != REDIS_REPLY_ARRAY)
		return;
	for (size_t i = 0; i + 1 < r->elements; i += 2) {
		const char *name = r->element[i]->str;

		n = strtoull(r->element[i + 1]->str, &end, 10);
		if (!queue_name_ok(name) || *end != '\0' || n > SHARD_MAX)
			continue;
		for (unsigned long long k = 0; k < n; k++) {
			(void)snprintf(
			    key, sizeof(key), "d4:{%s:%llu}:q", name, k);
			(void)!shard_add(w, w->queues, key, &s);
		}
	}
	if (w->stall != WASH_NO_POLICY)
		shards_lease(w);
}

void
shards_look(struct wash *w)
{
	(void)!d4_redis_sendf(w->redis, on_queues, w, "HGETALL d4:queues");
}
