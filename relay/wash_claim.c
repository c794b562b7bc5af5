#include <string.h>
#include "libd4/kit/log.h"
#include "relay/wash_claim.h"
#include "relay/wash_overflow.h"

#define CLAIM_PAGE 1000ull /* entries in one answer */

static void on_claimed(void *arg, enum d4_status st, const redisReply *r);

static void
claim_entries(struct shard *s, const char *from)
{
	const struct wash_setup *w = s->wash->setup;

	(void)!d4_redis_sendf(s->wash->redis, on_claimed, s,
	    "XAUTOCLAIM %s %s %s 0 %s COUNT %llu JUSTID", s->key, w->group,
	    w->consumer, from, CLAIM_PAGE);
}

/*
 * Redis 7 takes what is not there any more off the list by itself, and names
 * it behind the others. What we did was done before.
 */
static void
claim_trimmed(struct shard *s, const redisReply *gone)
{
	const struct d4_entry unknown = {.n = 0};
	struct stream_id done = journal_last(s->journal), id;

	for (size_t i = 0; i < gone->elements; i++) {
		const redisReply *one = gone->element[i];

		if (one->type != REDIS_REPLY_STRING ||
		    stream_id_parse(one->str, one->len, &id) != D4_OK ||
		    stream_id_compare(&id, &done) <= 0)
			continue;
		d4_warnx("alarm queue=%s id=%s reason=entry.trimmed", s->key,
		    one->str);
		(void)!overflow_account(s, &id, "entry.trimmed", &unknown);
		journal_totals(s->journal)->lost[1]++;
	}
	if (gone->elements != 0 && d4_account_sync(s->wash->account) != D4_OK)
		d4_warn("account");
}

static void
on_claimed(void *arg, enum d4_status st, const redisReply *r)
{
	struct shard *s = arg;
	const char *next;

	if (st != D4_OK || s->state != SHARD_LEASED)
		return;
	if (r->type != REDIS_REPLY_ARRAY || r->elements < 2 ||
	    r->element[0]->type != REDIS_REPLY_STRING) {
		d4_warnx("queue=%s xautoclaim=\"%s\"", s->key,
		    r->type == REDIS_REPLY_ERROR ? r->str : "?");
		return;
	}
	if (r->elements > 2)
		claim_trimmed(s, r->element[2]);
	next = r->element[0]->str;
	if (strcmp(next, "0-0") != 0) {
		claim_entries(s, next);
		return;
	}
	s->state = SHARD_PENDING;
	s->from = (struct stream_id){0, 0};
	read_more(s->wash);
}

/* ---- what came too late to be claimed ---- */

/* Of a row of XPENDING: id, consumer, idle, deliveries. */
static bool
late_read(const redisReply *row, struct stream_id *id)
{
	return row->type == REDIS_REPLY_ARRAY && row->elements >= 2 &&
	       row->element[0]->type == REDIS_REPLY_STRING &&
	       row->element[1]->type == REDIS_REPLY_STRING &&
	       stream_id_parse(
		   row->element[0]->str, row->element[0]->len, id) == D4_OK;
}

/* What is ours we did; anybody else's nobody here did. */
static enum d4_status
late_one(struct shard *s, const redisReply *row, struct stream_id *id)
{
	const struct d4_entry unknown = {.n = 0};
	const redisReply *who;
	char text[160];

	if (!late_read(row, id))
		return D4_EMALFORMED;
	who = row->element[1];
	if (strcmp(who->str, s->wash->setup->consumer) == 0)
		return D4_OK;
	d4_warnx("alarm queue=%s id=%s reason=entry.late consumer=%s", s->key,
	    row->element[0]->str,
	    d4_log_quote(who->str, who->len, text, sizeof(text)));
	if (!overflow_account(s, id, "entry.late", &unknown))
		return D4_ENOSPC;
	return batch_add_ack(s, id);
}

/* All of a page durable in the accounts before the first acknowledgement. */
static enum d4_status
late_page(struct shard *s, const redisReply *r, struct stream_id *last)
{
	enum d4_status st = D4_OK;

	for (size_t i = 0; st == D4_OK && i < r->elements; i++)
		st = late_one(s, r->element[i], last);
	if (st == D4_OK && s->n_acks != 0)
		st = d4_account_sync(s->wash->account);
	if (st == D4_OK && s->n_acks != 0) {
		journal_totals(s->journal)->lost[1] += s->n_acks;
		shards_ack(s);
	}
	s->n_acks = 0;
	return st;
}

static void late_look(struct shard *s, const char *from);

static void
on_late(void *arg, enum d4_status st, const redisReply *r)
{
	char from[STREAM_ID_TEXT + 1] = "(";
	struct stream_id last = {0, 0};
	struct shard *s = arg;

	if (st != D4_OK || s->state != SHARD_LEASED)
		return;
	if (r->type != REDIS_REPLY_ARRAY)
		st = D4_EMALFORMED;
	else
		st = late_page(s, r, &last);
	if (st != D4_OK) {
		d4_warnx("alarm queue=%s xpending=\"%s\"", s->key,
		    r->type == REDIS_REPLY_ERROR ? r->str : d4_status_text(st));
		shard_reset(s); /* and once more with the next tick */
	} else if (r->elements < CLAIM_PAGE) {
		claim_entries(s, "0-0");
	} else {
		stream_id_text(&last, from + 1);
		late_look(s, from);
	}
}

/* Up to what we have completed: what is behind it is taken over. */
static void
late_look(struct shard *s, const char *from)
{
	struct stream_id done = journal_last(s->journal);
	char to[STREAM_ID_TEXT];

	stream_id_text(&done, to);
	(void)!d4_redis_sendf(s->wash->redis, on_late, s,
	    "XPENDING %s %s %s %s %llu", s->key, s->wash->setup->group, from,
	    to, CLAIM_PAGE);
}

static void
on_group(void *arg, enum d4_status st, const redisReply *r)
{
	struct shard *s = arg;

	if (st != D4_OK || s->state != SHARD_LEASED)
		return;
	if (r->type == REDIS_REPLY_ERROR &&
	    strncmp(r->str, "BUSYGROUP", 9) != 0) {
		d4_warnx("queue=%s xgroup=\"%s\"", s->key, r->str);
		return;
	}
	late_look(s, "-");
}

void
claim_begin(struct shard *s)
{
	(void)!d4_redis_sendf(s->wash->redis, on_group, s,
	    "XGROUP CREATE %s %s 0 MKSTREAM", s->key, s->wash->setup->group);
}
