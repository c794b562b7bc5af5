#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/lists.h"
#include "libd4/kit/log.h"

#define KICK_S "30" /* as d4-core does */

/* A long list of addresses is read every so many times only. */
#define LONG_LIST 4096u
#define LONG_SKIP 3u

/*
 * One answer with everything; the last is the kicked: they are taken from
 * their list, and held off for a while. ARGV[1]: seconds; ARGV[2]: whether the
 * addresses are wanted, too.
 */
static const char look_script[] =
    "local c=redis.call local k=c('SMEMBERS','server:sensor_to_kick') "
    "for _,u in ipairs(k) do if string.match(u,'^%x+$') and #u==32 then "
    "c('SET','temp_blacklist_uuid:'..u,'kicked','EX',ARGV[1]) end "
    "c('SREM','server:sensor_to_kick',u) end "
    "local ip,net=false,false if ARGV[2]=='1' then "
    "ip=c('SMEMBERS','blacklist_ip') net=c('SMEMBERS','d4:blacklist_net') end "
    "return {c('SMEMBERS','server:accepted_type'),"
    "c('SMEMBERS','server:accepted_extended_type'),ip,net,k}";

enum { AT_TYPE, AT_EXT, AT_IP, AT_NET, AT_KICK, AT_N };

/*
 * KEYS: a list, and what of it the configuration named last time. The sensors
 * of a d4-core that was here before us are not given more than they had.
 */
static const char claim_script[] =
    "local c=redis.call local list,conf=KEYS[1],KEYS[2] "
    "if c('EXISTS',conf)==1 or c('EXISTS',list)==0 then "
    "for _,t in ipairs(ARGV) do if c('SISMEMBER',conf,t)==0 then "
    "c('SADD',list,t) end end end c('DEL',conf) c('SADD',conf,'-',unpack(ARGV))"
    " local no={} for _,t in ipairs(ARGV) do "
    "if c('SISMEMBER',list,t)==0 then no[#no+1]=t end end "
    "return table.concat(no,' ')";

struct lists {
	struct lists_setup set;
	struct names types, exts;
	struct d4_prefix_set blocked;
	unsigned round;
	bool ready, asking, failing;
};

/* ---- addresses ---- */

static size_t
networks_add(const redisReply *reply, struct d4_prefix *list, size_t *n)
{
	size_t bad = 0;

	if (reply->type != REDIS_REPLY_ARRAY)
		return 0;
	for (size_t i = 0; i < reply->elements; i++) {
		const redisReply *one = reply->element[i];

		if (one->type == REDIS_REPLY_STRING &&
		    d4_prefix_parse(
			d4_slice_of(one->str, one->len), &list[*n]) == D4_OK)
			(*n)++;
		else
			bad++;
	}
	return bad;
}

enum d4_status
lists_networks(
    const redisReply *const reply[2], struct d4_prefix_set *out, size_t *bad)
{
	size_t n = 0;
	struct d4_prefix *list =
	    calloc(reply[0]->elements + reply[1]->elements + 1, sizeof(*list));

	if (list == NULL)
		return D4_ENOMEM;
	*bad = networks_add(reply[0], list, &n);
	*bad += networks_add(reply[1], list, &n);
	d4_prefix_set_take(out, list, n);
	return D4_OK;
}

static bool
networks_same(const struct d4_prefix_set *a, const struct d4_prefix_set *b)
{
	/* calloc and d4_prefix_parse leave no stray bytes. */
	return a->n == b->n && (a->n == 0 || memcmp(a->list, b->list,
						 a->n * sizeof(*a->list)) == 0);
}

static bool
networks_read(struct lists *l, const redisReply *reply)
{
	const redisReply *const both[2] = {
	    reply->element[AT_IP], reply->element[AT_NET]};
	struct d4_prefix_set fresh;
	bool changed;
	size_t bad;

	if (lists_networks(both, &fresh, &bad) != D4_OK) {
		d4_warnx("blocklist not read why=\"out of memory\"");
		return false;
	}
	changed = !networks_same(&l->blocked, &fresh);
	d4_prefix_set_fini(&l->blocked);
	l->blocked = fresh;
	if (changed && bad != 0)
		d4_warnx(
		    "blocklist entries=%zu ignored why=\"no address\"", bad);
	return changed;
}

/* ---- all of them ---- */

static void
kicks_read(struct lists *l, const redisReply *reply)
{
	struct d4_uuid uuid;

	if (reply->type != REDIS_REPLY_ARRAY)
		return;
	for (size_t i = 0; i < reply->elements; i++) {
		const redisReply *one = reply->element[i];

		if (one->type == REDIS_REPLY_STRING &&
		    d4_uuid_parse(one->str, &uuid) == D4_OK)
			l->set.kicked(l->set.arg, &uuid);
	}
}

static bool
look_read(struct lists *l, const redisReply *reply)
{
	bool types = false, exts = false, nets = false;

	if (names_read(&l->types, reply->element[AT_TYPE], &types) != D4_OK ||
	    names_read(&l->exts, reply->element[AT_EXT], &exts) != D4_OK)
		d4_warnx("lists of accepted types not read");
	if (reply->element[AT_IP]->type == REDIS_REPLY_ARRAY)
		nets = networks_read(l, reply);
	return types || exts || nets;
}

static void
on_look(void *arg, enum d4_status st, const redisReply *reply)
{
	struct lists *l = arg;
	bool changed;

	if (st != D4_OK)
		return; /* lists_up begins again */
	l->asking = false;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != AT_N) {
		if (!l->failing)
			d4_warnx("lists not read why=\"%s\"",
			    reply->type == REDIS_REPLY_ERROR ? reply->str
							     : "type");
		l->failing = true;
		return;
	}
	l->failing = false;
	changed = look_read(l, reply) || !l->ready;
	l->ready = true;
	kicks_read(l, reply->element[AT_KICK]);
	l->set.done(l->set.arg, changed);
}

void
lists_look(struct lists *l)
{
	struct d4_slice argv[] = {d4_slice_str("EVAL"),
	    d4_slice_str(look_script), d4_slice_str("0"), d4_slice_str(KICK_S),
	    {NULL, 0}};

	if (l->asking || !d4_redis_is_up(l->set.redis))
		return;
	argv[4] = d4_slice_str(
	    l->blocked.n < LONG_LIST || l->round % LONG_SKIP == 0 ? "1" : "0");
	l->round++;
	l->asking = d4_redis_send(l->set.redis, argv, 5, on_look, l) == D4_OK;
}

void
lists_up(struct lists *l)
{
	l->asking = false;
	lists_look(l);
}

/* ---- what is accepted ---- */

static void
on_claim(void *arg, enum d4_status st, const redisReply *reply)
{
	(void)arg;
	if (st != D4_OK)
		return;
	if (reply->type != REDIS_REPLY_STRING)
		d4_warnx("types not claimed why=\"%s\"",
		    reply->type == REDIS_REPLY_ERROR ? reply->str : "type");
	else if (reply->len != 0)
		d4_info("types configured and not accepted=\"%s\""
			" remedy=\"d4-hub ctl types accept\"",
		    reply->str);
}

static void
claim(struct lists *l, const char *list, const char *conf,
    const struct d4_slice *words, size_t n)
{
	struct d4_slice argv[5 + HUB_EXT + 256] = {d4_slice_str("EVAL"),
	    d4_slice_str(claim_script), d4_slice_str("2"), d4_slice_str(list),
	    d4_slice_str(conf)};

	memcpy(argv + 5, words, n * sizeof(*words));
	if (d4_redis_send(l->set.redis, argv, 5 + n, on_claim, l) != D4_OK)
		d4_warnx("types not claimed why=\"redis\"");
}

void
lists_claim(struct lists *l, const struct hub_options *opt)
{
	struct d4_slice words[256];
	char text[256][4];
	size_t n = 0;

	for (unsigned t = 1; t < 256; t++) {
		if (!opt->rules.accepted[t])
			continue;
		(void)snprintf(text[n], sizeof(text[n]), "%u", t & 255u);
		words[n] = d4_slice_str(text[n]);
		n++;
	}
	claim(l, "server:accepted_type", "d4:conf_type", words, n);
	for (n = 0; n < opt->n_ext; n++)
		words[n] = d4_slice_str(opt->ext[n].type);
	claim(l, "server:accepted_extended_type", "d4:conf_extended_type",
	    words, n);
}

/* ---- questions ---- */

bool
lists_ready(const struct lists *l)
{
	return l->ready;
}

bool
lists_block(const struct lists *l, const struct d4_addr *address)
{
	return d4_prefix_set_find(&l->blocked, address) != NULL;
}

bool
lists_type(const struct lists *l, uint8_t type)
{
	char text[8];

	(void)snprintf(text, sizeof(text), "%u", type);
	return names_have(&l->types, text);
}

bool
lists_extended(const struct lists *l, const char *ext)
{
	return names_have(&l->exts, ext);
}

/* ---- begin and end ---- */

enum d4_status
lists_new(const struct lists_setup *setup, struct lists **out)
{
	struct lists *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return D4_ENOMEM;
	l->set = *setup;
	*out = l;
	return D4_OK;
}

void
lists_free(struct lists *l)
{
	if (l == NULL)
		return;
	names_fini(&l->types);
	names_fini(&l->exts);
	d4_prefix_set_fini(&l->blocked);
	free(l);
}
