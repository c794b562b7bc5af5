#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/crowd.h"
#include "hub/crowd_script.h"
#include "hub/replay_store.h"
#include "hub/session_conn.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define LOOK_MS    250L  /* between two looks at the mail */
#define REAP_LOOKS 20u   /* looks between two at dead workers */
#define MAIL_MAX   8192u /* letters of one look, as CROWD_MAIL */
#define WORDS      9u
#define SENDS_MAX  256u /* sensors that are told of in one look */

/*
 * Shape: id: this worker. looks: for the mail, so far; looked_ms: when. begun,
 * noted: sessions that began, told to Redis and known to it, on this
 * connection. astray: some sensor has sessions from several places.
 */
struct crowd {
	struct hub *hub;
	struct event *timer;
	char id[D4_UUID_HEX];
	bool asking, astray;
	unsigned looks;
	uint64_t looked_ms, begun, noted;
};

/* A session that began, while Redis is told. */
struct crowd_ask {
	struct crowd *crowd;
	struct d4_uuid sensor, sess;
};

/* A script with up to WORDS words; nobody waits for it without fn. */
static enum d4_status
crowd_run(struct crowd *c, const char *script, const char *const words[WORDS],
    d4_redis_fn *fn, void *arg)
{
	struct d4_slice argv[3 + WORDS] = {
	    d4_slice_str("EVAL"), d4_slice_str(script), d4_slice_str("0")};
	size_t n = 3;

	for (size_t i = 0; i < WORDS && words[i] != NULL; i++)
		argv[n++] = d4_slice_str(words[i]);
	return d4_redis_send(c->hub->redis, argv, n, fn, arg);
}

static void
hold_word(const struct crowd *c, char out[24])
{
	unsigned long long ms = c->hub->opt->clone_us / 1000;

	(void)snprintf(out, 24, "%llu", ms + 1);
}

static struct session *session_of(
    const struct sensor *sn, const struct d4_uuid *sess);

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

/* From another place than its other sessions: that is watched. */
static void
crowd_stray(struct crowd *c, struct sensor *sn)
{
	sn->astray = true;
	c->astray = true;
}

/* "HOLDER OTHER": Redis holds it, so all hubs and workers will. */
static void
crowd_held(struct crowd *c, const struct d4_uuid *uuid, const char *both)
{
	const char *space = strchr(both, ' ');
	char text[D4_UUID_TEXT];

	if (space == NULL)
		return;
	d4_uuid_text(uuid, text);
	clone_alarm(
	    text, (int)(space - both), both, c->hub->opt->clone_us / 1000 + 1);
	registry_again(c->hub->registry, uuid);
}

/* {letters, moved, held}. */
static void
begin_answer(
    struct crowd *c, const struct crowd_ask *ask, const redisReply *reply)
{
	struct sensor *sn = registry_find(c->hub->registry, &ask->sensor);
	struct session *s = sn != NULL ? session_of(sn, &ask->sess) : NULL;
	redisReply *const *at = reply->element;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 ||
	    at[2]->type != REDIS_REPLY_STRING)
		return;
	if (at[2]->len != 0)
		crowd_held(c, &ask->sensor, at[2]->str);
	if (s == NULL)
		return;
	sn->spread = sn->spread || at[0]->integer > 0;
	if (at[0]->integer > 0 || at[1]->integer == 1)
		crowd_stray(c, sn);
	if (at[0]->integer < 0)
		session_refuse(s, D4_R_REPLAY);
}

static void
on_begun(void *arg, enum d4_status st, const redisReply *reply)
{
	struct crowd_ask *ask = arg;
	struct crowd *c = ask->crowd;

	if (st == D4_OK) {
		c->noted++;
		begin_answer(c, ask, reply);
	}
	free(ask);
}

static void
begin_tell(struct crowd *c, struct session *s, bool again)
{
	char uuid[D4_UUID_HEX], sess[D4_UUID_HEX], type[8];
	char place[D4_ADDR_TEXT], hold[24];
	struct crowd_ask *ask = malloc(sizeof(*ask));
	const char *const words[WORDS] = {c->id, uuid, sess, type, s->address,
	    again ? "1" : "0", place, hold, s->replay_first ? "1" : "0"};

	session_words(s, uuid, sess, type);
	session_place(s, place);
	hold_word(c, hold);
	if (ask != NULL)
		*ask = (struct crowd_ask){c, s->sensor->uuid, s->origin->sess};
	s->crowd_no = UINT64_MAX;
	if (ask == NULL ||
	    crowd_run(c, crowd_begin_script, words, on_begun, ask) != D4_OK) {
		d4_debug(
		    "crowd session=%s not told", s->id); /* crowd_up does */
		free(ask);
		return;
	}
	s->crowd_no = ++c->begun;
}

void
crowd_begin(struct crowd *c, struct session *s)
{
	begin_tell(c, s, false);
}

void
crowd_end(struct crowd *c, const struct session *s)
{
	char uuid[D4_UUID_HEX], sess[D4_UUID_HEX], type[8];
	bool back = c->hub->opt->stats && c->hub->n_workers > 1;
	const char *const words[WORDS] = {c->id, uuid, sess, back ? "1" : "0"};

	if (s->origin == NULL)
		return;
	session_words(s, uuid, sess, type);
	if (TAILQ_FIRST(&s->sensor->sessions) == s &&
	    TAILQ_NEXT(s, by_sensor) == NULL)
		s->sensor->astray = s->sensor->spread = false;
	if (crowd_run(c, crowd_end_script, words, NULL, NULL) != D4_OK)
		d4_debug("crowd end of session=%s not told", s->id);
}

void
crowd_up(struct crowd *c)
{
	char place[64] = "";
	const char *const words[WORDS] = {c->id, place, NULL};
	uint64_t noted = c->noted;
	struct session *s;

	c->asking = false;
	c->begun = c->noted = 0;
	if (c->hub->alone)
		(void)snprintf(place, sizeof(place), "d4:place:%s:%u",
		    c->hub->opt->state, c->hub->place);
	if (crowd_run(c, crowd_up_script, words, deaths_told, c->hub) != D4_OK)
		d4_warnx("crowd not told why=\"redis\"");
	/* What Redis did not hear of before is news, also for the others. */
	TAILQ_FOREACH(s, &c->hub->sessions, all)
	{
		if (s->counted)
			begin_tell(c, s, s->crowd_no <= noted);
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
	sn->spread = true;
	if (!clone_same(&from, &s->from))
		crowd_stray(c, sn);
	/* Who stays is for the clone's rules; else the newest wins. */
	if (session_elsewhere(s, &from) && *same == '1')
		session_refuse(s, D4_R_SUPERSEDED);
}

/* "UUID HOLDER OTHER" */
static void
take_held(struct crowd *c, const redisReply *one)
{
	char hex[D4_UUID_HEX];
	struct d4_uuid uuid;

	if (one->type != REDIS_REPLY_STRING || one->len < D4_UUID_HEX)
		return;
	memcpy(hex, one->str, sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	if (d4_uuid_parse(hex, &uuid) == D4_OK)
		crowd_held(c, &uuid, one->str + sizeof(hex));
}

/* {letters, then who is held}. */
static void
on_look(void *arg, enum d4_status st, const redisReply *reply)
{
	const redisReply *mail;
	struct crowd *c = arg;

	c->asking = false;
	if (st != D4_OK)
		return;
	if (reply->type == REDIS_REPLY_ERROR && sessions_loud(c->hub))
		d4_warnx("crowd why=\"%.80s\"", reply->str);
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0)
		return;
	mail = reply->element[0];
	for (size_t i = 0; mail->type == REDIS_REPLY_ARRAY &&
			   i < mail->elements && i < MAIL_MAX;
	     i++)
		take_letter(c, mail->element[i]);
	for (size_t i = 1; i < reply->elements; i++)
		take_held(c, reply->element[i]);
}

/* Who sent since the last look, of those that are in several places. */
struct crowd_sends {
	struct d4_slice argv[6 + 3 * SENDS_MAX];
	size_t n;
	char hex[SENDS_MAX][D4_UUID_HEX], place[SENDS_MAX][D4_ADDR_TEXT];
};

static void
sends_add(struct crowd_sends *w, const struct session *s)
{
	size_t i = (w->n - 6) / 3;

	if (i == SENDS_MAX)
		return;
	session_place(s, w->place[i]);
	if (w->place[i][0] == '\0')
		return;
	d4_uuid_hex(&s->sensor->uuid, w->hex[i]);
	w->argv[w->n++] = d4_slice_str(w->hex[i]);
	w->argv[w->n++] = d4_slice_str(s->address);
	w->argv[w->n++] = d4_slice_str(w->place[i]);
}

static void
crowd_sends(struct crowd *c, struct crowd_sends *w)
{
	uint64_t since = c->looked_ms;
	const struct session *s;

	c->looked_ms = d4_mono_ms();
	if (!c->astray)
		return;
	c->astray = false;
	TAILQ_FOREACH(s, &c->hub->sessions, all)
	{
		if (!s->counted || !s->sensor->astray)
			continue;
		c->astray = true;
		if (s->active_ms >= since)
			sends_add(w, s);
	}
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct crowd *c = arg;
	bool reap = hub_leads(c->hub) && c->looks % REAP_LOOKS == 0;
	struct crowd_sends w = {.n = 6};
	char hold[24];

	(void)fd;
	(void)what;
	if (c->asking || !d4_redis_is_up(c->hub->redis))
		return;
	c->looks++;
	hold_word(c, hold);
	w.argv[0] = d4_slice_str("EVAL");
	w.argv[1] = d4_slice_str(crowd_look_script);
	w.argv[2] = d4_slice_str("0");
	w.argv[3] = d4_slice_str(c->id);
	w.argv[4] = d4_slice_str(reap ? "1" : "0");
	w.argv[5] = d4_slice_str(hold);
	crowd_sends(c, &w);
	replay_store_look(c->hub);
	c->asking =
	    d4_redis_send(c->hub->redis, w.argv, w.n, on_look, c) == D4_OK;
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
