#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/names.h"
#include "hub/registry.h"
#include "libd4/kit/log.h"

#define REGISTRY_MS   1000u /* between two looks at the lists */
#define REGISTRY_KEYS 1000u /* keys looked at in one round */

/* The lists of d4-core that decide who may send. */
enum list { LIST_UUID, LIST_NO_UUID, LIST_NO_IP, LIST_TYPE, LIST_EXT, LISTS };

static const char *const list_keys[LISTS] = {
    [LIST_UUID] = "registered_uuid",
    [LIST_NO_UUID] = "blacklist_uuid",
    [LIST_NO_IP] = "blacklist_ip",
    [LIST_TYPE] = "server:accepted_type",
    [LIST_EXT] = "server:accepted_extended_type",
};

struct registry {
	struct registry_setup set;
	struct names list[LISTS];
	struct sensors sensors;
	struct event *timer;
	bool ready, asking, changed;
};

/* A question under way: the list or sensor it is about. */
struct registry_ask {
	struct registry *r;
	struct sensor *sensor;
	enum list list;
};

/* What the lists say of it; true when that is news. */
static bool
sensor_judge(const struct registry *r, struct sensor *s)
{
	struct admit_sensor was = s->facts;
	char hex[D4_UUID_HEX];

	d4_uuid_hex(&s->uuid, hex);
	s->facts.registered = names_have(&r->list[LIST_UUID], hex);
	s->facts.blocked = names_have(&r->list[LIST_NO_UUID], hex);
	s->facts.has_key = s->hmac != NULL;
	return memcmp(&was, &s->facts, sizeof(was)) != 0;
}

static void
on_key(void *arg, enum d4_status st, const redisReply *reply)
{
	struct registry_ask *ask = arg;
	struct registry *r = ask->r;
	struct sensor *s = ask->sensor;
	bool first = !s->known;

	free(ask);
	s->asking = false;
	if (st == D4_OK && reply->type != REDIS_REPLY_ERROR) {
		(void)sensor_set_key(
		    s, reply->type == REDIS_REPLY_STRING
			   ? d4_slice_of(reply->str, reply->len)
			   : d4_slice_of(NULL, 0));
		s->known = r->ready;
		if (sensor_judge(r, s))
			r->changed = true;
		if (first && s->known)
			r->set.answered(r->set.arg, s);
	}
	registry_unref(r, s);
}

/* The list may be a second old: a sensor that was just enrolled is on it. */
static void
on_member(void *arg, enum d4_status st, const redisReply *reply)
{
	struct registry_ask *ask = arg;
	struct registry *r = ask->r;
	char hex[D4_UUID_HEX];

	d4_uuid_hex(&ask->sensor->uuid, hex);
	if (st == D4_OK && reply->type == REDIS_REPLY_INTEGER &&
	    reply->integer == 1 && names_add(&r->list[LIST_UUID], hex) != D4_OK)
		d4_warnx("registry out of memory");
	registry_unref(r, ask->sensor);
	free(ask);
}

/* One question about a sensor; the ask holds a reference to it. */
static bool
sensor_question(
    struct registry *r, struct sensor *s, d4_redis_fn *fn, const char *fmt)
{
	struct registry_ask *ask = calloc(1, sizeof(*ask));
	char hex[D4_UUID_HEX];
	struct d4_slice argv[3];
	char key[64];

	if (ask == NULL)
		return false;
	*ask = (struct registry_ask){.r = r, .sensor = s};
	d4_uuid_hex(&s->uuid, hex);
	if (fn == on_member) {
		argv[0] = d4_slice_str("SISMEMBER");
		argv[1] = d4_slice_str(fmt);
		argv[2] = d4_slice_str(hex);
	} else {
		(void)snprintf(key, sizeof(key), "%s:%s", fmt, hex);
		argv[0] = d4_slice_str("HGET");
		argv[1] = d4_slice_str(key);
		argv[2] = d4_slice_str("hmac_key");
	}
	if (d4_redis_send(r->set.redis, argv, 3, fn, ask) != D4_OK) {
		free(ask);
		return false;
	}
	s->refs++;
	return true;
}

static void
sensor_ask(struct registry *r, struct sensor *s)
{
	if (s->asking || !r->ready)
		return; /* registry_round asks again */
	if (!s->known && !sensor_question(r, s, on_member, "registered_uuid"))
		return;
	s->asking = sensor_question(r, s, on_key, "metadata_uuid");
}

enum d4_status
registry_sensor(
    struct registry *r, const struct d4_uuid *uuid, struct sensor **out)
{
	struct sensor *s = sensors_get(&r->sensors, uuid);

	if (s == NULL)
		return D4_ENOMEM;
	sensors_touch(&r->sensors, s);
	s->refs++;
	/* Nobody uses it and it could not send: it may have been enrolled. */
	if (s->refs == 1 && !(s->facts.registered && s->facts.has_key))
		s->known = false;
	if (!s->known)
		sensor_ask(r, s);
	*out = s;
	return D4_OK;
}

void
registry_unref(struct registry *r, struct sensor *s)
{
	(void)r;
	if (s == NULL)
		return;
	assert(s->refs > 0);
	s->refs--;
}

/* ---- the lists, once a second ---- */

/* Every list is there: judge all, ask for the keys of some. */
static void
registry_round(struct registry *r)
{
	struct sensor *s = TAILQ_FIRST(&r->sensors.lru), *last, *next;
	unsigned asked = 0;

	last = TAILQ_LAST(&r->sensors.lru, sensor_lru);
	for (; s != NULL; s = next) {
		next = s != last ? TAILQ_NEXT(s, lru) : NULL;
		if (s->known && sensor_judge(r, s))
			r->changed = true;
		if (asked < REGISTRY_KEYS && s->refs > 0) {
			sensor_ask(r, s);
			asked++;
			/* To the end: others come first next time. */
			sensors_touch(&r->sensors, s);
		}
	}
	if (r->changed)
		r->set.changed(r->set.arg);
	r->changed = false;
}

static void
on_list(void *arg, enum d4_status st, const redisReply *reply)
{
	struct registry_ask *ask = arg;
	struct registry *r = ask->r;
	enum list list = ask->list;
	bool changed = false;

	free(ask);
	if (list == LISTS - 1)
		r->asking = false;
	if (st != D4_OK)
		return;
	if (names_read(&r->list[list], reply, &changed) != D4_OK) {
		d4_warnx("registry list not read key=%s", list_keys[list]);
		return;
	}
	r->changed = r->changed || changed || !r->ready;
	if (list != LISTS - 1)
		return;
	r->ready = true;
	registry_round(r);
}

static void
registry_look(struct registry *r)
{
	if (r->asking || !d4_redis_is_up(r->set.redis))
		return;
	for (unsigned i = 0; i < LISTS; i++) {
		struct registry_ask *ask = calloc(1, sizeof(*ask));

		if (ask == NULL)
			return;
		*ask = (struct registry_ask){.r = r, .list = (enum list)i};
		if (d4_redis_sendf(r->set.redis, on_list, ask, "SMEMBERS %s",
			list_keys[i]) != D4_OK) {
			free(ask);
			return;
		}
		r->asking = i == LISTS - 1;
	}
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	registry_look(arg);
}

enum d4_status
registry_new(const struct registry_setup *setup, struct registry **out)
{
	struct timeval tv = {REGISTRY_MS / 1000, 0};
	struct registry *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return D4_ENOMEM;
	r->set = *setup;
	sensors_init(&r->sensors);
	r->timer = event_new(setup->base, -1, EV_PERSIST, on_timer, r);
	if (r->timer == NULL || event_add(r->timer, &tv) < 0) {
		free(r);
		return D4_ENOMEM;
	}
	*out = r;
	return D4_OK;
}

void
registry_free(struct registry *r)
{
	if (r == NULL)
		return;
	sensors_fini(&r->sensors);
	for (unsigned i = 0; i < LISTS; i++)
		names_fini(&r->list[i]);
	event_free(r->timer);
	free(r);
}

void
registry_up(struct registry *r)
{
	r->asking = false;
	registry_look(r);
}

bool
registry_ready(const struct registry *r)
{
	return r->ready;
}

bool
registry_blocks(const struct registry *r, const char *address)
{
	return names_have(&r->list[LIST_NO_IP], address);
}

bool
registry_type(const struct registry *r, uint8_t type)
{
	char text[8];

	(void)snprintf(text, sizeof(text), "%u", type);
	return r->list[LIST_TYPE].n == 0 ||
	       names_have(&r->list[LIST_TYPE], text);
}

bool
registry_extended(const struct registry *r, const char *ext)
{
	return r->list[LIST_EXT].n == 0 || names_have(&r->list[LIST_EXT], ext);
}

void
registry_each(const struct registry *r,
    void (*fn)(void *arg, const struct sensor *s), void *arg)
{
	const struct sensor *s;

	TAILQ_FOREACH(s, &r->sensors.lru, lru)
	fn(arg, s);
}
