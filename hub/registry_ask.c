/*
 * What Redis is asked about the sensors. Those that are in use are asked about
 * all the time; a few questions are under way for that, so that an entry never
 * waits in Redis behind all of them.
 */
#include <stdlib.h>
#include "hub/registry_parts.h"
#include "hub/rotation.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define ROUND_PARTS 3u    /* looks in which every sensor is asked about */
#define ROUND_LEAST 1000u /* sensors asked about in one look, at least */
#define ROUND_WALK  4u    /* questions of it that are under way */
#define ASK_MAX     64u   /* sensors in one question */

/*
 * A question under way; it holds a reference to each of its sensors. walk: its
 * answer brings the next one of the round.
 */
struct registry_ask {
	struct registry *r;
	bool walk;
	size_t n;
	struct sensor *sensor[ASK_MAX];
	char hex[ASK_MAX][D4_UUID_HEX];
};

static void
sensor_answer(struct registry *r, struct sensor *s, const redisReply *reply)
{
	bool first = !s->known, rotating = s->before.hmac != NULL, news;
	struct dossier d;

	if (dossier_read(reply, &d) != D4_OK) {
		d4_warnx("registry answer not understood");
		return;
	}
	news = sensor_take(s, &d, d4_now_us() / 1000000);
	dossier_fini(&d);
	rotation_watch(r->set.redis, s, rotating);
	s->known = lists_ready(r->lists);
	if (news) {
		s->version++;
		r->set.changed(r->set.arg, s);
	}
	if (first && s->known)
		r->set.answered(r->set.arg, s);
}

/* Nobody answers it, or everybody was answered. */
static void
ask_over(struct registry_ask *ask)
{
	for (size_t i = 0; i < ask->n; i++)
		registry_unref(ask->r, ask->sensor[i]);
	free(ask);
}

static void round_next(struct registry *r);

static void
on_dossiers(void *arg, enum d4_status st, const redisReply *reply)
{
	struct registry_ask *ask = arg;
	struct registry *r = ask->r;
	bool good = st == D4_OK && reply->type == REDIS_REPLY_ARRAY &&
	            reply->elements == ask->n;
	bool walk = ask->walk;

	if (st == D4_OK && !good)
		d4_warnx("registry not answered why=\"%s\"",
		    reply->type == REDIS_REPLY_ERROR ? reply->str : "type");
	for (size_t i = 0; i < ask->n; i++) {
		ask->sensor[i]->asking = false;
		if (good)
			sensor_answer(r, ask->sensor[i], reply->element[i]);
	}
	ask_over(ask);
	if (!walk)
		return;
	r->walking--;
	if (st == D4_OK)
		round_next(r);
}

/* Sends the question, which is taken; a failed one is asked again later. */
static bool
ask_send(struct registry_ask *ask)
{
	struct d4_slice argv[3 + ASK_MAX] = {d4_slice_str("EVAL"),
	    d4_slice_str(dossier_script), d4_slice_str("0")};

	for (size_t i = 0; i < ask->n; i++)
		argv[3 + i] = d4_slice_str(ask->hex[i]);
	if (ask->n != 0 && d4_redis_send(ask->r->set.redis, argv, 3 + ask->n,
			       on_dossiers, ask) == D4_OK)
		return true;
	for (size_t i = 0; i < ask->n; i++)
		ask->sensor[i]->asking = false;
	ask_over(ask);
	return false;
}

static void
ask_add(struct registry_ask *ask, struct sensor *s)
{
	d4_uuid_hex(&s->uuid, ask->hex[ask->n]);
	ask->sensor[ask->n++] = s;
	s->asking = true;
	sensors_hold(&ask->r->sensors, s);
}

void
registry_ask(struct registry *r, struct sensor *s)
{
	struct registry_ask *ask;

	if (s->asking || !lists_ready(r->lists))
		return; /* the next look asks */
	ask = calloc(1, sizeof(*ask));
	if (ask == NULL)
		return;
	ask->r = r;
	ask_add(ask, s);
	(void)ask_send(ask);
}

/* ---- all of them, in turn ---- */

/* One question about the first in turn. False: nobody was asked. */
static bool
round_ask(struct registry *r, bool walk)
{
	struct registry_ask *ask = calloc(1, sizeof(*ask));

	if (ask == NULL)
		return false;
	ask->r = r;
	ask->walk = walk;
	for (; r->left != 0 && ask->n < ASK_MAX; r->left--) {
		struct sensor *s = TAILQ_FIRST(&r->sensors.used);

		if (s == NULL)
			break;
		/* To the end: others come first next time. */
		sensors_touch(&r->sensors, s);
		if (!s->asking)
			ask_add(ask, s);
	}
	return ask_send(ask);
}

static void
round_next(struct registry *r)
{
	while (r->left != 0 && r->walking < ROUND_WALK && round_ask(r, true))
		r->walking++;
}

void
registry_round(struct registry *r)
{
	size_t part = r->sensors.n_used / ROUND_PARTS + 1;

	/* Redis is slow: the rest at once, or changes would come late. */
	while (r->left != 0 && round_ask(r, false))
		;
	part = part < ROUND_LEAST ? ROUND_LEAST : part;
	r->left = part < r->sensors.n_used ? part : r->sensors.n_used;
	round_next(r);
}
