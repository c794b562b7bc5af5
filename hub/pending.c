#include <stdio.h>
#include <stdlib.h>
#include <openssl/rand.h>
#include "hub/pending.h"
#include "hub/session_conn.h"
#include "libd4/fnv.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define SLOTS 256u /* a power of two */

/*
 * A row stays for ten minutes after its last try, for each minute in which
 * there was one, up to a day: a sensor that comes again and again keeps it,
 * what came once gives way. While all are to stay, new ones are not noted.
 */
const char pending_script[] =
    "local c,A,k=redis.call,ARGV,'d4:pending' local u,max=A[1],tonumber(A[5]) "
    "local now=tonumber(c('TIME')[1]) local function row(v) "
    "local f,l,t,m,_,p=string.match(v or '', "
    "'^(%d+) (%d+) (%d+) (%d+) (%d+) (%S+) (%S+)$') "
    "return tonumber(f),tonumber(l),tonumber(t),tonumber(m),p end "
    "local function put(f,t,m) c('HSET',k,u,string.format( "
    "'%.0f %.0f %.0f %.0f ',f,now,t,m)..A[4]..' '..A[2]..' '..A[3]) end "
    "local f,l,t,m=row(c('HGET',k,u)) if f then "
    "put(f,t+1,now-l>=60 and m+1 or m) return 0 end "
    "local h,n,mine,any,own=c('HGETALL',k),0,0,{0},{0} for i=1,#h,2 do "
    "local _,last,_,stay,place=row(h[i+1]) "
    "if not last or now-last>" PENDING_AGE_S " then c('HDEL',k,h[i]) else "
    "n=n+1 local due=now-last-" PENDING_STAY_S "*math.min(stay," //
    PENDING_STAY_MAX ") if due>any[1] then any={due,h[i]} end "
    "if place==A[2] then mine=mine+1 "
    "if due>own[1] then own={due,h[i]} end end end end "
    "if mine>=" PENDING_PLACE_ROWS " then if not own[2] then return 3 end "
    "c('HDEL',k,own[2]) n=n-1 "
    "elseif n>=max and any[2] then c('HDEL',k,any[2]) n=n-1 end "
    "if n>=max then return 2 end put(now,1,1) return 1 ";

/* What one place (or another one with its number) did lately. */
struct pending_slot {
	uint64_t began_ms;
	unsigned n;
};

/* Shape: second_ms: when the second began in which second_n were noted. */
struct pending {
	struct hub *hub;
	struct pending_counts counts;
	struct pending_slot slot[SLOTS];
	uint64_t seed, second_ms;
	unsigned second_n;
};

/* One that Redis is told of. */
struct pending_ask {
	struct pending *p;
	char uuid[D4_UUID_TEXT];
	char address[D4_PEER_TEXT];
	uint8_t type;
};

enum d4_status
pending_new(struct hub *h, struct pending **out)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return D4_ENOMEM;
	p->hub = h;
	if (RAND_bytes((uint8_t *)&p->seed, sizeof(p->seed)) != 1) {
		free(p);
		return D4_ECRYPTO;
	}
	*out = p;
	return D4_OK;
}

void
pending_free(struct pending *p)
{
	free(p);
}

struct pending_counts
pending_counts(const struct pending *p)
{
	return p->counts;
}

/* ---- how much of it ---- */

/* So many in ms, then no more until they are over. */
static bool
within(uint64_t *began_ms, unsigned *n, unsigned max, uint64_t ms)
{
	uint64_t now = d4_mono_ms();

	if (*began_ms == 0 || now - *began_ms >= ms) {
		*began_ms = now;
		*n = 0;
	}
	return (*n)++ < max;
}

/*
 * Places with the same number share what they may, so there is no table that
 * grows. Whose number one has is not to be known from outside (the seed), and
 * a sensor that was not noted comes again.
 */
static bool
pending_may(struct pending *p, const char *place)
{
	uint64_t h = d4_fnv64(p->seed, d4_slice_str(place));
	struct pending_slot *s = &p->slot[(h ^ h >> 32) & (SLOTS - 1)];

	return within(&s->began_ms, &s->n, PENDING_PLACE, PENDING_PLACE_MS) &&
	       within(&p->second_ms, &p->second_n, PENDING_SECOND, 1000);
}

/* ---- Redis ---- */

static void
pending_said(struct pending_ask *ask, long long what)
{
	struct pending_counts *c = &ask->p->counts;

	if (what == 0)
		c->again++;
	else if (what == 1)
		c->noted++;
	else
		c->full++;
	if (what == 1)
		d4_info("pending uuid=%s address=%s type=%u remedy=\"d4-hub"
			" ctl sensors pending; sensors approve, or revoke\"",
		    ask->uuid, ask->address, ask->type);
}

static void
on_noted(void *arg, enum d4_status st, const redisReply *reply)
{
	struct pending_ask *ask = arg;

	if (st == D4_OK && reply->type == REDIS_REPLY_INTEGER)
		pending_said(ask, reply->integer);
	else
		ask->p->counts.limited++;
	if (st == D4_OK && reply->type == REDIS_REPLY_ERROR &&
	    sessions_loud(ask->p->hub))
		d4_warnx("pending uuid=%s not noted why=\"%.80s\"", ask->uuid,
		    reply->str);
	free(ask);
}

static enum d4_status
pending_send(struct pending *p, const struct session *s, const char *place,
    struct pending_ask *ask)
{
	char hex[D4_UUID_HEX], type[8], max[24];

	d4_uuid_hex(&s->sensor->uuid, hex);
	(void)snprintf(type, sizeof(type), "%u", ask->type);
	(void)snprintf(max, sizeof(max), "%llu",
	    (unsigned long long)p->hub->opt->pending_max);
	return d4_redis_send(p->hub->redis,
	    (const struct d4_slice[]){d4_slice_str("EVAL"),
		d4_slice_str(pending_script), d4_slice_str("0"),
		d4_slice_str(hex), d4_slice_str(place),
		d4_slice_str(ask->address), d4_slice_str(type),
		d4_slice_str(max)},
	    8, on_noted, ask);
}

/* A stranger whose first frame would be taken of another one. */
static bool
pending_is(const struct pending *p, const struct session *s,
    const struct d4_header *h, enum d4_reason why)
{
	const struct hub_options *opt = p->hub->opt;

	return opt->pending_max != 0 &&
	       (why == D4_R_UNREGISTERED || why == D4_R_PENDING) &&
	       h->size <= opt->payload_max &&
	       admit_header(&p->hub->rules, &s->intake.state, h) == D4_R_NONE;
}

void
pending_note(struct pending *p, const struct session *s,
    const struct d4_header *h, enum d4_reason why)
{
	char place[D4_ADDR_TEXT] = "-";
	struct d4_addr at = s->from;
	struct pending_ask *ask;

	if (p == NULL || !pending_is(p, s, h, why))
		return;
	if (at.family != 0) {
		clone_place(&at);
		d4_addr_text(&at, place);
	}
	ask = pending_may(p, place) ? calloc(1, sizeof(*ask)) : NULL;
	if (ask == NULL) {
		p->counts.limited++;
		return;
	}
	ask->p = p;
	ask->type = h->type;
	d4_uuid_text(&s->sensor->uuid, ask->uuid);
	(void)snprintf(ask->address, sizeof(ask->address), "%s",
	    at.family != 0 ? s->address : "-");
	if (pending_send(p, s, place, ask) == D4_OK)
		return;
	p->counts.limited++;
	free(ask);
}
