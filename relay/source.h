/*
 * Where wash's entries come from: our queues and everything else, one row
 * each. Adding a kind = a row in source.c, one in source_conf.c and one file.
 */
#ifndef RELAY_SOURCE_H
#define RELAY_SOURCE_H

#include "libd4/status.h"

#define SOURCES_MAX 17u /* 16 of the configuration, and our queues */

struct shard;
struct source;
struct wash;

/*
 * struct source_kind -- what a kind of source can do; a NULL is nothing.
 * Shape:  open: makes s->state. tick: once a second, whatever stalls. step:
 *         bounded work, when nothing stalls. ack: lanes and journal hold the
 *         shard's batch durably. drop: they never will, and its
 *         journal is closed. stop: give back what others may take.
 */
struct source_kind {
	const char *name;
	enum d4_status (*open)(struct source *s);
	void (*tick)(struct source *s);
	void (*step)(struct source *s);
	void (*ack)(struct shard *s);
	void (*drop)(struct shard *s);
	void (*stop)(struct source *s);
	void (*close)(struct source *s);
};

/* struct source -- one of them. state is its kind's. */
struct source {
	const struct source_kind *kind;
	struct wash *wash;
	void *state;
};

/* sources_open -- makes them all. Errors: D4_ENOMEM. */
D4_USED enum d4_status sources_open(struct wash *w);
void sources_close(struct wash *w);

/* The same for all of them; step does nothing while wash stalls. */
void sources_tick(struct wash *w);
void sources_step(struct wash *w);
void sources_stop(struct wash *w);

#endif
