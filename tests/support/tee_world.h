/*
 * A tee with its hub's rooms around it, and a server that a test commands: it
 * takes TLS connections over socket pairs, remembers what each brought, and
 * answers the end, or closes, when the test says so.
 */
#ifndef TESTS_TEE_WORLD_H
#define TESTS_TEE_WORLD_H

#include <event2/event.h>
#include "hub/session_conn.h"
#include "hub/tee_parts.h"
#include "pki.h"
#include "test.h"

#define TEE_CONNS 16u

/* One connection at the server. */
struct tee_conn {
	struct d4_tls *tls;
	struct d4_buf got;
	bool open, over, ended;
};

/* answers: the server ends a session as soon as the tee has. */
struct tee_world {
	char dir[64];
	struct event_base *base;
	struct pki pki;
	struct d4_tls_ctx *server;
	struct hub hub;
	struct hub_options opt;
	struct tee *tee;
	uint32_t asked[TEE_CONNS];
	size_t n_asked, n_conns;
	struct tee_conn conn[TEE_CONNS];
	bool answers, deaf;
	enum tee_state want;
	struct sensor sensor[2];
};

int tee_world_setup(void **state);
int tee_world_teardown(void **state);

/* tee_turn -- turns the loop until ready() is true; fails after two minutes. */
void tee_turn(struct tee_world *w, bool (*ready)(struct tee_world *w));

/* tee_turn_state -- until the youngest line is in this state. */
void tee_turn_state(struct tee_world *w, enum tee_state state);

/* tee_connect -- the supervisor's answer to the last question: a connection. */
struct tee_conn *tee_connect(struct tee_world *w);

/* tee_send -- a frame of n bytes: the header says so, each byte which it is. */
void tee_send(struct tee_world *w, struct session *s, uint8_t type, size_t n);

/* tee_has -- these are all the frames that came, whole and in order. */
bool tee_has(const struct tee_conn *c, const size_t *sizes, size_t n);

/* tee_noted -- how often an event is in the account; *sum: of a member. */
size_t tee_noted(const struct tee_world *w, const char *event, const char *name,
    size_t *sum);

#endif
