/* From the analyzer lists of a stock d4-core to batches (ADR 0016). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "relay/source_list.h"

/*
 * One step: the lease is ours or taken; what is done leaves the processing
 * list; then the batch under way, or a new one, oldest item first. RPOPLPUSH
 * is what servers of any age have.
 * KEYS: list, processing, batch, last, lease. ARGV: consumer, lease in ms,
 * batch that is done, name of a new one (empty: only the lease), most items,
 * most bytes, longest item. An item over that length comes as its length.
 */
static const char take_script[] =
    "local v=redis.call('GET',KEYS[5]) "
    "if v and v~=ARGV[1] then return {'other'} end "
    "redis.call('SET',KEYS[5],ARGV[1],'PX',ARGV[2]) "
    "local n=redis.call('LLEN',KEYS[1]) "
    "local b=redis.call('GET',KEYS[3]) "
    "local k=b and tonumber(string.match(b,'^%d+ (%d+) ')) "
    "if b and b==ARGV[3] and k then "
    "redis.call('LTRIM',KEYS[2],0,-k-1) "
    "redis.call('SET',KEYS[4],string.match(b,'^%d+')) "
    "redis.call('DEL',KEYS[3]) b=false end "
    "if ARGV[4]=='' then return {'mine',n} end "
    "if not k or k<1 or string.match(b or '',' (%S+)$')~=ARGV[1] then "
    "b=false end "
    "local most,bytes,long,sum="
    "tonumber(ARGV[5]),tonumber(ARGV[6]),tonumber(ARGV[7]),0 "
    "if b then most=k "
    "elseif redis.call('LLEN',KEYS[2])==0 then "
    "for i=1,most do local x=redis.call('RPOPLPUSH',KEYS[1],KEYS[2]) "
    "if not x then break end sum=sum+#x "
    "if sum>=bytes then break end end end "
    "local items=redis.call('LRANGE',KEYS[2],-most,-1) "
    "local out={} sum=0 "
    "for i=#items,1,-1 do local x=items[i] "
    "if not b and sum>=bytes then break end sum=sum+#x "
    "if #x>long then out[#out+1]=#x else out[#out+1]=x end end "
    "if #out>0 and not b then "
    "b=ARGV[4]..' '..#out..' '..ARGV[1] redis.call('SET',KEYS[3],b) end "
    "return {'mine',n,redis.call('LLEN',KEYS[1]),redis.call('LLEN',KEYS[2]),"
    "b or '',redis.call('GET',KEYS[4]) or '',out}";

/* ---- what Redis answers ---- */

static void
list_other(struct list *l)
{
	if (!l->other)
		d4_info("source=%s lease=other", l->feed.conf->id);
	l->other = true;
	l->token[0] = '\0';
	l->done = false;
	list_files_forget(l);
	if (l->feed.shard->in_batch)
		batch_drop(l->feed.source->wash, D4_ETIMEOUT);
}

static void
list_leased(struct list *l)
{
	if (l->other)
		d4_info("source=%s lease=ours", l->feed.conf->id);
	l->other = false;
	/* It holds from when it was asked for, at least. */
	l->feed.shard->renewed_ms = l->asked_ms;
}

/* Does Redis know less than it did? Then what it forgot comes again. */
static void
list_check(struct list *l, const char *last)
{
	uint64_t ours = feed_last(&l->feed).ms;
	uint64_t theirs = strtoull(last, NULL, 10);

	if (l->checked)
		return;
	l->checked = true;
	if (theirs >= ours || l->number == ours)
		return;
	d4_warnx("source=%s server=forgot ours=%llu theirs=%llu "
		 "remedy=\"what it took back comes twice\"",
	    l->feed.conf->id, (unsigned long long)ours,
	    (unsigned long long)theirs);
	(void)!feed_account(&l->feed, "source.replayed",
	    json_pack("{s:I, s:I, s:s}", "ours", (json_int_t)ours, "theirs",
		(json_int_t)theirs, "lost", "unknown"));
}

static void
list_idle(struct list *l)
{
	const struct timeval wait = {0, LIST_POLL_US};

	(void)evtimer_add(l->poll, &wait);
}

/* A batch, or none. */
static void
list_batch(struct list *l, const redisReply *r)
{
	const redisReply *token = r->element[4], *items = r->element[6];

	(void)snprintf(l->token, sizeof(l->token), "%s", token->str);
	l->number = strtoull(l->token, NULL, 10);
	if (l->token[0] == '\0')
		l->number = 0;
	list_check(l, r->element[5]->str);
	fill_seen(l, (uint64_t)r->element[1]->integer,
	    (uint64_t)r->element[2]->integer);
	l->processing = (uint64_t)r->element[3]->integer;
	if (l->number == 0) {
		list_idle(l);
		return;
	}
	if (l->number > l->newest)
		l->newest = l->number;
	if (feed_last(&l->feed).ms > l->number ||
	    (feed_last(&l->feed).ms == l->number &&
		feed_last(&l->feed).n == UINT64_MAX)) {
		l->done = true; /* durable, but Redis was not told */
		list_take(l);
	} else if (l->feed.conf->files) {
		list_paths(l, items);
	} else {
		list_lines(l, items);
	}
}

static bool
list_understood(const redisReply *r)
{
	static const int types[] = {REDIS_REPLY_STRING, REDIS_REPLY_INTEGER,
	    REDIS_REPLY_INTEGER, REDIS_REPLY_INTEGER, REDIS_REPLY_STRING,
	    REDIS_REPLY_STRING, REDIS_REPLY_ARRAY};

	if (r->type != REDIS_REPLY_ARRAY || r->elements != 7)
		return false;
	for (size_t i = 0; i < 7; i++) {
		if (r->element[i]->type != types[i] ||
		    (types[i] == REDIS_REPLY_INTEGER &&
			r->element[i]->integer < 0))
			return false;
	}
	return r->element[4]->len < sizeof(((struct list *)NULL)->token);
}

static bool
list_is_other(const redisReply *r)
{
	return r->type == REDIS_REPLY_ARRAY && r->elements == 1 &&
	       r->element[0]->type == REDIS_REPLY_STRING &&
	       strcmp(r->element[0]->str, "other") == 0;
}

static void
on_take(void *arg, enum d4_status st, const redisReply *r)
{
	struct list *l = arg;

	l->taking = false;
	if (st != D4_OK)
		return;
	if (list_is_other(r)) {
		list_other(l);
		return;
	}
	if (!list_understood(r)) {
		feed_alarms(&l->feed, "list: %s",
		    r->type == REDIS_REPLY_ERROR ? r->str : "answer");
		return;
	}
	if (!l->blocked)
		feed_alarms(&l->feed, "%s", "");
	list_leased(l);
	l->done = false;
	l->token[0] = '\0';
	if (feed_ready(&l->feed))
		list_batch(l, r); /* else it comes again, as it is */
}

/* Only the lease, and word of what is done. */
static void
on_lease(void *arg, enum d4_status st, const redisReply *r)
{
	struct list *l = arg;

	l->taking = false;
	if (st != D4_OK)
		return;
	if (list_is_other(r)) {
		list_other(l);
	} else if (r->type == REDIS_REPLY_ARRAY) {
		list_leased(l);
		if (r->elements > 1 &&
		    r->element[1]->type == REDIS_REPLY_INTEGER)
			fill_seen(l, (uint64_t)r->element[1]->integer,
			    (uint64_t)r->element[1]->integer);
		if (l->done)
			l->token[0] = '\0';
		l->done = false;
	}
}

/* ---- what we ask ---- */

static void
list_ask(struct list *l, const char *name, d4_redis_fn *fn)
{
	const struct wash *w = l->feed.source->wash;
	char most[24], bytes[24], longest[24], ms[24];
	const char *done = l->done ? l->token : "";
	const char *argv[] = {"EVAL", take_script, "5", l->key[0], l->key[1],
	    l->key[2], l->key[3], l->key[4], w->setup->consumer, ms, done, name,
	    most, bytes, longest};
	struct d4_slice arg[sizeof(argv) / sizeof(argv[0])];
	bool files = l->feed.conf->files;

	(void)snprintf(ms, sizeof(ms), "%u", WASH_LEASE_MS);
	(void)snprintf(
	    most, sizeof(most), "%u", files ? LIST_PATHS : LIST_ITEMS);
	(void)snprintf(bytes, sizeof(bytes), "%u", LIST_BYTES);
	(void)snprintf(longest, sizeof(longest), "%u",
	    files ? LIST_PATH_MAX : D4_LINE_MAX - 1);
	for (size_t i = 0; i < sizeof(argv) / sizeof(argv[0]); i++)
		arg[i] = d4_slice_str(argv[i]);
	l->asked_ms = d4_mono_ms();
	l->taking = d4_redis_send(l->redis, arg, sizeof(argv) / sizeof(argv[0]),
			fn, l) == D4_OK;
}

void
list_take(struct list *l)
{
	uint64_t now = d4_now_us(), least;
	char name[24];

	if (l->taking || !l->selected || !feed_ready(&l->feed))
		return;
	/* Rising, whatever the clock does; records are numbered from it. */
	least = feed_last(&l->feed).ms;
	least = (l->newest > least ? l->newest : least) + LIST_ITEMS + 1;
	(void)snprintf(name, sizeof(name), "%llu",
	    (unsigned long long)(now > least ? now : least));
	list_ask(l, name, on_take);
}

void
list_renew(struct list *l)
{
	if (!l->taking)
		list_ask(l, "", on_lease);
}
