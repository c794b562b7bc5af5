#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include "hub/sensor.h"

void
sensors_init(struct sensors *t)
{
	*t = (struct sensors){.n_used = 0};
	TAILQ_INIT(&t->used);
	TAILQ_INIT(&t->idle);
	if (RAND_bytes((uint8_t *)&t->seed, sizeof(t->seed)) != 1)
		t->seed = (uint64_t)(uintptr_t)t;
}

/* Seeded: whoever chooses UUIDs cannot choose the same place for them. */
static size_t
bucket(const struct sensors *t, const struct d4_uuid *u)
{
	uint64_t half[2];

	memcpy(half, u->b, sizeof(half));
	half[0] = (half[0] ^ t->seed) * 0x9e3779b97f4a7c15u;
	half[1] = (half[1] ^ half[0] ^ half[0] >> 32) * 0x9e3779b97f4a7c15u;
	return (size_t)(half[1] >> 32) & (SENSOR_BUCKETS - 1);
}

static struct sensor **
sensor_place(struct sensors *t, const struct d4_uuid *uuid)
{
	struct sensor **at = &t->all[bucket(t, uuid)];

	while (*at != NULL && !d4_uuid_eq(&(*at)->uuid, uuid))
		at = &(*at)->chain;
	return at;
}

/* One that nobody uses. */
static void
sensor_free(struct sensors *t, struct sensor *s)
{
	struct sensor **at = sensor_place(t, &s->uuid);

	assert(*at == s && s->refs == 0);
	*at = s->chain;
	TAILQ_REMOVE(&t->idle, s, link);
	t->n_idle--;
	d4_hmac_free(s->key.hmac);
	d4_hmac_free(s->before.hmac);
	d4_prefix_set_fini(&s->from);
	badges_fini(&s->badges);
	if (s->replay != NULL)
		replay_fini(s->replay);
	free(s->replay);
	free(s->ration.share);
	free(s);
}

void
sensors_fini(struct sensors *t)
{
	assert(t->n_used == 0);
	while (!TAILQ_EMPTY(&t->idle))
		sensor_free(t, TAILQ_FIRST(&t->idle));
}

struct sensor *
sensors_get(struct sensors *t, const struct d4_uuid *uuid)
{
	struct sensor *s = *sensor_place(t, uuid);
	struct sensor **at;

	if (s != NULL)
		return s;
	/* Those that nobody uses go when there are too many of them. */
	if (t->n_idle >= SENSOR_IDLE)
		sensor_free(t, TAILQ_FIRST(&t->idle));
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->uuid = *uuid;
	TAILQ_INIT(&s->sessions);
	TAILQ_INIT(&s->waiting);
	at = sensor_place(t, uuid);
	*at = s;
	TAILQ_INSERT_TAIL(&t->idle, s, link);
	t->n_idle++;
	return s;
}

struct sensor *
sensors_find(const struct sensors *t, const struct d4_uuid *uuid)
{
	struct sensor *s = t->all[bucket(t, uuid)];

	while (s != NULL && !d4_uuid_eq(&s->uuid, uuid))
		s = s->chain;
	return s;
}

void
sensors_hold(struct sensors *t, struct sensor *s)
{
	if (s->refs++ != 0)
		return;
	TAILQ_REMOVE(&t->idle, s, link);
	TAILQ_INSERT_TAIL(&t->used, s, link);
	t->n_idle--;
	t->n_used++;
}

void
sensors_drop(struct sensors *t, struct sensor *s)
{
	assert(s->refs > 0);
	if (--s->refs != 0)
		return;
	TAILQ_REMOVE(&t->used, s, link);
	TAILQ_INSERT_TAIL(&t->idle, s, link);
	t->n_used--;
	t->n_idle++;
}

void
sensors_touch(struct sensors *t, struct sensor *s)
{
	struct sensor_list *of = s->refs != 0 ? &t->used : &t->idle;

	TAILQ_REMOVE(of, s, link);
	TAILQ_INSERT_TAIL(of, s, link);
}

void
sensors_each(
    const struct sensors *t, void (*fn)(void *arg, struct sensor *s), void *arg)
{
	struct sensor *s;

	TAILQ_FOREACH(s, &t->used, link)
	fn(arg, s);
	TAILQ_FOREACH(s, &t->idle, link)
	fn(arg, s);
}

/* ---- what Redis holds about it ---- */

/* A key by its text; true when it is another one than before. */
static bool
key_set(struct sensor_key *k, struct d4_slice text)
{
	uint8_t md[EVP_MAX_MD_SIZE] = {0};
	struct d4_hmac *fresh = NULL;

	if (text.n != 0 &&
	    EVP_Digest(text.p, text.n, md, NULL, EVP_sha256(), NULL) != 1)
		text.n = 0;
	if ((k->hmac != NULL) == (text.n != 0) &&
	    CRYPTO_memcmp(md, k->digest, sizeof(k->digest)) == 0)
		return false;
	if (text.n != 0 && d4_hmac_new(text, &fresh) != D4_OK)
		memset(md, 0, sizeof(md)); /* tried again next time */
	d4_hmac_free(k->hmac);
	k->hmac = fresh;
	memcpy(k->digest, md, sizeof(k->digest));
	return true;
}

static bool
same_prefixes(const struct d4_prefix_set *a, const struct d4_prefix_set *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct d4_prefix *p = &a->list[i], *q = &b->list[i];

		if (p->len != q->len || p->addr.family != q->addr.family ||
		    memcmp(p->addr.b, q->addr.b, sizeof(p->addr.b)) != 0)
			return false;
	}
	return true;
}

static struct admit_sensor
facts_of(const struct sensor *s, const struct dossier *d, uint64_t now_s)
{
	bool known_key = d4_slice_eqs(d->key, DOSSIER_KNOWN_KEY);

	return (struct admit_sensor){
	    .shared = s->facts.shared,
	    .registered = d->registered,
	    .pending = d->pending,
	    .revoked = d->revoked,
	    .has_key = s->key.hmac != NULL || s->facts.shared,
	    .overdue =
		(known_key || d->quarantine_s != 0) && now_s >= d->quarantine_s,
	    .broken = d->broken,
	    .blocked = d->blocked,
	    .trap = d->trap,
	    .kicked = d->kicked,
	};
}

bool
sensor_take(struct sensor *s, struct dossier *d, uint64_t now_s)
{
	struct admit_sensor was = s->facts;
	bool news = key_set(&s->key, d->key);

	if (d->previous_s <= now_s)
		d->previous = d4_slice_of(NULL, 0); /* its time is over */
	news = key_set(&s->before, d->previous) || news;
	s->previous_s = d->previous_s;
	s->quarantine_s = d->quarantine_s;
	news = news || s->limited != d->limited || s->several != d->several ||
	       memcmp(&s->held, &d->held, sizeof(s->held)) != 0 ||
	       !same_prefixes(&s->from, &d->from) ||
	       !badges_same(&s->badges, &d->badges) ||
	       memcmp(&s->limits, &d->limits, sizeof(s->limits)) != 0;
	s->limits = d->limits;
	s->limited = d->limited;
	s->several = d->several;
	s->held = d->held;
	if (s->held.family != 0)
		s->clone.held_ms = 0; /* from now on Redis says how long */
	d4_prefix_set_fini(&s->from);
	s->from = d->from;
	d->from = (struct d4_prefix_set){NULL, 0};
	badges_fini(&s->badges);
	s->badges = d->badges;
	d->badges = (struct badges){NULL, 0};
	s->facts = facts_of(s, d, now_s);
	return news || memcmp(&was, &s->facts, sizeof(was)) != 0;
}

bool
sensor_comes_from(const struct sensor *s, const struct d4_addr *address)
{
	return !s->limited || d4_prefix_set_find(&s->from, address) != NULL;
}

bool
sensor_cloned(const struct sensor *s, const struct d4_addr *address)
{
	return s->held.family != 0 && !s->several &&
	       !clone_same(&s->held, address);
}

/* ---- what it did ---- */

void
sensor_refuse(struct sensor *s, enum d4_reason why)
{
	struct sensor_refusal *r = s->refusals;
	const struct sensor_refusal *last = r + SENSOR_REASONS - 1;

	while (r != last && r->n != 0 && r->why != why)
		r++;
	r->why = why;
	r->n++;
	s->refused++;
	s->last_refused = why;
}
