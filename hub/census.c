#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/census.h"
#include "hub/session_conn.h"
#include "hub/stats.h"
#include "libd4/kit/clock.h"

#define CENSUS_MS    1000u
#define CENSUS_BATCH 500u /* sessions reported in one second */

/*
 * walk: number of the session in the list that is looked at next. untold:
 * commands that did not fit or had no connection.
 */
struct census {
	struct hub *hub;
	struct event *timer;
	size_t walk;
	uint64_t untold;
};

/* A session's facts as texts, for keys. */
struct facts {
	char uuid[D4_UUID_HEX];
	char sess[D4_UUID_TEXT];
	char type[8];
	char day[9];
	char stamp[15];
	unsigned long long now_s;
};

/* "2024-02-29T23:59:59..." to "20240229" and "20240229235959". */
static void
facts_time(struct facts *f)
{
	char text[D4_TIME_TEXT];
	uint64_t now = d4_now_us();
	size_t n = 0;

	d4_time_text(now, text);
	for (const char *p = text; *p != '\0' && n < 14; p++) {
		if (*p >= '0' && *p <= '9')
			f->stamp[n++] = *p;
	}
	f->stamp[n] = '\0';
	memcpy(f->day, f->stamp, 8);
	f->day[8] = '\0';
	f->now_s = now / 1000000;
}

static void
facts_of(const struct session *s, struct facts *f)
{
	d4_uuid_hex(&s->sensor->uuid, f->uuid);
	d4_uuid_text(&s->origin->sess, f->sess);
	(void)snprintf(f->type, sizeof(f->type), "%u", s->intake.state.type);
	facts_time(f);
}

/*
 * One command; nobody waits for it. What does not fit is left out: these are
 * figures for people, the records themselves never take this way.
 */
static void __attribute__((format(printf, 2, 3)))
tell(struct census *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (d4_redis_vsendf(c->hub->redis, NULL, NULL, fmt, ap) != D4_OK)
		c->untold++;
	va_end(ap);
}

/* Has another session of this sensor this type, or this extended type? */
static bool
others_have(const struct session *s, uint8_t type, const char *ext)
{
	const struct session *o;

	TAILQ_FOREACH(o, &s->sensor->sessions, by_sensor)
	{
		if (o != s && o->told == type &&
		    (ext == NULL || strcmp(o->origin->ext, ext) == 0))
			return true;
	}
	return false;
}

/* Its meta header is over: it is not a session of type 2 any more. */
static void
tell_meta_over(struct census *c, const struct session *s, const struct facts *f)
{
	tell(c, "SREM active_uuid_type2:%s %s", f->uuid, f->sess);
	if (others_have(s, D4_TYPE_META, NULL))
		return;
	tell(c, "SREM active_connection:2 %s", f->uuid);
	tell(c, "SREM active_connection_by_uuid:%s 2", f->uuid);
}

/* The keys that say who is connected, for the session's present type. */
static void
tell_type(struct census *c, struct session *s, const struct facts *f)
{
	s->told = s->intake.state.type;
	tell(c, "SADD active_connection:%s %s", f->type, f->uuid);
	tell(c, "SADD active_connection_by_uuid:%s %s", f->uuid, f->type);
	tell(c, "SADD all_types_by_uuid:%s %s", f->uuid, f->type);
	tell(c, "HSETNX metadata_type_by_uuid:%s:%s first_seen %llu", f->uuid,
	    f->type, f->now_s);
	if (s->told == D4_TYPE_META || s->told == D4_TYPE_EXTENDED)
		tell(c, "SADD active_uuid_type%s:%s %s", f->type, f->uuid,
		    f->sess);
	if (s->told != D4_TYPE_EXTENDED)
		return;
	tell_meta_over(c, s, f);
	tell(c, "HSET map:session-uuid_active_extended_type %s %s", f->sess,
	    s->origin->ext);
	tell(c, "SADD active_connection_extended_type:%s %s", f->uuid,
	    s->origin->ext);
	tell(c, "SADD all_extended_types_by_uuid:%s %s", f->uuid,
	    s->origin->ext);
	tell(c, "HSETNX metadata_extended_type_by_uuid:%s:%s first_seen %llu",
	    f->uuid, s->origin->ext, f->now_s);
}

void
census_begin(struct census *c, struct session *s)
{
	struct facts f;

	if (!c->hub->opt->stats)
		return;
	facts_of(s, &f);
	tell(c, "SADD d4:census:%llu %s", (unsigned long long)c->hub->place,
	    f.uuid);
	tell(c, "SADD active_connection %s", f.uuid);
	tell(c, "SADD map:active_connection-uuid-session_uuid:%s %s", f.uuid,
	    f.sess);
	tell(c, "LPUSH list_uuid_ip:%s %s-%s", f.uuid, s->address, f.stamp);
	tell(c, "LTRIM list_uuid_ip:%s 0 15", f.uuid);
	tell(c, "HSETNX metadata_uuid:%s first_seen %llu", f.uuid, f.now_s);
	tell_type(c, s, &f);
}

/* n frames of a type, which may not be the session's present one. */
static void
tell_ranks(struct census *c, const struct facts *f, const char *type,
    unsigned long long n)
{
	if (n == 0)
		return;
	tell(c, "ZINCRBY daily_type:%s %llu %s", f->day, n, type);
	tell(c, "ZINCRBY stat_type_uuid:%s:%s %llu %s", f->day, type, n,
	    f->uuid);
	tell(c, "ZINCRBY stat_uuid_type:%s:%s %llu %s", f->day, f->uuid, n,
	    type);
}

/* The frames since the last report, in d4-core's seven rankings. */
static void
tell_frames(struct census *c, struct session *s)
{
	unsigned long long metas = s->intake.metas - s->reported_metas;
	unsigned long long n = s->intake.frames - s->reported;
	const char *address;
	struct facts f;

	if (n == 0 || !d4_redis_is_up(c->hub->redis))
		return;
	s->reported = s->intake.frames;
	facts_of(s, &f);
	if (stats_tell(c->hub->stats, s) != D4_OK)
		c->untold++;
	if (s->told != s->intake.state.type)
		tell_type(c, s, &f);
	address = stats_address(c->hub->stats, s->address, f.now_s / 86400);
	tell(
	    c, "ZINCRBY stat_uuid_ip:%s:%s %llu %s", f.day, f.uuid, n, address);
	tell(
	    c, "ZINCRBY stat_ip_uuid:%s:%s %llu %s", f.day, address, n, f.uuid);
	tell(c, "ZINCRBY daily_uuid:%s %llu %s", f.day, n, f.uuid);
	tell(c, "ZINCRBY daily_ip:%s %llu %s", f.day, n, address);
	s->reported_metas = s->intake.metas;
	tell_ranks(c, &f, "2", metas);
	tell_ranks(c, &f, f.type, n - metas);
	tell(c, "HDEL metadata_uuid:%s Error", f.uuid);
	tell(c, "HSET metadata_uuid:%s last_seen %llu", f.uuid, f.now_s);
	tell(c, "HSET metadata_type_by_uuid:%s:%s last_seen %llu", f.uuid,
	    f.type, f.now_s);
	if (s->told == D4_TYPE_EXTENDED)
		tell(c,
		    "HSET metadata_extended_type_by_uuid:%s:%s last_seen %llu",
		    f.uuid, s->origin->ext, f.now_s);
}

/* Does another session of this sensor go on? */
static bool
others_any(const struct session *s)
{
	const struct session *first = TAILQ_FIRST(&s->sensor->sessions);

	return first != NULL &&
	       (first != s || TAILQ_NEXT(first, by_sensor) != NULL);
}

void
census_end(struct census *c, struct session *s)
{
	struct facts f;

	if (!c->hub->opt->stats || s->origin == NULL)
		return;
	tell_frames(c, s);
	facts_of(s, &f);
	tell(c, "SREM map:active_connection-uuid-session_uuid:%s %s", f.uuid,
	    f.sess);
	tell(c, "HDEL map:session-uuid_active_extended_type %s", f.sess);
	tell(c, "SREM active_uuid_type2:%s %s", f.uuid, f.sess);
	tell(c, "SREM active_uuid_type254:%s %s", f.uuid, f.sess);
	if (!others_any(s)) {
		tell(c, "SREM active_connection %s", f.uuid);
		tell(c, "SREM d4:census:%llu %s",
		    (unsigned long long)c->hub->place, f.uuid);
	}
	if (s->origin->ext[0] != '\0' &&
	    !others_have(s, D4_TYPE_EXTENDED, s->origin->ext))
		tell(c, "SREM active_connection_extended_type:%s %s", f.uuid,
		    s->origin->ext);
	if (others_have(s, s->intake.state.type, NULL))
		return;
	tell(c, "SREM active_connection:%s %s", f.type, f.uuid);
	tell(c, "SREM active_connection_by_uuid:%s %s", f.uuid, f.type);
}

void
census_error(struct census *c, const struct sensor *s, enum d4_reason why)
{
	char uuid[D4_UUID_HEX];

	const struct admit_sensor *f = &s->facts;

	/* Strangers can name any UUID: they must not fill our memory. */
	if (!f->registered && !f->pending && !f->revoked)
		return;
	d4_uuid_hex(&s->uuid, uuid);
	tell(c, "HINCRBY d4:refused:%s %s 1", uuid, d4_reason_name(why));
	if (c->hub->opt->stats && f->registered)
		tell(c, "HSET metadata_uuid:%s Error %s", uuid,
		    d4_reason_text(why));
}

/* Some sessions a second, in turn: 10 commands each. */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct census *c = arg;
	struct session *s;
	size_t at = 0, done = 0;

	(void)fd;
	(void)what;
	if (!c->hub->opt->stats)
		return;
	TAILQ_FOREACH(s, &c->hub->sessions, all)
	{
		if (at++ < c->walk || s->origin == NULL)
			continue;
		if (s->intake.frames != s->reported) {
			tell_frames(c, s);
			done++;
		}
		if (done == CENSUS_BATCH)
			break;
	}
	c->walk = s != NULL ? at : 0;
}

/*
 * What a dead worker left as connected. ARGV: the places to look at (from, to),
 * then whether nobody else is there: all that is left is a dead hub's then.
 */
static const char stale_script[] =
    "local c=redis.call local list={} for p=tonumber(ARGV[1]),"
    "tonumber(ARGV[2]) do local k='d4:census:'..p "
    "for _,u in ipairs(c('SMEMBERS',k)) do list[#list+1]=u end c('DEL',k) end "
    "if ARGV[3]=='1' then for _,u in ipairs(c('SMEMBERS',"
    "'active_connection')) do list[#list+1]=u end end "
    "for _,u in ipairs(list) do "
    "local map='map:active_connection-uuid-session_uuid:'..u "
    "for _,s in ipairs(c('SMEMBERS',map)) do "
    "c('HDEL','map:session-uuid_active_extended_type',s) end "
    "for _,t in ipairs(c('SMEMBERS','active_connection_by_uuid:'..u)) do "
    "c('SREM','active_connection:'..t,u) end "
    "c('SREM','active_connection',u) "
    "c('DEL',map,'active_connection_by_uuid:'..u,'active_uuid_type2:'..u,"
    "'active_uuid_type254:'..u,'active_connection_extended_type:'..u) end "
    "return #list";

/* Who is here now is told again afterwards. */
static void
on_stale(void *arg, enum d4_status st, const redisReply *reply)
{
	struct census *c = arg;
	struct session *s;

	if (st != D4_OK)
		return;
	if (reply->type == REDIS_REPLY_ERROR)
		d4_warnx("census why=\"%.120s\"", reply->str);
	TAILQ_FOREACH(s, &c->hub->sessions, all)
	{
		if (s->origin != NULL)
			census_begin(c, s);
	}
}

#define PLACES "255" /* the last one looks at those that there were before */

void
census_up(struct census *c)
{
	const struct hub *h = c->hub;
	bool only = h->n_workers <= 1, last = h->place + 1 >= h->n_workers;
	char from[12], to[12];
	struct d4_slice argv[6];

	/* While an older version's workers end, their sessions are not stale.
	 */
	if (!h->opt->stats || !h->alone)
		return;
	(void)snprintf(from, sizeof(from), "%u", h->place);
	(void)snprintf(to, sizeof(to), "%s", last ? PLACES : from);
	argv[0] = d4_slice_str("EVAL");
	argv[1] = d4_slice_str(stale_script);
	argv[2] = d4_slice_str("0");
	argv[3] = d4_slice_str(from);
	argv[4] = d4_slice_str(to);
	argv[5] = d4_slice_str(only ? "1" : "0");
	if (d4_redis_send(h->redis, argv, 6, on_stale, c) != D4_OK)
		c->untold++;
}

enum d4_status
census_new(struct hub *h, struct census **out)
{
	struct timeval tv = {CENSUS_MS / 1000, 0};
	struct census *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return D4_ENOMEM;
	c->hub = h;
	c->timer = event_new(h->base, -1, EV_PERSIST, on_timer, c);
	if (c->timer == NULL || event_add(c->timer, &tv) < 0) {
		census_free(c);
		return D4_ENOMEM;
	}
	*out = c;
	return D4_OK;
}

void
census_free(struct census *c)
{
	if (c == NULL)
		return;
	if (c->timer != NULL)
		event_free(c->timer);
	free(c);
}
