/* One entry, to where its type goes. */
#include <stdio.h>
#include "hub/compat_parts.h"
#include "libd4/kit/clock.h"

#define NUMBER 24u

struct take_text {
	char uuid[D4_UUID_HEX], sess[D4_UUID_TEXT];
	char now[32], t_hdr[NUMBER], max[NUMBER], type[8], skip[NUMBER];
};

static void
take_texts(
    const struct compat *c, const struct d4_entry *e, struct take_text *t)
{
	uint64_t now = d4_now_us();

	d4_uuid_hex(&e->sensor, t->uuid);
	d4_uuid_text(&e->sess, t->sess);
	(void)snprintf(t->now, sizeof(t->now), "%llu.%06llu",
	    (unsigned long long)(now / 1000000),
	    (unsigned long long)(now % 1000000));
	(void)snprintf(
	    t->t_hdr, sizeof(t->t_hdr), "%llu", (unsigned long long)e->t_hdr_s);
	(void)snprintf(t->max, sizeof(t->max), "%llu",
	    (unsigned long long)c->opt->compat_size);
	(void)snprintf(t->type, sizeof(t->type), "%u", e->type);
	/* A later entry of a capture begins with the global header again. */
	(void)snprintf(t->skip, sizeof(t->skip), "%u", e->type == 1 ? 24u : 0u);
}

/*
 * Nothing, when the script finds it in the entry: then it does not go over the
 * socket again, and Redis reads (and syncs) many small calls at once.
 */
static struct d4_slice
take_data(const struct d4_entry *e)
{
	return e->ref.segment != 0 ? e->data : (struct d4_slice){NULL, 0};
}

static void
take_stream(struct compat *c, struct compat_queue *q, const char *id,
    const struct d4_entry *e)
{
	struct compat_words w;
	struct take_text t;

	take_texts(c, e, &t);
	compat_script(c, COMPAT_STREAM, &w);
	words_add(&w, q->key);
	words_add(&w, id);
	words_add(&w, t.type);
	words_add(&w, t.sess);
	words_add(&w, t.uuid);
	words_slice(&w, take_data(e));
	words_add(&w, t.t_hdr);
	words_add(&w, t.now);
	words_slice(&w, e->meta);
	words_add(&w, t.skip);
	words_add(&w, compat_gives_up(c, q) ? "1" : "");
	c->stream_bytes += e->data.n;
	compat_send(c, q, id, &w);
}

static void
take_push(struct compat *c, struct compat_queue *q, const char *id,
    const struct d4_entry *e)
{
	bool paths = q->kind != COMPAT_LINES;
	struct compat_words w;
	struct take_text t;

	take_texts(c, e, &t);
	compat_script(c, COMPAT_PUSH, &w);
	words_add(&w, q->key);
	words_add(&w, id);
	words_add(&w, q->item);
	words_add(&w, q->set);
	words_add(&w, t.uuid);
	words_slice(&w, paths ? d4_buf_slice(&c->items) : take_data(e));
	words_add(&w, t.now);
	words_add(&w, t.max);
	compat_send(c, q, id, &w);
}

/* Files are made for a queue only: an archive is another matter. */
static bool
take_wanted(
    struct compat *c, const struct compat_queue *q, const struct d4_entry *e)
{
	struct compat_words w;
	char uuid[D4_UUID_HEX];
	redisReply *r;
	bool wanted;

	/* What was sent before must be answered before. */
	compat_collect(c);
	d4_uuid_hex(&e->sensor, uuid);
	compat_script(c, COMPAT_WANTED, &w);
	words_add(&w, q->item);
	words_add(&w, q->set);
	words_add(&w, uuid);
	r = compat_ask(c, &w);
	wanted = r->type == REDIS_REPLY_INTEGER && r->integer > 0;
	freeReplyObject(r);
	return wanted;
}

/*
 * d4-core's page of a sensor lists its folder, and fails without one. A slot
 * of the table holds the sensor that had it last: at worst one mkdir more.
 */
static void
take_folder(struct compat *c, const struct d4_entry *e)
{
	char uuid[D4_UUID_HEX], path[COMPAT_PATH];
	struct d4_uuid *seen = &c->seen[e->sensor.b[15] % COMPAT_SEEN];

	if (d4_uuid_eq(seen, &e->sensor))
		return;
	*seen = e->sensor;
	d4_uuid_hex(&e->sensor, uuid);
	if (snprintf(path, sizeof(path), "%s/%s", c->data, uuid) <
	    (int)sizeof(path))
		(void)compat_folder(c, path);
}

/* Session streams hold what they may: its worker comes, or is given up. */
static bool
take_full(struct compat *c, struct compat_queue *q, const char *id)
{
	c->why = "session streams hold compat_streams: do d4-core's workers"
		 " run?";
	return compat_gives_up(c, q) && compat_drop(c, q, id);
}

bool
compat_take(struct compat *c, struct compat_queue *q, const char *id,
    const struct d4_entry *e)
{
	take_folder(c, e);
	c->why = "its files cannot be written";
	if (q->worker) {
		if (c->stream_bytes + e->data.n > c->opt->compat_streams)
			return take_full(c, q, id);
		take_stream(c, q, id, e);
		return true;
	}
	switch (q->kind) {
	case COMPAT_LINES:
		take_push(c, q, id, e);
		return true;
	case COMPAT_CAPTURE:
		if (take_wanted(c, q, e))
			return compat_capture_add(c, q, id, e);
		compat_ack(c, q, id);
		return true;
	case COMPAT_JA3:
	case COMPAT_FILE:
	case COMPAT_JSON:
		c->items.n = 0;
		if (take_wanted(c, q, e) && !compat_files(c, q, e))
			return false;
		take_push(c, q, id, e);
		return true;
	case COMPAT_NONE:
		break;
	}
	compat_ack(c, q, id);
	return true;
}
