/* One TLS connection, between tls_open.c (makes, frees) and tls.c (runs). */
#ifndef KIT_TLS_CONN_H
#define KIT_TLS_CONN_H

#include "libd4/kit/tls_ctx.h"

enum tls_state {
	TLS_DIAL,  /* TCP is being opened */
	TLS_PROXY, /* SOCKS5, where it leads to a proxy */
	TLS_SHAKE, /* handshake */
	TLS_UP,    /* application data */
	TLS_BYE,   /* our close_notify is queued or sent */
	TLS_ENDED, /* end() was called */
};

/*
 * struct d4_tls -- one connection.
 * Shape:  kick: a timer of zero length that makes another wake-up, for bytes
 *         that no descriptor event announces (inside SSL, in the window).
 *         busy: a step is running, so free only marks dead. closing: our
 *         close_notify is wanted. undrained: owes a drained(). crossed: the
 *         peer's close_notify cannot be the answer to ours. leaving: we have
 *         ended and still read what comes. socks: until the proxy has
 *         connected.
 */
struct d4_tls {
	enum tls_state state;
	SSL *ssl;
	struct tls_wire wire;
	struct d4_tls_ctx *ctx;
	struct d4_tls_owner to;
	struct event *rd, *wr, *kick;
	struct d4_socks5 *socks;
	struct sockaddr_storage peer;
	bool busy, dead;
	bool paused, closing, peer_closed, undrained, crossed, leaving;
};

/* tls_on_event -- what all three events call. */
void tls_on_event(evutil_socket_t fd, short what, void *arg);

/* tls_arm -- which events the next turn shall bring. */
void tls_arm(struct d4_tls *t);

/* tls_kick -- asks for another step in the next turn. */
void tls_kick(struct d4_tls *t);

/*
 * tls_proxy_new -- for a client that shall go through a proxy.
 * tls_proxy_step -- reads and writes what can be. D4_OK the target is
 * reached, D4_AGAIN wait, else it failed for *why.
 */
D4_USED enum d4_status tls_proxy_new(
    struct d4_tls *t, const struct d4_socks5_to *to);
void tls_proxy_free(struct d4_tls *t);
D4_USED enum d4_status tls_proxy_step(struct d4_tls *t, const char **why);

/* tls_destroy -- frees; never inside a step. */
void tls_destroy(struct d4_tls *t);

#endif
