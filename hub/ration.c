#include <stdio.h>
#include <stdlib.h>
#include "hub/ration.h"
#include "hub/sensor_limits.h"
#include "hub/session_conn.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define TICK_MS  50   /* between two questions of who waits */
#define SHARE_MS 250u /* between two tales of entries */
#define ASK_MAX  16u  /* sensors of one question */
#define WORDS    (5u + 5u * SENSOR_SHARES)

/*
 * ARGV: this worker; for each sensor UUID, rate, bytes that are wanted, its
 * limit of entries, n; then n times a stream, entries that are new, places that
 * are held still, how many more are wanted, and up to when it is trimmed.
 * Answers for each the bytes that it gets, and of each stream how many of its
 * entries it holds, and the places. What came is noted with a time that is not
 * before it, so that nothing is taken for trimmed too early; a clock that goes
 * back takes nothing away. What `unread: drop-oldest` dropped quota.c tells.
 * Nobody gets more than half of what is left, so that others get some.
 */
static const char script[] =
    "local c,A,o,i=redis.call,ARGV,{},2 local t=c('TIME') local me='w'..A[1] "
    "local now=t[1]*1000+math.floor(t[2]/1000) "
    "local function bytes(u,rate,want) if rate<=0 then return 0 end "
    "local k='d4:rate:'..u local h=c('HMGET',k,'left','at') "
    "local left,at=tonumber(h[1] or ''),tonumber(h[2] or '') "
    "if not left or not at then left,at=rate,now end "
    "left=math.min(rate,left+math.max(0,now-at)*rate/1000) "
    "local g=math.max(0,math.floor(math.min(want,left))) "
    "c('HSET',k,'left',string.format('%.3f',left-g),'at', "
    "string.format('%.0f',now)) c('EXPIRE',k,60) return g end "
    "local function few(k,m) table.sort(m,function(x,y) return x[1]<y[1] end) "
    "for j=1,#m-1,2 do c('HDEL',k,m[j][3]) "
    "c('HINCRBY',k,m[j+1][3],m[j][2]) end end "
    "local function since(s,trimmed) "
    "if redis.pcall('XLEN',s)==0 then return math.huge end "
    "local d=redis.pcall('HGET',string.gsub(s,'q$','dropped'),'to') "
    "return math.max(trimmed,type(d)=='string' and tonumber(d) or 0) end "
    "local function entries(u,lim,s,new,keep,want,trimmed) "
    "local k='d4:share:'..u..':'..s local sum,held,m=new,0,{} "
    "trimmed=since(s,trimmed) "
    "local h=c('HGETALL',k) for j=1,#h,2 do "
    "local at,n=tonumber(h[j]),tonumber(h[j+1]) "
    "local p,ms=string.match(h[j+1],'^(%d+) (%d+)$') "
    "if at and n and at>=trimmed then sum=sum+n m[#m+1]={at,n,h[j]} "
    "elseif p and now-ms<" RATION_HELD " then "
    "if h[j]~=me then held=held+p end else c('HDEL',k,h[j]) end end "
    "if #m>" RATION_MARKS " then few(k,m) end "
    "if new>0 then c('HINCRBY',k,string.format('%.0f',now-now%250+250),new) "
    "end local left=math.max(0,lim-sum-held-keep) "
    "local g=keep+math.min(want,math.ceil(left/2)) if g>0 then "
    "c('HSET',k,me,string.format('%.0f %.0f',g,now)) else c('HDEL',k,me) end "
    "if sum+g>0 then c('EXPIRE',k,604800) end return sum,g end "
    "while A[i] do local r={bytes(A[i],tonumber(A[i+1]),tonumber(A[i+2]))} "
    "local u,lim,n=A[i],tonumber(A[i+3]),tonumber(A[i+4]) i=i+5 for j=1,n do "
    "local v={} for x=1,4 do v[x]=tonumber(A[i+x]) end "
    "r[2*j],r[2*j+1]=entries(u,lim,A[i],unpack(v)) i=i+5 end "
    "o[#o+1]=r end return o ";

/*
 * struct ration -- Shape: now: who is asked for as soon as no question is
 * under way (asking of them); later: who at ration.due_ms. id: what Redis knows
 * this worker by.
 */
struct ration {
	struct hub *hub;
	struct event *kick, *tick;
	TAILQ_HEAD(, sensor) now, later;
	unsigned asking;
	char id[D4_UUID_HEX];
};

/* One question; it holds the lists' references to its sensors. */
struct ration_ask {
	struct ration *r;
	size_t n, words;
	struct sensor *sensor[ASK_MAX];
	struct d4_slice argv[4 + ASK_MAX * WORDS];
	char hex[ASK_MAX][D4_UUID_HEX];
	char number[ASK_MAX * WORDS][24];
};

/* ---- who is asked for, and when ---- */

static void
kick(struct ration *r)
{
	static const struct timeval now = {0, 0};

	if (r->asking == 0 && !TAILQ_EMPTY(&r->now))
		(void)evtimer_add(r->kick, &now);
}

/* Out of its list; its reference is the caller's. */
static void
unlist(struct ration *r, struct sensor *s)
{
	if (s->ration.state == RATION_NOW)
		TAILQ_REMOVE(&r->now, s, ration.link);
	else if (s->ration.state == RATION_LATER)
		TAILQ_REMOVE(&r->later, s, ration.link);
	s->ration.state = RATION_NONE;
}

/* Takes a reference over. */
static void
enlist(struct ration *r, struct sensor *s, unsigned wait_ms)
{
	static const struct timeval tick = {0, TICK_MS * 1000L};

	if (wait_ms == 0) {
		s->ration.state = RATION_NOW;
		TAILQ_INSERT_TAIL(&r->now, s, ration.link);
		kick(r);
		return;
	}
	s->ration.state = RATION_LATER;
	s->ration.due_ms = d4_mono_ms() + wait_ms;
	TAILQ_INSERT_TAIL(&r->later, s, ration.link);
	if (!evtimer_pending(r->tick, NULL))
		(void)evtimer_add(r->tick, &tick);
}

/* Is there something that cannot wait? */
static bool
urgent(const struct sensor *s)
{
	return (sensor_hungry(s) && !s->ration.dry) || sensor_pressed(s);
}

void
ration_look(struct ration *r, struct sensor *s)
{
	enum ration_state state = s->ration.state;
	bool now = urgent(s);

	if (state == RATION_ASKED || state == RATION_NOW ||
	    (state == RATION_LATER && !now))
		return;
	if (state == RATION_NONE) {
		if (!sensor_hungry(s) && !sensor_untold(s) &&
		    TAILQ_EMPTY(&s->waiting))
			return;
		s->refs++; /* a session holds one, too */
	}
	unlist(r, s);
	enlist(r, s, now ? 0 : sensor_hungry(s) ? TICK_MS : SHARE_MS);
}

/* ---- the answer ---- */

/* Something of it waits, or is to be told: again, or it is over. */
static void
sensor_next(struct ration *r, struct sensor *s, bool answered)
{
	struct hub *h = r->hub;
	bool rests = answered ? rate_told(h, s) : s->refs > 1;
	bool hungry = s->refs > 1 && sensor_hungry(s);

	s->ration.state = RATION_NONE;
	if (answered && s->refs > 1 && urgent(s))
		enlist(r, s, 0);
	else if (hungry)
		enlist(r, s, TICK_MS);
	else if (rests || sensor_untold(s))
		enlist(r, s, SHARE_MS);
	else
		registry_unref(h->registry, s);
}

static void
on_answer(void *arg, enum d4_status st, const redisReply *reply)
{
	struct ration_ask *ask = arg;
	struct ration *r = ask->r;
	bool good = st == D4_OK && reply->type == REDIS_REPLY_ARRAY &&
	            reply->elements == ask->n;

	if (st == D4_OK && !good && sessions_loud(r->hub))
		d4_warnx("limits not answered why=\"%.80s\"",
		    reply->type == REDIS_REPLY_ERROR ? reply->str : "type");
	r->asking--;
	for (size_t i = 0; i < ask->n; i++) {
		struct sensor *s = ask->sensor[i];

		sensor_rationed(s, good ? reply->element[i] : NULL);
		sensor_next(r, s, good);
	}
	free(ask);
	kick(r);
}

/* ---- the question ---- */

static void
ask_word(struct ration_ask *ask, struct d4_slice word)
{
	ask->argv[ask->words++] = word;
}

static void
ask_number(struct ration_ask *ask, uint64_t v)
{
	char *text = ask->number[ask->words - 4];

	(void)snprintf(
	    text, sizeof(ask->number[0]), "%llu", (unsigned long long)v);
	ask_word(ask, d4_slice_str(text));
}

static void
ask_add(struct ration_ask *ask, struct sensor *s)
{
	char *hex = ask->hex[ask->n];
	unsigned n;

	unlist(ask->r, s);
	s->ration.state = RATION_ASKED;
	ask->sensor[ask->n++] = s;
	d4_uuid_hex(&s->uuid, hex);
	ask_word(ask, d4_slice_str(hex));
	ask_number(ask, s->limits.rate);
	ask_number(ask, sensor_wants(s));
	ask_number(ask, s->limits.queue);
	n = sensor_tells(s);
	ask_number(ask, n);
	for (unsigned i = 0; i < n; i++) {
		const struct ration_share *share = &s->ration.share[i];

		ask_word(ask, d4_slice_str(share->of->key));
		ask_number(ask, share->told);
		ask_number(ask, share->held);
		ask_number(ask, share->wanted);
		ask_number(ask, share->of->trimmed.ms);
	}
}

/* Up to ASK_MAX of those that are asked for now. */
static bool
ask_send(struct ration *r)
{
	struct ration_ask *ask = calloc(1, sizeof(*ask));
	struct sensor *s;

	if (ask == NULL)
		return false;
	ask->r = r;
	ask_word(ask, d4_slice_str("EVAL"));
	ask_word(ask, d4_slice_str(script));
	ask_word(ask, d4_slice_str("0"));
	ask_word(ask, d4_slice_str(r->id));
	while (ask->n < ASK_MAX && (s = TAILQ_FIRST(&r->now)) != NULL)
		ask_add(ask, s);
	r->asking++;
	if (d4_redis_send(
		r->hub->redis, ask->argv, ask->words, on_answer, ask) == D4_OK)
		return true;
	on_answer(ask, D4_ECLOSED, NULL);
	return false;
}

static void
on_kick(evutil_socket_t fd, short what, void *arg)
{
	struct ration *r = arg;

	(void)fd;
	(void)what;
	while (!TAILQ_EMPTY(&r->now) && ask_send(r))
		;
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval tick = {0, TICK_MS * 1000L};
	uint64_t now = d4_mono_ms();
	struct ration *r = arg;
	struct sensor *s, *next;

	(void)fd;
	(void)what;
	for (s = TAILQ_FIRST(&r->later); s != NULL; s = next) {
		next = TAILQ_NEXT(s, ration.link);
		if (s->ration.due_ms > now)
			continue;
		unlist(r, s);
		enlist(r, s, 0);
	}
	if (!TAILQ_EMPTY(&r->later))
		(void)evtimer_add(r->tick, &tick);
}

/* ---- life ---- */

enum d4_status
ration_new(struct hub *h, struct ration **out)
{
	struct ration *r = calloc(1, sizeof(*r));
	struct d4_uuid id;

	if (r == NULL || d4_uuid_random(&id) != D4_OK) {
		free(r);
		return D4_ENOMEM;
	}
	r->hub = h;
	d4_uuid_hex(&id, r->id);
	TAILQ_INIT(&r->now);
	TAILQ_INIT(&r->later);
	r->kick = evtimer_new(h->base, on_kick, r);
	r->tick = evtimer_new(h->base, on_tick, r);
	if (r->kick == NULL || r->tick == NULL) {
		ration_free(r);
		return D4_ENOMEM;
	}
	*out = r;
	return D4_OK;
}

void
ration_free(struct ration *r)
{
	struct sensor *s;

	if (r == NULL)
		return;
	while ((s = TAILQ_FIRST(&r->now)) != NULL ||
	       (s = TAILQ_FIRST(&r->later)) != NULL) {
		unlist(r, s);
		registry_unref(r->hub->registry, s);
	}
	if (r->kick != NULL)
		event_free(r->kick);
	if (r->tick != NULL)
		event_free(r->tick);
	free(r);
}
