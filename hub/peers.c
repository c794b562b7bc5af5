#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include "hub/listener.h"
#include "hub/peers.h"

#define PEERS_WAIT_S 2
#define PEERS_LINE   (64u << 20) /* bytes of an answer: 10,000 sessions */

/* Shape: owes: lines that it will still send for questions that are over. */
struct peer {
	struct peers *peers;
	struct bufferevent *bev;
	unsigned owes;
	bool asked;
};

/* A question that waits for its turn. */
struct peers_call {
	STAILQ_ENTRY(peers_call) link;
	char *line;
	void (*done)(void *arg, const json_t *answers);
	void *arg;
};

/* Shape: the first of calls is with the peers, while `waiting` owe answers. */
struct peers {
	struct event_base *base;
	struct event *timer;
	struct peer peer[WORKERS_MAX];
	STAILQ_HEAD(peers_calls, peers_call) calls;
	json_t *answers;
	unsigned waiting;
};

static void peers_next(struct peers *p);

static void
peers_done(struct peers *p)
{
	struct peers_call *call = STAILQ_FIRST(&p->calls);
	json_t *answers = p->answers;

	STAILQ_REMOVE_HEAD(&p->calls, link);
	(void)evtimer_del(p->timer);
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		p->peer[i].owes += p->peer[i].asked ? 1 : 0;
		p->peer[i].asked = false;
	}
	p->waiting = 0;
	p->answers = NULL;
	call->done(call->arg, answers);
	json_decref(answers);
	free(call->line);
	free(call);
	peers_next(p);
}

static void
peer_answered(struct peer *w)
{
	if (!w->asked)
		return;
	w->asked = false;
	if (--w->peers->waiting == 0)
		peers_done(w->peers);
}

static void
peer_gone(struct peer *w)
{
	if (w->bev != NULL)
		bufferevent_free(w->bev);
	w->bev = NULL;
	w->owes = 0;
	peer_answered(w);
}

static void
peer_line(struct peer *w, const char *line, size_t n)
{
	json_t *answer;

	if (w->owes != 0) {
		w->owes--; /* nobody waits for that any more */
		return;
	}
	answer = json_loadb(line, n, 0, NULL);
	if (w->asked && json_is_true(json_object_get(answer, "ok")))
		(void)json_array_append(w->peers->answers, answer);
	json_decref(answer);
	peer_answered(w);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct peer *w = arg;
	size_t n = 0;
	char *line;

	while (w->bev == bev &&
	       (line = evbuffer_readln(in, &n, EVBUFFER_EOL_LF)) != NULL) {
		peer_line(w, line, n);
		free(line);
	}
	if (w->bev == bev && evbuffer_get_length(in) >= PEERS_LINE)
		peer_gone(w);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	peer_gone(arg);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	peers_done(arg);
}

/* The next question; without peers its answer is there at once. */
static void
peers_next(struct peers *p)
{
	const struct timeval wait = {PEERS_WAIT_S, 0};
	const struct peers_call *call = STAILQ_FIRST(&p->calls);

	if (call == NULL || p->answers != NULL)
		return;
	p->answers = json_array();
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		struct peer *w = &p->peer[i];

		if (w->bev == NULL || bufferevent_write(w->bev, call->line,
					  strlen(call->line)) != 0)
			continue;
		w->asked = true;
		p->waiting++;
	}
	if (p->waiting == 0)
		peers_done(p);
	else
		(void)evtimer_add(p->timer, &wait);
}

void
peers_ask(struct peers *p, const json_t *request,
    void (*done)(void *arg, const json_t *answers), void *arg)
{
	struct peers_call *call = calloc(1, sizeof(*call));
	char *text = json_dumps(request, JSON_COMPACT), *line = NULL;

	if (call == NULL || text == NULL || asprintf(&line, "%s\n", text) < 0) {
		free(call);
		free(text);
		done(arg, NULL);
		return;
	}
	free(text);
	*call = (struct peers_call){.line = line, .done = done, .arg = arg};
	STAILQ_INSERT_TAIL(&p->calls, call, link);
	peers_next(p);
}

void
peers_add(struct peers *p, unsigned place, int fd)
{
	struct peer *w = place < WORKERS_MAX ? &p->peer[place] : NULL;

	if (w != NULL) {
		peer_gone(w);
		w->bev =
		    bufferevent_socket_new(p->base, fd, BEV_OPT_CLOSE_ON_FREE);
	}
	if (w == NULL || w->bev == NULL) {
		(void)close(fd);
		return;
	}
	bufferevent_setcb(w->bev, on_read, NULL, on_event, w);
	(void)bufferevent_enable(w->bev, EV_READ | EV_WRITE);
}

bool
peers_any(const struct peers *p)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		if (p->peer[i].bev != NULL)
			return true;
	return false;
}

enum d4_status
peers_new(struct event_base *base, struct peers **out)
{
	struct peers *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return D4_ENOMEM;
	p->base = base;
	STAILQ_INIT(&p->calls);
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		p->peer[i].peers = p;
	p->timer = evtimer_new(base, on_timer, p);
	if (p->timer == NULL) {
		free(p);
		return D4_ENOMEM;
	}
	*out = p;
	return D4_OK;
}

void
peers_free(struct peers *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		peer_gone(&p->peer[i]);
	event_free(p->timer);
	free(p);
}
