#include <string.h>
#include "hub/quota.h"
#include "hub/overflow.h"
#include "hub/session.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define DROP_MAX   256u /* entries that one script call may drop */
#define FILL_S     30.0 /* over which the rate is a mean, about */
#define FILL_LEAST 1.0  /* bytes a second that are worth a forecast */

/* Drops the oldest entries and says how many records and bytes they had. */
const char quota_script[] =
    "if redis.call('EXISTS',KEYS[1])==0 or "
    "#redis.call('XINFO','GROUPS',KEYS[1])>0 then return {0,0,0} end "
    "local e=redis.call('XRANGE',KEYS[1],'-','+','COUNT',ARGV[1]) "
    "local n,b,t=0,0,{} "
    "for j,x in ipairs(e) do t[j]=x[1] for i=1,#x[2],2 do "
    "local k,v=x[2][i],x[2][i+1] "
    "if k=='n' then n=n+(tonumber(v) or 0) end "
    "if k=='data' then b=b+#v end "
    "if k=='ref' then "
    "b=b+(tonumber(string.match(v,'^%x+%-%d+%-%d+%-(%d+)%-')) or 0) "
    "end end end "
    "if #t==0 then return {0,0,0} end "
    "return {redis.call('XDEL',KEYS[1],unpack(t)),n,b}";

/* With a disk to go to, references may take a quarter on top. */
static uint64_t
memory_max(const struct hub *h)
{
	uint64_t max = h->opt->queue_max;

	return h->opt->queue_disk != 0 ? max + max / 4 : max;
}

static uint64_t
memory_limit(const struct hub *h, const struct queue *q)
{
	uint64_t max = h->opt->queue_max;

	if (!q->full)
		return memory_max(h);
	/* While it spills it is near its budget, and that is well. */
	return h->opt->queue_disk != 0 ? memory_max(h) - max / 16 : max / 2;
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
	uint64_t max = h->opt->queue_max;
	uint64_t bytes = q->bytes + q->coming;
	bool over = bytes > (q->spills ? max / 2 : max) || h->tight;

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
	    (unsigned long long)q->bytes, (unsigned long long)memory_max(h),
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
	return n < DROP_MAX ? (unsigned)n + 1 : DROP_MAX;
}

void
quota_dropped(struct hub *h, struct queue_shard *s, const redisReply *reply)
{
	struct queue *q = s->queue;
	long long n[3] = {0, 0, 0};

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
		return;
	for (size_t i = 0; i < 3; i++)
		n[i] = reply->element[i]->integer;
	if (n[0] <= 0)
		return;
	q->dropped += (uint64_t)n[1];
	q->dropped_bytes += (uint64_t)n[2];
	if (d4_account_write(h->account, false,
		d4_reason_name(D4_R_UNREAD_DROPPED),
		json_pack("{s:s,s:I,s:I,s:I}", "queue", q->name, "entries",
		    (json_int_t)n[0], "records", (json_int_t)n[1], "bytes",
		    (json_int_t)n[2])) != D4_OK)
		d4_warn("account");
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
	uint64_t max = h->opt->queue_max + h->opt->queue_disk;

	if (q->full || held(q) >= max)
		return 0;
	if (q->fill.rate < FILL_LEAST)
		return -1;
	return (double)(max - held(q)) / q->fill.rate;
}
