/* The end of a run whose only source is standard input. */
#ifndef RELAY_ENDING_H
#define RELAY_ENDING_H

#include "relay/process.h"

#define ENDING_LATER 75 /* exit status: what waits is sent by the next run */

/*
 * struct ending
 * Shape:  stop: begins the ordinary stop. code: the exit status, 0 when all
 *         that was released was sent.
 */
struct ending {
	struct process *wash, *post;
	struct event *timer;
	void (*stop)(void *arg);
	void *arg;
	uint64_t end_ms;
	int code;
};

/*
 * ending_word -- wash said "end" or "end lost"; other messages, and relays with
 * other sources, are ignored.
 */
void ending_word(struct ending *e, struct d4_slice word);
void ending_fini(struct ending *e);

#endif
