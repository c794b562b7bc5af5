#include <assert.h>
#include <stdlib.h>
#include "hub/registry.h"
#include "hub/rotation.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define REGISTRY_MS    250L  /* between two looks */
#define REGISTRY_PARTS 3u    /* looks in which every sensor is asked about */
#define REGISTRY_KEYS  1000u /* sensors asked about in one look, at least */
#define ASK_MAX        64u   /* sensors in one question */

struct registry {
	struct registry_setup set;
	struct lists *lists;
	struct sensors sensors;
	struct d4_hmac *shared;
	struct event *timer;
	size_t in_use;
	uint64_t version;
	bool changed;
};

/* A question under way; it holds a reference to each of its sensors. */
struct registry_ask {
	struct registry *r;
	size_t n;
	struct sensor *sensor[ASK_MAX];
	char hex[ASK_MAX][D4_UUID_HEX];
};

/* ---- questions ---- */

static void
sensor_answer(struct registry *r, struct sensor *s, const redisReply *reply)
{
	bool first = !s->known, rotating = s->before.hmac != NULL;
	struct dossier d;

	if (dossier_read(reply, &d) != D4_OK) {
		d4_warnx("registry answer not understood");
		return;
	}
	if (sensor_take(s, &d, d4_now_us() / 1000000))
		r->changed = true;
	dossier_fini(&d);
	rotation_watch(r->set.redis, s, rotating);
	s->known = lists_ready(r->lists);
	if (first && s->known)
		r->set.answered(r->set.arg, s);
}

static void
registry_changed(struct registry *r)
{
	if (!r->changed)
		return;
	r->changed = false;
	r->version++;
	r->set.changed(r->set.arg);
}

static void
on_dossiers(void *arg, enum d4_status st, const redisReply *reply)
{
	struct registry_ask *ask = arg;
	struct registry *r = ask->r;
	bool good = st == D4_OK && reply->type == REDIS_REPLY_ARRAY &&
	            reply->elements == ask->n;

	if (st == D4_OK && !good)
		d4_warnx("registry not answered why=\"%s\"",
		    reply->type == REDIS_REPLY_ERROR ? reply->str : "type");
	for (size_t i = 0; i < ask->n; i++) {
		ask->sensor[i]->asking = false;
		if (good)
			sensor_answer(r, ask->sensor[i], reply->element[i]);
		registry_unref(r, ask->sensor[i]);
	}
	free(ask);
	if (st == D4_OK)
		registry_changed(r);
}

/* Sends the question, which is taken; a failed one is asked again later. */
static void
ask_send(struct registry_ask *ask)
{
	struct d4_slice argv[3 + ASK_MAX] = {d4_slice_str("EVAL"),
	    d4_slice_str(dossier_script), d4_slice_str("0")};

	for (size_t i = 0; i < ask->n; i++)
		argv[3 + i] = d4_slice_str(ask->hex[i]);
	if (ask->n != 0 && d4_redis_send(ask->r->set.redis, argv, 3 + ask->n,
			       on_dossiers, ask) == D4_OK)
		return;
	for (size_t i = 0; i < ask->n; i++) {
		ask->sensor[i]->asking = false;
		registry_unref(ask->r, ask->sensor[i]);
	}
	free(ask);
}

/* Adds a sensor to *ask, which is begun, or sent when it is full. */
static void
ask_add(struct registry *r, struct registry_ask **ask, struct sensor *s)
{
	if (s->asking)
		return;
	if (*ask != NULL && (*ask)->n == ASK_MAX) {
		ask_send(*ask);
		*ask = NULL;
	}
	if (*ask == NULL)
		*ask = calloc(1, sizeof(**ask));
	if (*ask == NULL)
		return;
	(*ask)->r = r;
	d4_uuid_hex(&s->uuid, (*ask)->hex[(*ask)->n]);
	(*ask)->sensor[(*ask)->n++] = s;
	s->asking = true;
	s->refs++;
}

static void
sensor_ask(struct registry *r, struct sensor *s)
{
	struct registry_ask *ask = NULL;

	if (!lists_ready(r->lists))
		return; /* the next look asks */
	ask_add(r, &ask, s);
	if (ask != NULL)
		ask_send(ask);
}

enum d4_status
registry_sensor(
    struct registry *r, const struct d4_uuid *uuid, struct sensor **out)
{
	struct sensor *s = sensors_get(&r->sensors, uuid);

	if (s == NULL)
		return D4_ENOMEM;
	s->facts.shared = r->shared != NULL;
	sensors_touch(&r->sensors, s);
	/* Nobody used it, so nobody has asked since: it may have changed. */
	if (s->refs++ == 0) {
		s->known = false;
		r->in_use++;
	}
	if (!s->known)
		sensor_ask(r, s);
	*out = s;
	return D4_OK;
}

void
registry_unref(struct registry *r, struct sensor *s)
{
	if (s == NULL)
		return;
	assert(s->refs > 0);
	if (--s->refs == 0)
		r->in_use--;
}

struct sensor *
registry_find(const struct registry *r, const struct d4_uuid *uuid)
{
	return sensors_find(&r->sensors, uuid);
}

void
registry_again(struct registry *r, const struct d4_uuid *uuid)
{
	struct sensor *s = uuid != NULL ? registry_find(r, uuid) : NULL;

	if (uuid == NULL)
		lists_look(r->lists);
	else if (s != NULL && s->refs != 0)
		sensor_ask(r, s);
}

/* ---- four times a second ---- */

/* The lists are there: ask about a part of the sensors. */
static void
registry_round(struct registry *r)
{
	struct sensor *s = TAILQ_FIRST(&r->sensors.lru), *last, *next;
	struct registry_ask *ask = NULL;
	size_t left = r->in_use / REGISTRY_PARTS + 1;

	left = left < REGISTRY_KEYS ? REGISTRY_KEYS : left;
	last = TAILQ_LAST(&r->sensors.lru, sensor_lru);
	for (; s != NULL && left != 0; s = next) {
		next = s != last ? TAILQ_NEXT(s, lru) : NULL;
		if (s->refs == 0)
			continue;
		ask_add(r, &ask, s);
		left--;
		/* To the end: others come first next time. */
		sensors_touch(&r->sensors, s);
	}
	if (ask != NULL)
		ask_send(ask);
}

static void
on_lists(void *arg, bool changed)
{
	struct registry *r = arg;

	r->changed = r->changed || changed;
	registry_changed(r);
	registry_round(r);
}

/* Redis holds it off for a while; who is here goes at once. */
static void
on_kicked(void *arg, const struct d4_uuid *uuid)
{
	struct registry *r = arg;
	struct sensor *s = registry_find(r, uuid);
	char text[D4_UUID_TEXT];

	d4_uuid_text(uuid, text);
	d4_info("kick uuid=%s", text);
	if (s == NULL)
		return;
	s->facts.kicked = true;
	r->changed = true;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct registry *r = arg;

	(void)fd;
	(void)what;
	lists_look(r->lists);
}

/* ---- begin and end ---- */

void
registry_options(struct registry *r, const struct hub_options *opt)
{
	struct sensor *s;

	r->set.opt = opt;
	d4_hmac_free(r->shared);
	r->shared = NULL;
	if (opt->shared.n != 0 &&
	    d4_hmac_new(d4_buf_slice(&opt->shared), &r->shared) != D4_OK)
		d4_warnx("shared secret out of memory");
	TAILQ_FOREACH(s, &r->sensors.lru, lru)
	{
		s->facts.shared = r->shared != NULL;
		s->facts.has_key = s->key.hmac != NULL || s->facts.shared;
	}
	r->version++;
	if (d4_redis_is_up(r->set.redis))
		lists_claim(r->lists, opt);
	lists_look(r->lists);
}

enum d4_status
registry_new(const struct registry_setup *setup, struct registry **out)
{
	struct timeval tv = {0, REGISTRY_MS * 1000};
	struct registry *r = calloc(1, sizeof(*r));
	enum d4_status st;

	if (r == NULL)
		return D4_ENOMEM;
	r->set = *setup;
	sensors_init(&r->sensors);
	st = lists_new(&(struct lists_setup){.redis = setup->redis,
			   .done = on_lists,
			   .kicked = on_kicked,
			   .arg = r},
	    &r->lists);
	r->timer = event_new(setup->base, -1, EV_PERSIST, on_timer, r);
	if (st != D4_OK || r->timer == NULL || event_add(r->timer, &tv) < 0) {
		registry_free(r);
		return D4_ENOMEM;
	}
	registry_options(r, setup->opt);
	*out = r;
	return D4_OK;
}

void
registry_free(struct registry *r)
{
	if (r == NULL)
		return;
	sensors_fini(&r->sensors);
	lists_free(r->lists);
	d4_hmac_free(r->shared);
	if (r->timer != NULL)
		event_free(r->timer);
	free(r);
}

void
registry_up(struct registry *r)
{
	lists_claim(r->lists, r->set.opt);
	lists_up(r->lists);
}

/* ---- verdicts ---- */

struct intake_keys
registry_keys(const struct registry *r, const struct sensor *s)
{
	struct intake_keys keys = {s->key.hmac, s->before.hmac};

	if (keys.now == NULL && s->facts.shared)
		keys.now = r->shared;
	return keys;
}

enum d4_reason
registry_admits(const struct registry *r, const struct sensor *s,
    const struct d4_addr *from, uint8_t type)
{
	struct admit_sensor facts = s->facts;
	enum d4_reason why;

	facts.address_blocked = lists_block(r->lists, from);
	facts.foreign = !sensor_comes_from(s, from);
	facts.cloned = sensor_cloned(s, from);
	why = admit_sensor(&facts);
	if (why == D4_R_NONE && !lists_type(r->lists, type))
		why = D4_R_HDR_TYPE;
	return why;
}

uint64_t
registry_version(const struct registry *r)
{
	return r->version;
}

bool
registry_blocks(const struct registry *r, const struct d4_addr *address)
{
	return lists_block(r->lists, address);
}

void
registry_trap(struct registry *r, const char *address)
{
	if (d4_redis_sendf(r->set.redis, NULL, NULL, "SADD blacklist_ip %s",
		address) != D4_OK)
		d4_warnx("address=%s not blocked why=\"redis\"", address);
	else
		d4_warnx("address=%s blocked why=\"it came as a UUID of"
			 " blacklist_ip_by_uuid\"",
		    address);
}

bool
registry_extended(const struct registry *r, const char *ext)
{
	return lists_extended(r->lists, ext);
}

bool
registry_ready(const struct registry *r)
{
	return lists_ready(r->lists);
}

void
registry_each(const struct registry *r,
    void (*fn)(void *arg, const struct sensor *s), void *arg)
{
	const struct sensor *s;

	TAILQ_FOREACH(s, &r->sensors.lru, lru)
	fn(arg, s);
}
