#include <stdio.h>
#include <string.h>
#include "hub/quota.h"
#include "hub/overflow.h"
#include "hub/session.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define DROP_MAX   256u /* entries that one script call may drop */
#define FILL_S     30.0 /* over which the rate is a mean, about */
#define FILL_LEAST 1.0  /* bytes a second that are worth a forecast */

/*
 * Drops the oldest entries (none, when ARGV[1] is 0). What they were is added
 * to a tally beside the queue, in the same step: a hub that is killed before
 * it has accounted them finds it there. Answers entries, records and bytes
 * dropped now, and those of the tally. What a sensor has in the stream
 * (ration.c) is so much less, the oldest first; `to`: the time of the last one
 * that was dropped, for what was not told yet.
 */
const char quota_script[] =
    "local n,b,t,by=0,0,{},{} local function less(u,n) "
    "local k='d4:share:'..u..':'..KEYS[1] local m=redis.pcall('HKEYS',k) "
    "if m.err then return end for i=1,#m do m[i]=tonumber(m[i]) or 0 end "
    "table.sort(m) for _,at in ipairs(m) do if at>0 and n>0 then "
    "at=string.format('%.0f',at) local v=redis.call('HGET',k,at) "
    "v=tonumber(v or '') or 0 redis.pcall('HINCRBY',k,at,-math.min(v,n)) "
    "if v<=n then redis.call('HDEL',k,at) end n=n-v end end end "
    "if redis.call('EXISTS',KEYS[1])==1 and "
    "#redis.call('XINFO','GROUPS',KEYS[1])==0 and ARGV[1]~='0' then "
    "local e=redis.call('XRANGE',KEYS[1],'-','+','COUNT',ARGV[1]) "
    "for j,x in ipairs(e) do t[j]=x[1] for i=1,#x[2],2 do "
    "local k,v=x[2][i],x[2][i+1] "
    "if k=='n' then n=n+(tonumber(v) or 0) end "
    "if k=='data' then b=b+#v end if k=='sensor' and #v==36 then "
    "v=string.gsub(v,'%X','') by[v]=(by[v] or 0)+1 end "
    "if k=='ref' then "
    "b=b+(tonumber(string.match(v,'^%x+%-%d+%-%d+%-(%d+)%-')) or 0) "
    "end end end end "
    "local o={#t,n,b} for i,f in ipairs({'entries','records','bytes'}) do "
    "o[i+3]=o[i]+tonumber(redis.call('HGET',KEYS[2],f) or 0) "
    "if #t>0 then redis.call('HSET',KEYS[2],f,o[i+3]) end end "
    "if #t>0 then redis.call('XDEL',KEYS[1],unpack(t)) "
    "redis.call('HSET',KEYS[2],'to',string.match(t[#t],'^%d+')) "
    "for u,k in pairs(by) do less(u,k) end end return o";

/* What was accounted goes from the tally. */
static const char settle_script[] =
    "for i,f in ipairs({'entries','records','bytes'}) do "
    "local v=tonumber(redis.call('HGET',KEYS[1],f) or 0) "
    "redis.call('HSET',KEYS[1],f,v-tonumber(ARGV[i])) end return 1";

uint64_t
quota_memory(const struct hub *h, const struct queue *q)
{
	return q->max != 0 ? q->max : h->opt->queue_max;
}

/* With a disk to go to, references may take a quarter on top. */
static uint64_t
memory_max(const struct hub *h, const struct queue *q)
{
	uint64_t max = quota_memory(h, q);

	return h->opt->queue_disk != 0 ? max + max / 4 : max;
}

static uint64_t
memory_limit(const struct hub *h, const struct queue *q)
{
	uint64_t max = quota_memory(h, q);

	if (!q->full)
		return memory_max(h, q);
	/* While it spills it is near its budget, and that is well. */
	return h->opt->queue_disk != 0 ? memory_max(h, q) - max / 16 : max / 2;
}

static uint64_t
disk_limit(const struct hub *h, const struct queue *q)
{
	uint64_t max = h->opt->queue_disk;

	return q->full ? max / 2 : max;
}

bool
quota_spills(const struct hub *h, struct queue *q)
{
	uint64_t max = quota_memory(h, q);
	uint64_t fresh = q->coming + q->added;
	uint64_t bytes = q->bytes + q->coming;
	bool over;

	/* What the others have added since stands in the next look only. */
	if (h->n_workers > 1)
		bytes += (h->n_workers - 1) * fresh;
	over = bytes > (q->spills ? max / 2 : max) || h->tight;

	over = over && h->opt->queue_disk != 0;
	if (over == q->spills)
		return over;
	q->spills = over;
	d4_info("queue=%s entries=\"%s\" bytes=%llu disk_bytes=%llu", q->name,
	    over ? "to disk" : "in memory again", (unsigned long long)q->bytes,
	    (unsigned long long)queue_disk(q));
	return over;
}

bool
quota_over(const struct hub *h, const struct queue *q)
{
	return q->bytes > memory_limit(h, q) || (q->spills && q->disk_failed) ||
	       (h->opt->queue_disk != 0 && queue_disk(q) > disk_limit(h, q));
}

void
quota_check(struct hub *h, struct queue *q)
{
	bool full;

	q->bytes = queue_bytes(q);
	overflow_check_disk(h->overflow, q);
	(void)quota_spills(h, q);
	full = quota_over(h, q);
	if (full == q->full)
		return;
	q->full = full;
	d4_warnx("queue=%s %s bytes=%llu limit=%llu disk_bytes=%llu"
		 " disk_limit=%llu",
	    q->name, full ? "full: its sensors are not read" : "free again",
	    (unsigned long long)q->bytes, (unsigned long long)memory_max(h, q),
	    (unsigned long long)queue_disk(q),
	    (unsigned long long)h->opt->queue_disk);
	sessions_queue(h, q);
}

/* ---- drop-oldest ---- */

/* How many of n entries are too many, by their mean size. */
static uint64_t
excess(uint64_t n, uint64_t bytes, uint64_t limit)
{
	if (bytes <= limit)
		return 0;
	limit -= limit / 8; /* a little more, or it would be now and again */
	return (uint64_t)((double)n * (double)(bytes - limit) / (double)bytes);
}

unsigned
quota_excess(const struct hub *h, const struct queue_shard *s)
{
	const struct queue *q = s->queue;
	uint64_t n = excess(s->length, q->bytes, memory_limit(h, q));
	uint64_t disk = excess(s->length, queue_disk(q), disk_limit(h, q));

	if (n < disk)
		n = disk;
	if (q->emptying != 0)
		n = q->emptying - 1;
	return n < DROP_MAX ? (unsigned)n + 1 : DROP_MAX;
}

void
quota_tally_key(const struct queue_shard *s, char out[QUOTA_KEY])
{
	(void)snprintf(
	    out, QUOTA_KEY, "%.*sdropped", (int)strlen(s->key) - 1, s->key);
}

static void
quota_settle(struct hub *h, const struct queue_shard *s, const long long n[3])
{
	char key[QUOTA_KEY], text[3][24];
	struct d4_slice argv[7] = {d4_slice_str("EVAL"),
	    d4_slice_str(settle_script), d4_slice_str("1")};

	quota_tally_key(s, key);
	argv[3] = d4_slice_str(key);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "%lld", n[i]);
		argv[4 + i] = d4_slice_str(text[i]);
	}
	if (d4_redis_send(h->redis, argv, 7, NULL, NULL) != D4_OK)
		d4_warnx("queue=%s dropped entries=%lld are accounted twice",
		    s->queue->name, n[0]);
}

void
quota_dropped(struct hub *h, struct queue_shard *s, const redisReply *reply)
{
	long long n[6] = {0, 0, 0, 0, 0, 0};
	struct queue *q = s->queue;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 6)
		return;
	for (size_t i = 0; i < 6; i++)
		n[i] = reply->element[i]->integer;
	s->tallied = true;
	q->dropped += (uint64_t)n[1];
	q->dropped_bytes += (uint64_t)n[2];
	q->emptying -=
	    (uint64_t)n[0] < q->emptying ? (uint64_t)n[0] : q->emptying;
	if (n[3] <= 0)
		return;
	if (d4_account_write(h->account, true,
		d4_reason_name(D4_R_UNREAD_DROPPED),
		json_pack("{s:s,s:I,s:I,s:I}", "queue", q->name, "entries",
		    (json_int_t)n[3], "records", (json_int_t)n[4], "bytes",
		    (json_int_t)n[5])) == D4_OK)
		quota_settle(h, s, n + 3);
	else
		d4_warn("account"); /* the tally keeps it */
}

/* ---- when will it be full? ---- */

static uint64_t
held(const struct queue *q)
{
	return q->bytes + queue_disk(q);
}

void
quota_sample(struct hub *h)
{
	uint64_t now = d4_mono_ms();
	struct queue *q;

	STAILQ_FOREACH(q, &h->queues, link)
	{
		struct queue_fill *f = &q->fill;
		double s = (double)(now - f->at_ms) / 1000, rate;

		if (f->at_ms != 0 && s > 0) {
			rate = ((double)held(q) - (double)f->was) / s;
			f->rate +=
			    (rate - f->rate) * (s < FILL_S ? s / FILL_S : 1);
		}
		f->was = held(q);
		f->at_ms = now;
	}
}

double
quota_left_s(const struct hub *h, const struct queue *q)
{
	/* References on top of the memory budget are not counted with. */
	uint64_t max = quota_memory(h, q) + h->opt->queue_disk;

	if (q->full || held(q) >= max)
		return 0;
	if (q->fill.rate < FILL_LEAST)
		return -1;
	return (double)(max - held(q)) / q->fill.rate;
}
