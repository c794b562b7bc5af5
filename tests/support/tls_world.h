/* A TLS connection with a tap on its wire, for tests of kit/tls. */
#ifndef TESTS_TLS_WORLD_H
#define TESTS_TLS_WORLD_H

#include <sys/socket.h>
#include "libd4/kit/tls.h"
#include "pki.h"
#include "test.h"

/* One side of a connection and what it was told. */
struct side {
	struct d4_tls *tls;
	bool open, ended, peer_closed, pause_after_read, free_in_read;
	unsigned drained, reads;
	size_t got;
	struct d4_buf bytes;
	enum d4_tls_end how;
	char why[128];
};

/*
 * A tap on the wire: client socket, then pair[0] | pair[1] to the server.
 * rec[]: lengths of the TLS application records from client to server.
 */
struct tap {
	int up, down;
	struct event *up_ev, *down_ev;
	struct d4_buf raw;
	size_t rec[64], n_rec;
	bool app_only;
};

struct world {
	struct event_base *base;
	struct pki pki, other;
	struct d4_tls_ctx *server;
	struct side c, s;
	struct tap tap;
	struct sockaddr_storage at;
	int listener;
	bool late;
};

/* without and with peer_closed */
extern const struct d4_tls_events tls_plain_events;
extern const struct d4_tls_events tls_slow_events;

void tls_turn_until(struct world *w, const bool *what);

void tls_turn_idle(struct world *w);

int tls_setup(void **state);

int tls_teardown(void **state);

void tls_dial(struct world *w, const struct d4_tls_settings *set,
    const char *name, const struct d4_tls_events *server_events);

void tls_open_pinned(
    struct world *w, const struct d4_tls_events *server_events);

void tls_write_side(struct side *s, const void *p, size_t n);

#define T(f) cmocka_unit_test_setup_teardown(f, tls_setup, tls_teardown)

#endif
