#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include "hub/control.h"
#include "hub/control_parts.h"
#include "hub/ctl_args.h"
#include "hub/ctl_script.h"
#include "hub/status.h"
#include "libd4/key.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define REDIS_S 3 /* it waits for Redis; who asks waits 5 */

/* Shape: waits: for a reload or an upgrade; done: its answer. */
struct control {
	struct hub *hub;
	struct d4_ctl_call *waits;
	const char *done;
	struct peers *peers;
};

/* A command that Redis is working on; call: NULL once it was told to wait. */
struct control_ask {
	struct control *control;
	struct d4_ctl_call *call;
	const struct ctl_row *row;
	struct ctl_given given;
	char key[D4_KEY_MAX + 1];
	struct event *timer;
	uid_t uid;
	pid_t pid;
};

static void
ask_free(struct control_ask *ask)
{
	ctl_args_fini(&ask->given);
	OPENSSL_cleanse(ask->key, sizeof(ask->key));
	if (ask->timer != NULL)
		event_free(ask->timer);
	free(ask);
}

/* Who changed what, and whether that worked; never a key. */
static void
control_note(const struct control_ask *ask, const char *why)
{
	const struct ctl_row *row = ask->row;
	const struct d4_buf *first = &ask->given.arg[0];
	char what[128];

	if (!row->admin || (row->quiet && strcmp(why, "ok") == 0))
		return;
	(void)d4_log_quote((const char *)first->p,
	    row->arg[0].kind == CTL_IN ? 0 : first->n, what, sizeof(what));
	d4_info("ctl cmd=%s.%s what=%s uid=%u pid=%d result=\"%s\"", row->noun,
	    row->verb, what, (unsigned)ask->uid, (int)ask->pid, why);
}

static void
ask_failed(struct control_ask *ask, const char *why)
{
	control_note(ask, why);
	if (ask->call != NULL)
		d4_ctl_fail(ask->call, why);
	ask_free(ask);
}

/* Before whoever asked gives up; what Redis does then is noted still. */
static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct control_ask *ask = arg;

	(void)fd;
	(void)what;
	d4_ctl_fail(ask->call, ask->row->admin
				   ? "Redis does not answer: it may be done "
				     "later, or not"
				   : "Redis does not answer");
	ask->call = NULL;
}

static bool
ask_timer(struct control_ask *ask)
{
	const struct timeval tv = {REDIS_S, 0};

	ask->timer = evtimer_new(ask->control->hub->base, on_late, ask);
	return ask->timer != NULL && evtimer_add(ask->timer, &tv) == 0;
}

/* ---- what Redis answers ---- */

static void
control_effect(struct control_ask *ask)
{
	struct hub *h = ask->control->hub;

	switch (ask->row->effect) {
	case CTL_LOOKS:
		return;
	case CTL_SENSOR:
		registry_again(h->registry, &ask->given.uuid);
		return;
	case CTL_LISTS:
		registry_again(h->registry, NULL);
		return;
	case CTL_QUEUES:
		hub_sizes(h);
		return;
	}
}

static const char *
error_text(const redisReply *reply)
{
	const char *text = reply->str;

	return strncmp(text, "ERR ", 4) == 0 ? text + 4 : text;
}

static void
on_reply(void *arg, enum d4_status st, const redisReply *reply)
{
	struct control_ask *ask = arg;
	json_t *answer;

	if (st != D4_OK) {
		ask_failed(ask, "Redis went away: it may be done or not");
		return;
	}
	if (reply->type == REDIS_REPLY_ERROR) {
		ask_failed(ask, error_text(reply));
		return;
	}
	answer = reply->type == REDIS_REPLY_STRING ? control_json(reply) : NULL;
	if (!json_is_object(answer)) {
		json_decref(answer);
		ask_failed(ask, "answer of Redis not understood");
		return;
	}
	control_effect(ask);
	control_note(ask, "ok");
	if (ask->call != NULL)
		d4_ctl_answer(ask->call, answer);
	else
		json_decref(answer);
	ask_free(ask);
}

/* ---- what Redis is asked ---- */

/* The day is today when none is given. */
static void
default_day(struct control_ask *ask)
{
	char text[D4_TIME_TEXT];

	d4_time_text(d4_now_us(), text);
	for (size_t i = 0; i < ctl_args(ask->row); i++) {
		struct d4_buf *b = &ask->given.arg[i];

		if (ask->row->arg[i].kind == CTL_DAY && b->n == 0 &&
		    d4_buf_addf(b, "%.4s%.2s%.2s", text, text + 5, text + 8) !=
			D4_OK)
			b->n = 0;
	}
}

static enum d4_status
ask_send(struct control_ask *ask, struct d4_buf *script)
{
	struct d4_slice argv[5 + CTL_ARGS] = {
	    d4_slice_str("EVAL"), {NULL, 0}, d4_slice_str("0")};
	size_t n = 4;
	char now[24];

	if (d4_buf_adds(script, ctl_prelude) != D4_OK ||
	    d4_buf_adds(script, ask->row->script) != D4_OK)
		return D4_ENOMEM;
	argv[1] = d4_buf_slice(script);
	(void)snprintf(now, sizeof(now), "%llu",
	    (unsigned long long)(d4_now_us() / 1000000));
	argv[3] = d4_slice_str(now);
	for (size_t i = 0; i < ctl_args(ask->row); i++)
		argv[n++] = d4_buf_slice(&ask->given.arg[i]);
	if (ask->row->key)
		argv[n++] = d4_slice_str(ask->key);
	return d4_redis_send(ask->control->hub->redis, argv, n, on_reply, ask);
}

static void
control_script(struct control_ask *ask)
{
	struct d4_buf script;
	enum d4_status st = D4_OK;

	if (ask->control->hub->silent) {
		ask_failed(ask, "Redis does not answer");
		return;
	}
	default_day(ask);
	if (ask->row->key && d4_key_make(ask->key) != D4_OK) {
		ask_failed(ask, "no random bytes");
		return;
	}
	d4_buf_init(&script, 65536);
	st = ask_timer(ask) ? ask_send(ask, &script) : D4_ENOMEM;
	d4_buf_fini(&script);
	if (st != D4_OK)
		ask_failed(ask,
		    st == D4_ECLOSED ? "Redis is away" : d4_status_text(st));
}

/* ---- what we know ourselves ---- */

/* What the supervisor does: its answer is ours. */
static void
control_above(struct control_ask *ask)
{
	struct control *c = ask->control;
	const struct hub_events *ev = &c->hub->events;
	bool reload = strcmp(ask->row->verb, "reload") == 0;

	if (c->waits != NULL) {
		ask_failed(ask, "a reload or upgrade is under way");
		return;
	}
	if (!(reload ? ev->reload(ev->arg) : ev->upgrade(ev->arg))) {
		ask_failed(ask, "the supervisor does not take it");
		return;
	}
	control_note(ask, "asked");
	c->waits = ask->call;
	c->done = reload ? "reloaded" : "upgrading";
	ask_free(ask);
}

/* ---- what the other workers know, too ---- */

/* Of one worker it is a command of the table; of several all are asked. */
static void
control_status(struct control *c, struct d4_ctl_call *call)
{
	control_gather(c->peers, call, call->request, status_all(c->hub), NULL);
}

/* The page is of all of them: of what `status` is. */
static void
control_page(struct control *c, struct d4_ctl_call *call)
{
	json_t *request = json_pack("{s:s}", "cmd", "status");

	control_gather(
	    c->peers, call, request, status_all(c->hub), control_metrics);
	json_decref(request);
}

void
control_peers(struct control *c, struct peers *peers)
{
	c->peers = peers;
}

static void
control_own(struct control_ask *ask)
{
	const struct ctl_row *row = ask->row;
	struct control *c = ask->control;
	const char *why = "out of memory";
	json_t *answer;

	if (strcmp(row->noun, "config") == 0) {
		control_above(ask);
		return;
	}
	if (row->text != NULL) {
		control_page(c, ask->call);
		ask_free(ask);
		return;
	}
	answer = control_answer(c->hub, row, &ask->given, &why);
	if (answer == NULL) {
		ask_failed(ask, why);
		return;
	}
	control_note(ask, "ok");
	if (row->admin)
		d4_ctl_answer(ask->call, answer);
	else
		control_gather(
		    c->peers, ask->call, ask->call->request, answer, NULL);
	ask_free(ask);
}

void
control_done(struct control *c, const char *why)
{
	struct d4_ctl_call *call;

	if (c == NULL || c->waits == NULL)
		return;
	call = c->waits;
	c->waits = NULL;
	if (why != NULL)
		d4_ctl_fail(call, why);
	else
		d4_ctl_answer(call, json_pack("{s:b}", c->done, 1));
}

/* ---- the socket ---- */

/* Root and our own account may change things. */
static bool
control_allows(const struct control_ask *ask)
{
	return !ask->row->admin || ask->call->uid == 0 ||
	       ask->call->uid == geteuid();
}

static void
on_call(void *arg, struct d4_ctl_call *call)
{
	struct control *c = arg;
	const char *name =
	    json_string_value(json_object_get(call->request, "cmd"));
	const struct ctl_row *row = ctl_find(name);
	struct control_ask *ask = calloc(1, sizeof(*ask));
	char why[CTL_WHY] = "out of memory";

	if (ask != NULL &&
	    (strcmp(name, "status") == 0 || strcmp(name, "status.show") == 0)) {
		free(ask);
		control_status(c, call);
		return;
	}
	if (ask == NULL || row == NULL) {
		free(ask);
		d4_ctl_fail(call, row == NULL
				      ? "unknown command; try d4-hub ctl --help"
				      : why);
		return;
	}
	*ask = (struct control_ask){.control = c,
	    .call = call,
	    .row = row,
	    .uid = call->uid,
	    .pid = call->pid};
	if (ctl_args_read(row, call->request, &ask->given, why) != D4_OK)
		ask_failed(ask, why);
	else if (!control_allows(ask))
		ask_failed(ask, "only root and the hub's own account may;"
				" remedy: sudo");
	else if (row->script != NULL)
		control_script(ask);
	else
		control_own(ask);
}

enum d4_status
control_new(struct hub *h, struct d4_ctl *ctl, struct control **out)
{
	struct control *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return D4_ENOMEM;
	c->hub = h;
	d4_ctl_other(ctl, on_call, c);
	*out = c;
	return D4_OK;
}

void
control_free(struct control *c)
{
	free(c);
}
