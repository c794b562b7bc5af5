/* Sessions, queues and refusals, as they are now. */
#include <string.h>
#include "hub/control_parts.h"
#include "hub/session_conn.h"
#include "hub/status.h"

/* Why it is not read, in words. */
static json_t *
look_pauses(const struct session *s)
{
	static const struct {
		enum hub_pause bit;
		const char *word;
	} words[] = {{PAUSE_SHELF, "redis"}, {PAUSE_MEMORY, "memory"},
	    {PAUSE_QUEUE, "queue"}, {PAUSE_WHO, "registry"},
	    {PAUSE_HELD, "held"}, {PAUSE_DRAIN, "drain"}, {PAUSE_RATE, "rate"},
	    {PAUSE_SHARE, "sensor-queue"}};
	unsigned pause = s->pause | s->hub->pause;
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((pause & words[i].bit) != 0)
			(void)json_array_append_new(
			    list, json_string(words[i].word));
	}
	return list;
}

static json_t *
look_session(const struct session *s)
{
	char uuid[D4_UUID_TEXT] = "";

	if (s->sensor != NULL)
		d4_uuid_text(&s->sensor->uuid, uuid);
	return json_pack("{s:s,s:s,s:i,s:s,s:s,s:s,s:I,s:I,s:I,s:o,s:b}",
	    "session", s->id, "uuid", uuid, "type", (int)s->intake.state.type,
	    "ext", s->intake.ext, "peer", s->peer, "state", session_state(s),
	    "frames", (json_int_t)s->intake.frames, "bytes",
	    (json_int_t)s->intake.bytes, "records", (json_int_t)s->records,
	    "paused", look_pauses(s), "old_key", s->intake.before);
}

static json_t *
look_sessions(struct hub *h, const struct ctl_given *given, const char **why)
{
	json_t *list = json_array();
	const struct session *s;

	(void)why;
	TAILQ_FOREACH(s, &h->sessions, all)
	{
		if (!given->has_uuid ||
		    (s->sensor != NULL &&
			d4_uuid_eq(&s->sensor->uuid, &given->uuid)))
			(void)json_array_append_new(list, look_session(s));
	}
	return json_pack("{s:o}", "sessions", list);
}

static json_t *
look_refused(struct hub *h, const struct ctl_given *given, const char **why)
{
	(void)given;
	(void)why;
	return json_pack("{s:o}", "refused", status_refused(h));
}

static json_t *
look_queues(struct hub *h, const struct ctl_given *given, const char **why)
{
	json_t *list = json_array();
	const struct queue *q;

	(void)given;
	(void)why;
	STAILQ_FOREACH(q, &h->queues, link)
	{
		json_t *o = status_queue(h, q);

		(void)json_object_set_new(o, "queue", json_string(q->name));
		(void)json_array_append_new(list, o);
	}
	return json_pack("{s:o}", "queues", list);
}

static struct queue *
queue_named(struct hub *h, struct d4_slice name)
{
	struct queue *q;

	STAILQ_FOREACH(q, &h->queues, link)
	{
		if (d4_slice_eqs(name, q->name))
			return q;
	}
	return NULL;
}

/* The trimmer drops what is there now, and accounts it. */
static json_t *
look_empty(struct hub *h, const struct ctl_given *given, const char **why)
{
	struct queue *q = queue_named(h, d4_buf_slice(&given->arg[0]));
	uint64_t length = 0;

	if (q == NULL) {
		*why = "no such queue; remedy: queues list";
		return NULL;
	}
	if (given->arg[1].n == 0) {
		*why = "its entries would be gone; remedy: --yes";
		return NULL;
	}
	for (unsigned i = 0; i < q->n_shards; i++) {
		length += q->shard[i].length;
		q->shard[i].idle_polls = 0;
		if (q->shard[i].groups != 0) {
			*why = "it has readers, which would miss entries;"
			       " remedy: end them first";
			return NULL;
		}
	}
	q->emptying = length;
	return json_pack(
	    "{s:s,s:I}", "queue", q->name, "dropping", (json_int_t)length);
}

/* Commands of ctl_table.c that have no script. */
static const struct {
	const char *noun, *verb;
	json_t *(*run)(
	    struct hub *h, const struct ctl_given *given, const char **why);
} looks[] = {
    {"sessions", "list", look_sessions},
    {"stats", "refused", look_refused},
    {"queues", "list", look_queues},
    {"queues", "empty", look_empty},
};

json_t *
control_answer(struct hub *h, const struct ctl_row *row,
    const struct ctl_given *given, const char **why)
{
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		if (strcmp(looks[i].noun, row->noun) == 0 &&
		    strcmp(looks[i].verb, row->verb) == 0)
			return looks[i].run(h, given, why);
	}
	*why = "not built";
	return NULL;
}
