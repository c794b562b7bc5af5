/*
 * Where wash's entries come from: our queues and everything else, one row
 * each. Adding a kind = a row in source.c, one in source_conf.c and one file.
 */
#ifndef RELAY_SOURCE_H
#define RELAY_SOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include "relay/source_conf.h"

#define SOURCES_MAX (SOURCES_CONF + 1u) /* and our queues */

struct shard;
struct source;
struct wash;

/*
 * struct source_kind -- what a kind of source can do; a NULL is nothing.
 * Shape:  open: makes s->state. tick: once a second, whatever stalls. step:
 *         bounded work, when nothing stalls. ack: lanes and journal hold the
 *         shard's batch durably. drop: they never will, and its
 *         journal is closed. stop: give back what others may take.
 *         connection: the socket that it asked for, taken; -1 not now.
 *         status: members of its own.
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
	void (*connection)(struct source *s, int fd);
	void (*status)(const struct source *s, json_t *o);
};

extern const struct source_kind source_list;      /* source_list.c */
extern const struct source_kind source_directory; /* source_dir.c */
extern const struct source_kind source_stdin;     /* source_stdin.c */

/* struct source -- one of them. state is its kind's; conf: NULL our queues. */
struct source {
	const struct source_kind *kind;
	const struct source_conf *conf;
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

/* sources_connection -- a socket for the source of that id; fd is taken. */
void sources_connection(struct wash *w, struct d4_slice id, int fd);

/* sources_status -- a list of what they say of themselves. */
json_t *sources_status(const struct wash *w);

#endif
