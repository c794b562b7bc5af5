#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include "libd4/kit/signals.h"

#define SIGNALS_MAX 5

struct d4_signals {
	const struct d4_signals_events *ev;
	void *arg;
	struct event *event[SIGNALS_MAX];
};

static void
signals_call(void (*fn)(void *), void *arg)
{
	if (fn != NULL)
		fn(arg);
}

static void
signals_on(evutil_socket_t sig, short what, void *arg)
{
	struct d4_signals *s = arg;

	(void)what;
	if (sig == SIGTERM || sig == SIGINT)
		signals_call(s->ev->stop, s->arg);
	else if (sig == SIGHUP)
		signals_call(s->ev->reload, s->arg);
	else if (sig == SIGCHLD)
		signals_call(s->ev->child, s->arg);
	else if (sig == SIGUSR1)
		signals_call(s->ev->dump, s->arg);
}

static enum d4_status
signals_add(struct d4_signals *s, struct event_base *base, size_t i, int sig)
{
	s->event[i] = evsignal_new(base, sig, signals_on, s);
	if (s->event[i] == NULL || evsignal_add(s->event[i], NULL) != 0)
		return D4_ENOMEM;
	return D4_OK;
}

enum d4_status
d4_signals_new(struct event_base *base, const struct d4_signals_events *ev,
    void *arg, struct d4_signals **out)
{
	const struct {
		int sig;
		bool wanted;
	} rows[SIGNALS_MAX] = {
	    {SIGTERM, ev->stop != NULL},
	    {SIGINT, ev->stop != NULL},
	    {SIGHUP, ev->reload != NULL},
	    {SIGCHLD, ev->child != NULL},
	    {SIGUSR1, ev->dump != NULL},
	};
	struct d4_signals *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return D4_ENOMEM;
	s->ev = ev;
	s->arg = arg;
	for (size_t i = 0; i < SIGNALS_MAX; i++) {
		if (!rows[i].wanted)
			continue;
		if (signals_add(s, base, i, rows[i].sig) != D4_OK) {
			d4_signals_free(s);
			return D4_ENOMEM;
		}
	}
	(void)signal(SIGPIPE, SIG_IGN);
	*out = s;
	return D4_OK;
}

void
d4_signals_free(struct d4_signals *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < SIGNALS_MAX; i++) {
		if (s->event[i] != NULL)
			event_free(s->event[i]);
	}
	free(s);
}
