#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/replay_store.h"
#include "hub/session_conn.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define FRESH_MS 250u /* so long an answer is good for new sessions */
#define PIECE    65536u
#define PIECES   "1024" /* of an answer; then the next one is asked for */
#define ID_MAX   48u

/*
 * ARGV: sensor, milliseconds to keep, bytes of all, of a sensor, then HMACs.
 * What is too old goes, then the sensor's oldest while it has too much, then
 * the oldest of whoever was silent longest while all have.
 */
static const char put_script[] =
    "local c,A=redis.call,ARGV local t=c('TIME') "
    "local now=t[1]*1000+math.floor(t[2]/1000) local old=now-tonumber(A[2]) "
    "local function size(u) return tonumber(c('HGET','d4:replays',u) or 0) end "
    "local function grow(u,d) c('HINCRBY','d4:replays',u,d) "
    "c('HINCRBY','d4:replays','total',d) end "
    "local function forget(u) grow(u,-size(u)) c('HDEL','d4:replays',u) "
    "c('ZREM','d4:replayed',u) c('DEL','d4:replay:'..u) return false end "
    "local function drop(u,before) local k='d4:replay:'..u "
    "local e=c('XRANGE',k,'-','+','COUNT',1)[1] "
    "if not e then return forget(u) end "
    "if before and tonumber(string.match(e[1],'^%d+'))>=before then "
    "return false end c('XDEL',k,e[1]) grow(u,-(#e[2][2]+64)) return true end "
    "for i=5,#A do c('XADD','d4:replay:'..A[1],'*','k',A[i]) "
    "grow(A[1],#A[i]+64) end "
    "c('ZADD','d4:replayed',string.format('%.0f',now),A[1]) "
    "local n=0 while n<256 and drop(A[1],old) do n=n+1 end "
    "while size(A[1])>tonumber(A[4]) and drop(A[1]) do end "
    "for _,u in ipairs(c('ZRANGEBYSCORE','d4:replayed','-inf', "
    "string.format('%.0f',old),'LIMIT',0,16)) do forget(u) end "
    "n=0 while size('total')>tonumber(A[3]) and n<4096 do n=n+1 "
    "local u=c('ZRANGEBYSCORE','d4:replayed','-inf','+inf','LIMIT',0,1)[1] "
    "if not u then c('DEL','d4:replays') break end drop(u) end return 1 ";

/* The sensor's memory, which is made when it has none yet. */
static struct replay *
memory_of(struct hub *h, struct sensor *sensor)
{
	h->replays.max = (size_t)h->opt->replay_memory;
	if (sensor->replay != NULL)
		return sensor->replay;
	sensor->replay = malloc(sizeof(*sensor->replay));
	if (sensor->replay != NULL)
		replay_init(sensor->replay, &h->replays);
	return sensor->replay;
}

static bool
wanted(const struct hub *h)
{
	return h->opt->replay_us != 0 && h->opt->replay_memory != 0;
}

/* ---- to Redis ---- */

static void
put_piece(struct hub *h, const struct sensor *sensor, struct d4_slice keys)
{
	char hex[D4_UUID_HEX], number[3][24];
	unsigned long long n[3] = {2 * h->opt->replay_us / 1000 + 1000,
	    h->opt->replay_memory, h->opt->replay_memory / REPLAY_SHARE};
	struct d4_slice argv[8] = {
	    d4_slice_str("EVAL"), d4_slice_str(put_script), d4_slice_str("0")};

	d4_uuid_hex(&sensor->uuid, hex);
	argv[3] = d4_slice_str(hex);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(number[i], sizeof(number[i]), "%llu", n[i]);
		argv[4 + i] = d4_slice_str(number[i]);
	}
	argv[7] = keys;
	if (d4_redis_send(h->redis, argv, 8, NULL, NULL) != D4_OK)
		h->replays.forgotten += keys.n / REPLAY_KEY;
}

void
replay_store_put(struct session *s)
{
	/* Small enough that the oldest of many go, and not all. */
	size_t part = s->hub->opt->replay_memory / REPLAY_SHARE / 4;
	struct d4_slice rest;
	struct d4_buf keys;

	part = part < PIECE ? part / REPLAY_KEY * REPLAY_KEY : PIECE;
	part = part != 0 ? part : REPLAY_KEY;

	d4_buf_init(&keys, (size_t)s->hub->opt->replay_memory);
	if (replay_keys(s->sensor->replay, s->replay_no, &keys) != D4_OK)
		d4_warnx("session=%s replay not noted why=\"memory\"", s->id);
	rest = d4_buf_slice(&keys);
	while (rest.n != 0)
		put_piece(s->hub, s->sensor,
		    d4_slice_skip(&rest, rest.n < part ? rest.n : part));
	d4_buf_fini(&keys);
}

/* ---- from Redis ---- */

struct replay_get {
	struct hub *hub;
	struct sensor *sensor;
};

/* One entry: [id, [k, bytes]]. */
static void
take_entry(struct hub *h, struct sensor *sensor, const redisReply *e)
{
	const uint64_t now_keep_s[2] = {
	    d4_now_us() / 1000000, 2 * h->opt->replay_us / 1000000 + 1};
	const redisReply *fields;

	if (e->type != REDIS_REPLY_ARRAY || e->elements != 2 ||
	    e->element[0]->type != REDIS_REPLY_STRING ||
	    e->element[0]->len >= sizeof(sensor->replay_id))
		return;
	fields = e->element[1];
	if (fields->type != REDIS_REPLY_ARRAY || fields->elements != 2 ||
	    fields->element[1]->type != REDIS_REPLY_STRING)
		return;
	memcpy(sensor->replay_id, e->element[0]->str, e->element[0]->len + 1);
	replay_load(sensor->replay,
	    d4_slice_of(fields->element[1]->str, fields->element[1]->len),
	    now_keep_s);
}

static void
on_got(void *arg, enum d4_status st, const redisReply *reply)
{
	struct replay_get *g = arg;
	struct sensor *sensor = g->sensor;
	struct hub *h = g->hub;
	size_t n = 0;

	free(g);
	sensor->loading = false;
	if (st == D4_OK && reply->type != REDIS_REPLY_ARRAY)
		d4_warnx("replay memory not read why=\"%.80s\"",
		    reply->type == REDIS_REPLY_ERROR ? reply->str : "type");
	if (st == D4_OK && reply->type == REDIS_REPLY_ARRAY)
		n = reply->elements;
	for (size_t i = 0; i < n; i++)
		take_entry(h, sensor, reply->element[i]);
	if (n == strtoul(PIECES, NULL, 10))
		(void)replay_store_get(h, sensor);
	else if (st == D4_OK)
		sensor->loaded_ms = d4_mono_ms();
	if (st == D4_OK && !sensor->loading)
		sessions_known(h, sensor);
	registry_unref(h->registry, sensor);
}

bool
replay_store_get(struct hub *h, struct sensor *sensor)
{
	struct replay_get *g = NULL;
	char hex[D4_UUID_HEX], from[ID_MAX + 2] = "-";

	if (!wanted(h) || sensor->loading)
		return sensor->loading;
	if (memory_of(h, sensor) != NULL)
		g = malloc(sizeof(*g));
	if (g == NULL)
		return false;
	*g = (struct replay_get){h, sensor};
	d4_uuid_hex(&sensor->uuid, hex);
	if (sensor->replay_id[0] != '\0')
		(void)snprintf(from, sizeof(from), "(%s", sensor->replay_id);
	if (d4_redis_sendf(h->redis, on_got, g,
		"XRANGE d4:replay:%s %s + COUNT " PIECES, hex, from) != D4_OK) {
		free(g);
		return false;
	}
	sensor->refs++; /* whoever asks holds one, too */
	sensor->loading = true;
	return true;
}

bool
replay_store_waits(struct hub *h, struct sensor *sensor)
{
	if (!wanted(h))
		return false;
	if (sensor->loaded_ms != 0 &&
	    d4_mono_ms() - sensor->loaded_ms < FRESH_MS)
		return false;
	(void)replay_store_get(h, sensor);
	return true;
}

void
replay_store_look(struct hub *h)
{
	const struct session *s;

	if (!wanted(h))
		return;
	TAILQ_FOREACH(s, &h->sessions, all)
	{
		if (s->counted && s->sensor->spread)
			(void)replay_store_waits(h, s->sensor);
	}
}

void
replay_store_up(struct hub *h)
{
	struct session *s;

	if (!wanted(h))
		return;
	TAILQ_FOREACH(s, &h->sessions, all)
	{
		if ((s->pause & PAUSE_WHO) != 0 && s->sensor != NULL)
			(void)replay_store_get(h, s->sensor);
	}
}
