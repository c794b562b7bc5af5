/*
 * The first worker asks the others, when the control socket wants to know what
 * only a worker knows. The supervisor makes a socket pair for each; the others
 * serve theirs as the control socket.
 */
#ifndef HUB_PEERS_H
#define HUB_PEERS_H

#include <event2/event.h>
#include <jansson.h>
#include "libd4/status.h"

struct peers;

D4_USED enum d4_status peers_new(struct event_base *base, struct peers **out);

/* peers_free -- who waits gets what there is. */
void peers_free(struct peers *p);

/* peers_add -- another worker's socket, taken; the one before it goes. */
void peers_add(struct peers *p, unsigned place, int fd);

bool peers_any(const struct peers *p);

/*
 * peers_ask -- one question to all; done(arg, answers) is called once, with a
 * list of what came within two seconds; it may be called at once.
 * Owns: the answers stay with the peers.
 */
void peers_ask(struct peers *p, const json_t *request,
    void (*done)(void *arg, const json_t *answers), void *arg);

#endif
