/* How near a list is to the size at which its server trims it, silently. */
#include <stdlib.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "relay/source_list.h"

#define FILL_NEAR   90u /* percent of max_size */
#define FILL_OVER   80u /* below it, an alarm is over */
#define FILL_WEIGHT 0.2 /* of the newest rate */

static void
on_max_size(void *arg, enum d4_status st, const redisReply *r)
{
	struct list *l = arg;
	unsigned long long max;
	char *end;

	if (st != D4_OK)
		return;
	l->fill.max = LIST_MAX_SIZE;
	if (r->type != REDIS_REPLY_STRING)
		return;
	max = strtoull(r->str, &end, 10);
	if (end != r->str && *end == '\0' && max > 0 && max < UINT32_MAX)
		l->fill.max = max;
}

/* What follows must not be asked of the wrong database. */
static void
on_back(void *arg, enum d4_status st, const redisReply *r)
{
	struct list *l = arg;

	if (st == D4_OK && r->type == REDIS_REPLY_ERROR)
		d4_redis_reset(l->redis);
}

void
fill_look(struct list *l)
{
	const struct source_conf *c = l->feed.conf;

	if (c->max_size > 0)
		return;
	if (c->metadata_db != c->db)
		(void)!d4_redis_sendf(l->redis, on_back, l, "SELECT %llu",
		    (unsigned long long)c->metadata_db);
	(void)!d4_redis_sendf(
	    l->redis, on_max_size, l, "HGET %s max_size", l->meta_key);
	if (c->metadata_db != c->db)
		(void)!d4_redis_sendf(l->redis, on_back, l, "SELECT %llu",
		    (unsigned long long)c->db);
}

/* Items that came since the last look; more, when the list was full. */
static void
fill_rate(struct list_fill *f, uint64_t length, uint64_t now)
{
	double came = length > f->left ? (double)(length - f->left) : 0;
	double s = (double)(now - f->seen_ms) / 1000;
	double due = f->rate * s;

	if (f->seen_ms == 0 || s <= 0)
		return;
	if (length < f->max)
		f->rate = f->rate < 0
		              ? came / s
		              : f->rate + FILL_WEIGHT * (came / s - f->rate);
	else if (f->rate >= 0 && due > came)
		f->likely += due - came;
}

static void
fill_begins(struct list *l, uint64_t now)
{
	struct list_fill *f = &l->fill;

	f->full = true;
	f->since_ms = now;
	f->likely = 0;
	d4_warnx("alarm source=%s list=full length=%llu max_size=%llu "
		 "lost=unknown remedy=\"its server drops the oldest; raise "
		 "max_size there, or find what holds this relay back\"",
	    l->feed.conf->id, (unsigned long long)f->length,
	    (unsigned long long)f->max);
	(void)!feed_account(&l->feed, "source.trimmed",
	    json_pack("{s:s, s:I, s:I, s:s}", "state", "begins", "length",
		(json_int_t)f->length, "max_size", (json_int_t)f->max, "lost",
		"unknown"));
}

static void
fill_ends(struct list *l, uint64_t now)
{
	struct list_fill *f = &l->fill;

	d4_warnx("source=%s list=drains lost=unknown likely=%.0f",
	    l->feed.conf->id, f->likely);
	(void)!feed_account(&l->feed, "source.trimmed",
	    json_pack("{s:s, s:I, s:I, s:s, s:o}", "state", "ends", "length",
		(json_int_t)f->length, "seconds",
		(json_int_t)((now - f->since_ms) / 1000), "lost", "unknown",
		"likely",
		f->rate < 0 ? json_null()
			    : json_integer((json_int_t)f->likely)));
	f->full = false;
}

void
fill_seen(struct list *l, uint64_t length, uint64_t left)
{
	struct list_fill *f = &l->fill;
	uint64_t now = d4_mono_ms();

	f->length = length;
	if (f->max > 0) {
		fill_rate(f, length, now);
		if (!f->near && length >= f->max * FILL_NEAR / 100)
			d4_warnx("alarm source=%s list=nearly_full "
				 "length=%llu max_size=%llu",
			    l->feed.conf->id, (unsigned long long)length,
			    (unsigned long long)f->max);
		f->near =
		    length >= f->max * (f->near ? FILL_OVER : FILL_NEAR) / 100;
		if (!f->full && length >= f->max)
			fill_begins(l, now);
		else if (f->full && !f->near)
			fill_ends(l, now);
	}
	f->left = left;
	f->seen_ms = now;
}
