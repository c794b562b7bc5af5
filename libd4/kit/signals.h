/* Signals as events: stop, reload, a child ended. SIGPIPE is ignored. */
#ifndef KIT_SIGNALS_H
#define KIT_SIGNALS_H

#include <event2/event.h>
#include "libd4/status.h"

/*
 * struct d4_signals_events -- NULL members leave that signal as it is.
 * stop: SIGTERM or SIGINT.  reload: SIGHUP.  child: SIGCHLD (call waitpid
 * until none is left).  dump: SIGUSR1.
 */
struct d4_signals_events {
	void (*stop)(void *arg);
	void (*reload)(void *arg);
	void (*child)(void *arg);
	void (*dump)(void *arg);
};

struct d4_signals;

/* d4_signals_new -- callbacks run in the base's loop. Errors: D4_ENOMEM. */
D4_USED enum d4_status d4_signals_new(struct event_base *base,
    const struct d4_signals_events *ev, void *arg, struct d4_signals **out);
void d4_signals_free(struct d4_signals *s);

#endif
