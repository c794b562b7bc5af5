#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/compat_parts.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define REST_MS 500u /* until a queue that stays is tried again */

void
compat_lost(const struct compat *c, const char *why)
{
	if (c->redis != NULL && c->redis->err != 0)
		why = c->redis->errstr;
	d4_warnx("compat redis why=\"%s\"", why);
	exit(COMPAT_AGAIN);
}

void
words_slice(struct compat_words *w, struct d4_slice s)
{
	if (w->n == (int)COMPAT_WORDS)
		d4_fatalx("compat: a command of too many words");
	w->argv[w->n] = s.n != 0 ? (const char *)s.p : "";
	w->len[w->n++] = s.n;
}

void
words_add(struct compat_words *w, const char *text)
{
	words_slice(w, d4_slice_str(text));
}

void
compat_script(
    const struct compat *c, enum compat_script_id id, struct compat_words *w)
{
	w->n = 0;
	words_add(w, "EVALSHA");
	words_add(w, c->sha[id]);
	words_add(w, "0");
}

redisReply *
compat_ask(struct compat *c, struct compat_words *w)
{
	redisReply *r = redisCommandArgv(c->redis, w->n, w->argv, w->len);

	if (r == NULL)
		compat_lost(c, "no answer");
	return r;
}

void
compat_send(struct compat *c, struct compat_queue *q, const char *id,
    struct compat_words *w)
{
	struct compat_call *call;

	if (c->n_calls == c->max_calls) {
		size_t max = 2 * c->max_calls + 64;

		call = realloc(c->call, max * sizeof(*call));
		if (call == NULL)
			d4_fatalx("out of memory");
		c->call = call;
		c->max_calls = max;
	}
	call = &c->call[c->n_calls++];
	call->queue = q;
	call->grow = false;
	call->ack = false;
	(void)snprintf(call->id, sizeof(call->id), "%s", id);
	if (redisAppendCommandArgv(c->redis, w->n, w->argv, w->len) != REDIS_OK)
		compat_lost(c, "send");
}

void
compat_ack(struct compat *c, struct compat_queue *q, const char *id)
{
	struct compat_words w = {.n = 0};

	words_add(&w, "XACK");
	words_add(&w, q->key);
	words_add(&w, COMPAT_GROUP);
	words_add(&w, id);
	compat_send(c, q, id, &w);
	c->call[c->n_calls - 1].ack = true;
}

bool
compat_drop(struct compat *c, struct compat_queue *q, const char *id)
{
	if (d4_account_write(c->account, true, "compat.unworked",
		json_pack("{s:s,s:s,s:s}", "queue", q->key, "id", id, "why",
		    "d4-core's worker was missing for compat_give_up")) !=
	    D4_OK) {
		d4_warn("account");
		return false;
	}
	c->dropped++;
	compat_ack(c, q, id);
	return true;
}

static long long
number(const redisReply *r, size_t i)
{
	if (r->type != REDIS_REPLY_ARRAY || i >= r->elements ||
	    r->element[i]->type != REDIS_REPLY_INTEGER)
		return 0;
	return r->element[i]->integer;
}

/* It was not taken: it is read again, and so is all behind it. */
static void
answer_rest(struct compat_queue *q, const char *why)
{
	if (!q->said)
		d4_warnx(
		    "alarm=compat queue=%s waits why=\"%.120s\"", q->key, why);
	compat_waits(q, why);
	q->said = true;
	q->rest_ms = d4_mono_ms() + REST_MS;
	q->pending = true;
}

static void
answer_full(struct compat *c, const struct compat_call *call)
{
	if (compat_gives_up(c, call->queue) &&
	    compat_drop(c, call->queue, call->id))
		return;
	answer_rest(call->queue, "a session's stream is full: does the worker"
				 " of its type run?");
}

static void
answer(struct compat *c, const struct compat_call *call, const redisReply *r)
{
	struct compat_queue *q = call->queue;

	if (r->type == REDIS_REPLY_ERROR && strncmp(r->str, "NOSCRIPT", 8) == 0)
		compat_lost(c, "its scripts are gone");
	/* What is known of the file here is ahead of Redis: begin again. */
	if (r->type == REDIS_REPLY_ERROR && call->grow)
		compat_lost(c, r->str);
	if (r->type == REDIS_REPLY_ERROR) {
		answer_rest(q, r->str);
		return;
	}
	switch (number(r, 0)) {
	case COMPAT_FULL:
		compat_waits(q, "a session's stream is full");
		answer_full(c, call);
		return;
	case COMPAT_REFUSED:
		if (d4_account_write(c->account, false, "compat.incorrect",
			json_pack("{s:s,s:s}", "queue", q->key, "id",
			    call->id)) != D4_OK)
			d4_warn("account");
		break;
	default:
		break;
	}
	if (!call->ack)
		compat_goes_on(c, q);
	c->entries++;
	c->pushed += (uint64_t)number(r, 1);
	c->cut += (uint64_t)number(r, 2);
}

void
compat_collect(struct compat *c)
{
	struct compat_call call;

	for (size_t i = 0; i < c->n_calls; i++) {
		void *r = NULL;

		if (redisGetReply(c->redis, &r) != REDIS_OK)
			compat_lost(c, "no answer");
		call = c->call[i]; /* an answer may be another call */
		answer(c, &call, r);
		freeReplyObject(r);
	}
	c->n_calls = 0;
}

void
compat_scripts_load(struct compat *c)
{
	for (unsigned i = 0; i < COMPAT_SCRIPTS; i++) {
		struct compat_words w = {.n = 0};
		redisReply *r;

		words_add(&w, "SCRIPT");
		words_add(&w, "LOAD");
		words_add(&w, compat_scripts[i]);
		r = compat_ask(c, &w);
		if (r->type != REDIS_REPLY_STRING || r->len != 40)
			d4_fatalx("compat: script %u: %.200s", i,
			    r->type == REDIS_REPLY_ERROR ? r->str : "type");
		memcpy(c->sha[i], r->str, 41);
		freeReplyObject(r);
	}
}
