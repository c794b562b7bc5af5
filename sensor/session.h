/*
 * The connection to the server: sends what waits in the ring, and finds out
 * what of it arrived. D4 has no acknowledgement; a session that the server
 * ends with its close_notify after ours is confirmed (wire.md, R14).
 */
#ifndef SENSOR_SESSION_H
#define SENSOR_SESSION_H

#include "libd4/kit/tls.h"
#include "sensor/framer.h"

#define SESSION_ROTATE_MS    3600000u       /* age at which it is confirmed */
#define SESSION_IDLE_MS      300000u        /* without data, likewise */
#define SESSION_ROTATE_BYTES (256ull << 20) /* bytes, likewise */

/*
 * struct session_proxy -- SOCKS5 in front of the server, which looks the
 * server's name up; host NULL: none. user, password: both or neither.
 */
struct session_proxy {
	const char *host, *port, *user, *password;
};

/*
 * struct session_conf -- all borrowed. name: checked against the certificate.
 * meta: the meta header or empty. resend_all: see struct d4_type_row; when
 * not set, what TCP acknowledged is never sent again. rotate_*, idle_ms: when
 * a session is ended to have it confirmed. wait_ms: once the input
 * has ended, how long to go on without any progress; 0 for ever. dial_ms: for
 * a connection to be opened; retry_ms: the longest wait between two attempts;
 * retries: failures in a row after which all is given up, 0 never.
 * keepalive_s: see d4_tls_keepalive.
 */
struct session_conf {
	struct event_base *base;
	struct d4_tls_ctx *tls;
	const char *host, *port, *name;
	struct d4_slice meta;
	struct framer *framer;
	struct ring *ring;
	struct counts *counts;
	uint64_t rotate_ms, rotate_bytes, idle_ms, wait_ms;
	uint64_t dial_ms, retry_ms;
	unsigned retries, keepalive_s;
	struct session_proxy proxy;
	uint8_t type;
	bool resend_all;
};

/*
 * struct session_events -- opening: what each session begins with. room: the
 * ring has room again. turned: answers session_turn. done: after
 * session_finish all of it is confirmed, or all is given up; why is NULL or
 * says what stood in the way.
 */
struct session_events {
	struct d4_slice (*opening)(void *arg);
	void (*room)(void *arg);
	void (*turned)(void *arg);
	void (*done)(void *arg, const char *why);
};

struct session;

/* session_new -- connects when there is something to send. D4_ENOMEM. */
D4_USED enum d4_status session_new(const struct session_conf *conf,
    const struct session_events *ev, void *arg, struct session **out);
void session_free(struct session *s);

/* session_wake -- frames wait in the ring. */
void session_wake(struct session *s);

/*
 * session_turn -- have everything confirmed and end the session; `turned`
 * comes then, never from inside.
 */
void session_turn(struct session *s);

/* session_break -- the connection is given up, if there is one; a new one is
 * made later. Nothing of the ring is in progress then. */
void session_break(struct session *s, const char *why);

/* session_finish -- no more frames will come: confirm all, then `done`. */
void session_finish(struct session *s);

#endif
