#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/crowd.h"
#include "hub/session_conn.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define LOOK_MS    250L /* between two looks at the mail */
#define REAP_LOOKS 20u  /* looks between two at dead workers */
#define DEAD_MS    "15000"
#define MAIL_S     "60"
#define MAIL_MAX   1000u /* letters of one look */

/*
 * A session is over: what d4-core's tools read about it (census.h) goes with
 * it, in either writing of its UUID, unless another one of its sensor says the
 * same; back: what the census took away goes back, where another one does.
 */
#define CROWD_END                                                             \
	"local c=redis.call "                                                 \
	"local function gone(w,u,s,back) "                                    \
	"local own=c('HGET','d4:live:'..u,s) "                                \
	"c('SREM','d4:worker:'..w,u..' '..s) "                                \
	"if not own then return end c('HDEL','d4:live:'..u,s) "               \
	"local left,any={},false "                                            \
	"for _,v in ipairs(c('HVALS','d4:live:'..u)) do any=true "            \
	"left[string.match(v,' (%d+)$') or '']=true end "                     \
	"local d=string.gsub(s,'^(%x%x%x%x%x%x%x%x)(%x%x%x%x)(%x%x%x%x)"      \
	"(%x%x%x%x)','%1-%2-%3-%4-') for _,x in ipairs({s,d}) do "            \
	"c('SREM','map:active_connection-uuid-session_uuid:'..u,x) "          \
	"c('HDEL','map:session-uuid_active_extended_type',x) "                \
	"c('SREM','active_uuid_type2:'..u,x) "                                \
	"c('SREM','active_uuid_type254:'..u,x) end "                          \
	"if any and back then c('SADD','active_connection',u) end "           \
	"for t in pairs(left) do if back and t~='254' then "                  \
	"c('SADD','active_connection:'..t,u) "                                \
	"c('SADD','active_connection_by_uuid:'..u,t) end end "                \
	"if not any then c('SREM','active_connection',u) "                    \
	"c('DEL','active_connection_extended_type:'..u) end "                 \
	"local t=string.match(own,' (%d+)$') or '' "                          \
	"if not left[t] then local l={t} if t=='254' then l={'2','254'} end " \
	"for _,x in ipairs(l) do c('SREM','active_connection:'..x,u) "        \
	"c('SREM','active_connection_by_uuid:'..u,x) end end end "            \
	"local function reap(w) "                                             \
	"for _,m in ipairs(c('SMEMBERS','d4:worker:'..w)) do "                \
	"gone(w,string.sub(m,1,32),string.sub(m,34)) end "                    \
	"c('DEL','d4:worker:'..w,'d4:mail:'..w) c('ZREM','d4:workers',w) "    \
	"return 1 end "

/* ARGV worker, sensor, session, "1": the census tells, among several. */
static const char end_script[] =
    CROWD_END "gone(ARGV[1],ARGV[2],ARGV[3],ARGV[4]=='1') return 1";

/*
 * ARGV worker, sensor, session, type, address, "1": not news (they were told
 * before Redis was away). Letters go to workers that have a session of it.
 */
static const char begin_script[] =
    "local c,l=redis.call,'d4:live:'..ARGV[2] local to={} "
    "if ARGV[6]=='0' then local h=c('HGETALL',l) for i=1,#h,2 do "
    "local w,t=string.match(h[i+1],'^(%x+) (%d+)$') "
    "if w and w~=ARGV[1] then to[#to+1]=w "
    "c('RPUSH','d4:mail:'..w,ARGV[2]..' '..h[i]..' '..ARGV[5]..' '.."
    "((t==ARGV[4] and t~='254') and '1' or '0')) "
    "c('LTRIM','d4:mail:'..w,-1000,-1) "
    "c('EXPIRE','d4:mail:'..w," MAIL_S ") end end end "
    "c('HSET',l,ARGV[3],ARGV[1]..' '..ARGV[4]) "
    "c('SADD','d4:worker:'..ARGV[1],ARGV[2]..' '..ARGV[3]) return #to";

/*
 * ARGV worker, "1": looks for dead ones. Answers our letters. A session that
 * no worker has is of a hub that was before this.
 */
static const char look_script[] = CROWD_END
    "local t=c('TIME') local now=t[1]*1000+math.floor(t[2]/1000) "
    "c('ZADD','d4:workers',now,ARGV[1]) "
    "if ARGV[2]=='1' then "
    "for _,w in ipairs(c('ZRANGEBYSCORE','d4:workers','-inf',now-" DEAD_MS
    ")) do reap(w) end end "
    "local m=c('LRANGE','d4:mail:'..ARGV[1],0,-1) "
    "if #m>0 then c('DEL','d4:mail:'..ARGV[1]) end return m";

/*
 * ARGV worker, the key of our place ("": not alone). Who had the place before
 * us is dead. Sensors that are connected and that nobody has are of an older
 * hub, which told nobody which are its own.
 */
static const char up_script[] = CROWD_END
    "if ARGV[2]~='' then local was=c('GET',ARGV[2]) "
    "c('SET',ARGV[2],ARGV[1]) if was and was~=ARGV[1] then reap(was) end end "
    "for _,u in ipairs(c('SMEMBERS','active_connection')) do "
    "if c('EXISTS','d4:live:'..u)==0 then c('SREM','active_connection',u) "
    "for _,t in ipairs(c('SMEMBERS','active_connection_by_uuid:'..u)) do "
    "c('SREM','active_connection:'..t,u) end "
    "for _,s in ipairs(c('SMEMBERS',"
    "'map:active_connection-uuid-session_uuid:'..u)) do "
    "c('HDEL','map:session-uuid_active_extended_type',s) end "
    "c('DEL','active_connection_by_uuid:'..u,"
    "'map:active_connection-uuid-session_uuid:'..u,'active_uuid_type2:'..u,"
    "'active_uuid_type254:'..u,'active_connection_extended_type:'..u) "
    "end end return 1";

/* Shape: id: this worker. looks: for the mail, so far. */
struct crowd {
	struct hub *hub;
	struct event *timer;
	char id[D4_UUID_HEX];
	bool asking;
	unsigned looks;
};

/* A script with up to six words; nobody waits for it without fn. */
static enum d4_status
crowd_run(struct crowd *c, const char *script, const char *const words[6],
    d4_redis_fn *fn)
{
	struct d4_slice argv[9] = {
	    d4_slice_str("EVAL"), d4_slice_str(script), d4_slice_str("0")};
	size_t n = 3;

	for (size_t i = 0; i < 6 && words[i] != NULL; i++)
		argv[n++] = d4_slice_str(words[i]);
	return d4_redis_send(c->hub->redis, argv, n, fn, c);
}

/* ---- what we tell ---- */

static void
session_words(const struct session *s, char uuid[D4_UUID_HEX],
    char sess[D4_UUID_HEX], char type[8])
{
	/* 2 announces 254: for us they are one. */
	unsigned t = s->intake.state.type;

	d4_uuid_hex(&s->sensor->uuid, uuid);
	d4_uuid_hex(&s->origin->sess, sess);
	(void)snprintf(type, 8, "%u", t == D4_TYPE_META ? D4_TYPE_EXTENDED : t);
}

static void
begin_tell(struct crowd *c, const struct session *s, const char *again)
{
	char uuid[D4_UUID_HEX], sess[D4_UUID_HEX], type[8];
	const char *const words[6] = {
	    c->id, uuid, sess, type, s->address, again};

	session_words(s, uuid, sess, type);
	if (crowd_run(c, begin_script, words, NULL) != D4_OK)
		d4_debug(
		    "crowd session=%s not told", s->id); /* crowd_up does */
}

void
crowd_begin(struct crowd *c, const struct session *s)
{
	begin_tell(c, s, "0");
}

void
crowd_end(struct crowd *c, const struct session *s)
{
	char uuid[D4_UUID_HEX], sess[D4_UUID_HEX], type[8];
	bool back = c->hub->opt->stats && c->hub->n_workers > 1;
	const char *const words[6] = {c->id, uuid, sess, back ? "1" : "0"};

	if (s->origin == NULL)
		return;
	session_words(s, uuid, sess, type);
	if (crowd_run(c, end_script, words, NULL) != D4_OK)
		d4_debug("crowd end of session=%s not told", s->id);
}

void
crowd_up(struct crowd *c)
{
	char place[64] = "";
	const char *const words[6] = {c->id, place, NULL};
	const struct session *s;

	c->asking = false;
	if (c->hub->alone)
		(void)snprintf(place, sizeof(place), "d4:place:%s:%u",
		    c->hub->opt->state, c->hub->place);
	if (crowd_run(c, up_script, words, NULL) != D4_OK)
		d4_warnx("crowd not told why=\"redis\"");
	TAILQ_FOREACH(s, &c->hub->sessions, all)
	{
		if (s->counted)
			begin_tell(c, s, "1");
	}
}

/* ---- what we are told ---- */

static struct session *
session_of(const struct sensor *sn, const struct d4_uuid *sess)
{
	struct session *s;

	TAILQ_FOREACH(s, &sn->sessions, by_sensor)
	{
		if (s->origin != NULL && d4_uuid_eq(&s->origin->sess, sess))
			return s;
	}
	return NULL;
}

/* "UUID SESSION ADDRESS SAME": a session began elsewhere. */
static void
take_letter(struct crowd *c, const redisReply *letter)
{
	char uuid[D4_UUID_HEX], sess[D4_UUID_HEX];
	const char *text = letter->str, *same;
	struct d4_uuid who, what;
	struct d4_addr from;
	struct session *s;
	struct sensor *sn;

	if (letter->type != REDIS_REPLY_STRING || letter->len < 70)
		return;
	same = text + letter->len - 1;
	memcpy(uuid, text, 32);
	memcpy(sess, text + 33, 32);
	uuid[32] = sess[32] = '\0';
	if (d4_uuid_parse(uuid, &who) != D4_OK ||
	    d4_uuid_parse(sess, &what) != D4_OK ||
	    d4_addr_parse(d4_slice_of(text + 66, letter->len - 68), &from) !=
		D4_OK)
		return;
	sn = registry_find(c->hub->registry, &who);
	s = sn != NULL ? session_of(sn, &what) : NULL;
	if (s == NULL)
		return;
	/* Who stays is for the clone's rules; else the newest wins. */
	if (session_elsewhere(s, &from) && *same == '1')
		session_refuse(s, D4_R_SUPERSEDED);
}

static void
on_mail(void *arg, enum d4_status st, const redisReply *reply)
{
	struct crowd *c = arg;

	c->asking = false;
	if (st != D4_OK)
		return;
	if (reply->type == REDIS_REPLY_ERROR && sessions_loud(c->hub))
		d4_warnx("crowd why=\"%.80s\"", reply->str);
	for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY &&
			   i < reply->elements && i < MAIL_MAX;
	     i++)
		take_letter(c, reply->element[i]);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct crowd *c = arg;
	bool reap = hub_leads(c->hub) && c->looks % REAP_LOOKS == 0;
	const char *const words[6] = {c->id, reap ? "1" : "0", NULL};

	(void)fd;
	(void)what;
	if (c->asking || !d4_redis_is_up(c->hub->redis))
		return;
	c->looks++;
	c->asking = crowd_run(c, look_script, words, on_mail) == D4_OK;
}

/* ---- life ---- */

enum d4_status
crowd_new(struct hub *h, struct crowd **out)
{
	struct timeval tv = {0, LOOK_MS * 1000};
	struct crowd *c = calloc(1, sizeof(*c));
	struct d4_uuid id;

	if (c == NULL)
		return D4_ENOMEM;
	c->hub = h;
	c->timer = event_new(h->base, -1, EV_PERSIST, on_timer, c);
	if (c->timer == NULL || event_add(c->timer, &tv) < 0 ||
	    d4_uuid_random(&id) != D4_OK) {
		crowd_free(c);
		return D4_ENOMEM;
	}
	d4_uuid_hex(&id, c->id);
	*out = c;
	return D4_OK;
}

void
crowd_free(struct crowd *c)
{
	if (c == NULL)
		return;
	if (c->timer != NULL)
		event_free(c->timer);
	free(c);
}
