#include <stdlib.h>
#include <string.h>
#include "hub/dossier.h"

/*
 * pcall: one broken key must not hide the other sensors. What can be asked for
 * all of them at once is (a call costs more than its answer): SMISMEMBER, or
 * one by one where the server, or its user's rights, are older; and keys that
 * hardly any sensor has are looked at when one of them is there.
 */
const char dossier_script[] =
    "local A,c,o=ARGV,redis.pcall,{} "
    "local function member(k) local v=c('SMISMEMBER',k,unpack(A)) "
    "if v.err then v={} for i,u in ipairs(A) do "
    "v[i]=c('SISMEMBER',k,u) end end return v end "
    "local function rare(cmd,pre,none) local k,v={},{} "
    "for i,u in ipairs(A) do k[i]=pre..u v[i]=none end "
    "if c('EXISTS',unpack(k))~=0 then "
    "for i,x in ipairs(k) do v[i]=c(cmd,x) end end return v end "
    "local reg,pend=member('registered_uuid'),"
    "member('sensor_pending_registration') "
    "local rev,blk=member('d4:revoked_uuid'),member('blacklist_uuid') "
    "local trap=member('blacklist_ip_by_uuid') "
    "local kick=rare('EXISTS','temp_blacklist_uuid:',0) "
    "local clone=rare('GET','d4:clone:',false) "
    "local own=rare('HGETALL','d4:sensor:',{}) "
    "local max=c('HMGET','stream_max_size_by_uuid',unpack(A)) "
    "for i,u in ipairs(A) do local m=max[i] if max.err then m=max end "
    "o[i]={reg[i],pend[i],rev[i],blk[i],trap[i],kick[i],clone[i],"
    "c('HGET','metadata_uuid:'..u,'hmac_key'),m,own[i]} end return o";

/* The places of its answers. */
enum {
	AT_REGISTERED,
	AT_PENDING,
	AT_REVOKED,
	AT_BLOCKED,
	AT_TRAP,
	AT_KICKED,
	AT_CLONE,
	AT_KEY,
	AT_QUEUE,
	AT_OWN,
	AT_N
};

static struct d4_slice
text_of(const redisReply *r)
{
	return r->type == REDIS_REPLY_STRING ? d4_slice_of(r->str, r->len)
	                                     : d4_slice_of(NULL, 0);
}

enum d4_status
dossier_number(struct d4_slice text, uint64_t *out)
{
	uint64_t v = 0;

	if (text.n == 0 || text.n > 20)
		return D4_EMALFORMED;
	for (size_t i = 0; i < text.n; i++) {
		uint64_t d = (uint64_t)text.p[i] - '0';

		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return D4_EMALFORMED;
		v = v * 10 + d;
	}
	*out = v;
	return D4_OK;
}

/* The part up to the next comma; *rest is what follows it. */
static struct d4_slice
word_of(struct d4_slice *rest)
{
	const uint8_t *comma =
	    rest->n != 0 ? memchr(rest->p, ',', rest->n) : NULL;
	struct d4_slice word;

	if (comma == NULL)
		return d4_slice_skip(rest, rest->n);
	word = d4_slice_skip(rest, (size_t)(comma - rest->p));
	(void)d4_slice_skip(rest, 1);
	return word;
}

enum d4_status
dossier_prefixes(struct d4_slice text, struct d4_prefix_set *out)
{
	struct d4_prefix *list = calloc(DOSSIER_FROM, sizeof(*list));
	enum d4_status st = D4_OK;
	size_t n = 0;

	if (list == NULL)
		return D4_ENOMEM;
	do {
		struct d4_slice word = word_of(&text);

		st = n < DOSSIER_FROM ? d4_prefix_parse(word, &list[n++])
		                      : D4_ETOOBIG;
	} while (st == D4_OK && text.n != 0);
	if (st != D4_OK) {
		free(list);
		return st;
	}
	d4_prefix_set_take(out, list, n);
	return D4_OK;
}

/* A member of a set, or a key that is there. */
static bool
flag_of(const redisReply *r, struct dossier *d)
{
	if (r->type != REDIS_REPLY_INTEGER) {
		d->broken = true;
		return false;
	}
	return r->integer != 0;
}

static void
number_of(struct d4_slice text, struct dossier *d, uint64_t *out)
{
	if (dossier_number(text, out) != D4_OK)
		d->broken = true;
}

/* Where it may come from: what is not understood is nowhere. */
static enum d4_status
from_of(struct d4_slice text, struct dossier *d)
{
	enum d4_status st;

	d->limited = true;
	if (d->from.list != NULL)
		return D4_OK;
	st = dossier_prefixes(text, &d->from);
	if (st == D4_ENOMEM)
		return st;
	d->broken = d->broken || st != D4_OK;
	return D4_OK;
}

/* Which certificates it may show: what is not understood lets nobody in. */
static enum d4_status
badges_of(struct d4_slice text, struct dossier *d)
{
	enum d4_status st =
	    d->badges.n == 0 ? badges_read(text, &d->badges) : D4_EMALFORMED;

	d->broken = d->broken || st != D4_OK;
	return st == D4_ENOMEM ? st : D4_OK;
}

/* One address, or several at a time. */
static void
addresses_of(struct d4_slice text, struct dossier *d)
{
	d->several = d4_slice_eqs(text, "several");
	d->broken = d->broken || !(d->several || d4_slice_eqs(text, "one"));
}

static enum d4_status
own_field(struct d4_slice name, struct d4_slice value, struct dossier *d)
{
	if (d4_slice_eqs(name, "previous"))
		d->previous = value;
	else if (d4_slice_eqs(name, "previous_until"))
		number_of(value, d, &d->previous_s);
	else if (d4_slice_eqs(name, "quarantine_until"))
		number_of(value, d, &d->quarantine_s);
	else if (d4_slice_eqs(name, "payload"))
		number_of(value, d, &d->limits.payload);
	else if (d4_slice_eqs(name, "rate"))
		number_of(value, d, &d->limits.rate);
	else if (d4_slice_eqs(name, "from"))
		return from_of(value, d);
	else if (d4_slice_eqs(name, "cert"))
		return badges_of(value, d);
	else if (d4_slice_eqs(name, "addresses"))
		addresses_of(value, d);
	return D4_OK; /* others are for people */
}

static enum d4_status
own_read(const redisReply *own, struct dossier *d)
{
	enum d4_status st = D4_OK;

	if (own->type != REDIS_REPLY_ARRAY) {
		d->broken = true;
		return D4_OK;
	}
	for (size_t i = 0; i + 1 < own->elements && st == D4_OK; i += 2)
		st = own_field(
		    text_of(own->element[i]), text_of(own->element[i + 1]), d);
	return st;
}

/* "HOLDER OTHER": who may come while a clone is held. */
static void
held_of(const redisReply *r, struct dossier *d)
{
	const char *space;

	if (r->type == REDIS_REPLY_NIL)
		return;
	space =
	    r->type == REDIS_REPLY_STRING ? memchr(r->str, ' ', r->len) : NULL;
	if (space == NULL ||
	    d4_addr_parse(d4_slice_of(r->str, (size_t)(space - r->str)),
		&d->held) != D4_OK)
		d->broken = true;
}

static void
keys_check(struct dossier *d)
{
	if (d->key.n > DOSSIER_KEY_MAX)
		d->key = d4_slice_of(NULL, 0);
	if (d->previous.n > DOSSIER_KEY_MAX || d->previous_s == 0)
		d->previous = d4_slice_of(NULL, 0);
}

enum d4_status
dossier_read(const redisReply *reply, struct dossier *out)
{
	struct dossier d = {.registered = false};
	redisReply *const *at = reply->element;
	enum d4_status st;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != AT_N)
		return D4_EMALFORMED;
	d.registered = flag_of(at[AT_REGISTERED], &d);
	d.pending = flag_of(at[AT_PENDING], &d);
	d.revoked = flag_of(at[AT_REVOKED], &d);
	d.blocked = flag_of(at[AT_BLOCKED], &d);
	d.trap = flag_of(at[AT_TRAP], &d);
	d.kicked = flag_of(at[AT_KICKED], &d);
	held_of(at[AT_CLONE], &d);
	d.key = text_of(at[AT_KEY]);
	if (at[AT_QUEUE]->type == REDIS_REPLY_STRING)
		number_of(text_of(at[AT_QUEUE]), &d, &d.limits.queue);
	st = own_read(at[AT_OWN], &d);
	if (st != D4_OK) {
		dossier_fini(&d);
		return st;
	}
	keys_check(&d);
	*out = d;
	return D4_OK;
}

void
dossier_fini(struct dossier *d)
{
	d4_prefix_set_fini(&d->from);
	badges_fini(&d->badges);
}
