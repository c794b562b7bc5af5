/* A process under the supervisor: start, messages, end, start again. */
#ifndef RELAY_PROCESS_H
#define RELAY_PROCESS_H

#include <event2/event.h>
#include <jansson.h>
#include "relay/child.h"

/*
 * struct process
 * Shape:  run: what the child does. pid 0: not running. starts: in a row,
 *         each soon after the one before; for the back-off. lives: starts in
 *         all. wanted: it is
 *         to run. again: it was asked to end, to be started again at once.
 *         message: of the child, fd -1 without a descriptor (else taken).
 */
struct process {
	const char *name;
	int (*run)(const struct child_setup *setup);
	void (*message)(void *arg, struct d4_slice msg, int fd);
	void *arg;
	struct event_base *base;
	struct relay_conf *conf;
	int nudge;
	pid_t pid;
	int channel;
	struct event *event, *timer;
	unsigned starts, lives;
	uint64_t started_ms;
	bool wanted, ready, again;
	json_t *status; /* the last answer */
};

/* process_start -- forks. A failure is logged and tried again later. */
void process_start(struct process *p);

/* process_ended -- its pid was reaped with that wait status. */
void process_ended(struct process *p, int status);

/* process_tell -- one word, and a descriptor or -1. */
void process_tell(struct process *p, const char *word, int fd);

/*
 * process_ask -- asks for its status and waits for it, 2 s at most; messages
 * that come before it are handled. NULL: it did not answer. Borrowed.
 */
const json_t *process_ask(struct process *p);

/*
 * process_obeys -- tells it a word and waits for the answer, as process_ask.
 * True at once when it has not begun its work.
 */
bool process_obeys(struct process *p, const char *word, const char *answer);

void process_fini(struct process *p);

#endif
