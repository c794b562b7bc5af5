/*
 * When a session has ended, for d4-core's workers and for captures. The hub's
 * own sets of who is connected say so (census.c); two looks must agree, and
 * what was in the queues must have been read. Should more of a session come
 * after all, it is a session again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/compat_parts.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define TICK_MS   500u
#define LOOK_MS   500u
#define TELL_MS   2000u
#define QUEUES_MS 3000u
#define BEHIND_MS 30000u /* a reader that never catches up looks anyway */

static bool
was_gone(const struct compat *c, const char *sess)
{
	for (size_t i = 0; i < c->n_gone; i++) {
		if (strcmp(c->gone[i], sess) == 0)
			return true;
	}
	return false;
}

static void
session_end(struct compat *c, const char *sess)
{
	struct compat_words w;

	compat_captures_due(c, sess);
	compat_script(c, COMPAT_END, &w);
	words_add(&w, sess);
	freeReplyObject(compat_ask(c, &w));
}

/* Sessions that are not connected: a second time, and they are over. */
static void
sessions_look(struct compat *c)
{
	char(*now)[D4_UUID_TEXT];
	struct compat_words w;
	redisReply *r;
	size_t n = 0;

	compat_script(c, COMPAT_LIVE, &w);
	r = compat_ask(c, &w);
	if (r->type != REDIS_REPLY_ARRAY)
		compat_lost(c, r->type == REDIS_REPLY_ERROR ? r->str : "type");
	now = calloc(r->elements + 1, sizeof(*now));
	if (now == NULL)
		d4_fatalx("out of memory");
	for (size_t i = 0; i < r->elements; i++) {
		const char *sess = r->element[i]->str;

		if (sess == NULL || strlen(sess) >= sizeof(now[0]))
			continue;
		if (was_gone(c, sess))
			session_end(c, sess);
		else
			memcpy(now[n++], sess, strlen(sess) + 1);
	}
	freeReplyObject(r);
	free(c->gone);
	c->gone = now;
	c->n_gone = n;
}

static bool
behind(const struct compat *c)
{
	for (size_t i = 0; i < c->n_queues; i++) {
		if (c->queue[i].behind || c->queue[i].rest_ms != 0)
			return true;
	}
	return false;
}

/* By the clock: what waits for its time; what was trimmed is accounted. */
static void
tick(struct compat *c)
{
	struct compat_words w;
	char now[24];

	(void)snprintf(now, sizeof(now), "%llu",
	    (unsigned long long)(d4_now_us() / 1000000));
	compat_script(c, COMPAT_DUE, &w);
	words_add(&w, now);
	freeReplyObject(compat_ask(c, &w));
	compat_captures_due(c, NULL);
	if (c->cut == 0)
		return;
	if (d4_account_write(c->account, true, "compat.trimmed",
		json_pack("{s:I,s:s}", "items", (json_int_t)c->cut, "why",
		    "an analyzer list was longer than its max_size")) ==
	    D4_OK) {
		c->trimmed += c->cut;
		c->cut = 0;
	} else {
		d4_warn("account");
	}
}

static void
slow_tick(struct compat *c)
{
	compat_workers_look(c);
	for (size_t i = 0; i < c->n_queues; i++) {
		struct compat_queue *q = &c->queue[i];

		if (q->rest_ms == 0 && !q->pending)
			compat_goes_on(c, q);
	}
	compat_tell(c);
}

void
compat_look(struct compat *c)
{
	uint64_t now = d4_mono_ms();

	if (c->n_queues == 0 || now - c->queues_ms >= QUEUES_MS) {
		c->queues_ms = now;
		compat_queues(c);
	}
	if (now - c->tick_ms >= TICK_MS) {
		c->tick_ms = now;
		tick(c);
	}
	if (now - c->tell_ms >= TELL_MS) {
		c->tell_ms = now;
		slow_tick(c);
	}
	compat_keep_step(c, now);
	if (!behind(c))
		c->behind_ms = now;
	if (now - c->look_ms >= LOOK_MS &&
	    (c->behind_ms == now || now - c->behind_ms >= BEHIND_MS)) {
		c->look_ms = now;
		sessions_look(c);
	}
}
