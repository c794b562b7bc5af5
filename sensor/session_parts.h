/* One session between session.c (states), session_io.c and session_dial.c. */
#ifndef SENSOR_SESSION_PARTS_H
#define SENSOR_SESSION_PARTS_H

#include "libd4/kit/resolve.h"
#include "sensor/session.h"

enum session_state {
	SESSION_IDLE,   /* not connected, nothing to send */
	SESSION_WAIT,   /* a while until the next attempt */
	SESSION_DIAL,   /* TCP and TLS */
	SESSION_STREAM, /* frames go out */
	SESSION_DRAIN,  /* no more of them: TCP shall have delivered all */
	SESSION_CLOSE,  /* our close_notify is out, theirs is awaited */
	SESSION_DONE,
};

enum session_what {
	SESSION_WAKE,  /* frames wait, or the input has ended */
	SESSION_FOUND, /* the name has addresses, or none */
	SESSION_TICK,  /* the state's timer */
	SESSION_OPEN,  /* the handshake is done */
	SESSION_ROOM,  /* the connection's queue is empty */
	SESSION_CLOSED /* by the server, before our close_notify */
};

/*
 * struct session.
 * Shape:  control: the opening and meta header frames of this session, sent
 *         up to control_sent. first_end: where the first frame ends on the
 *         wire. heard_ms: since when TCP has acknowledged the first frame;
 *         read_ms: so much more that the server must have read on.
 *         resolver, query: while the name is looked up; found: its addresses,
 *         at: the next to try. turning: all shall be confirmed, and then the
 *         next session begins with another opening. proven: the server has not
 * refused for a while. trusted: the session before this one was confirmed.
 * refused: its close_notify came first. failures: in a row, for the back-off.
 * Units:  all _ms: d4_mono_ms().
 */
struct session {
	struct session_conf conf;
	const struct session_events *ev;
	void *arg;
	enum session_state state;
	struct event *timer, *patience;
	struct d4_tls *tls;
	struct d4_resolver *resolver;
	struct d4_query *query;
	struct d4_addresses found;
	size_t at;
	struct d4_buf control;
	size_t control_sent;
	uint64_t first_end, bytes, acked;
	uint64_t open_ms, heard_ms, read_ms, sent_ms, progress_ms;
	unsigned failures;
	bool proven, trusted, refused, finishing, turning;
	char why[160]; /* of the last failure */
};

/* session.c: the one place where the state changes. */
void session_enter(struct session *s, enum session_state to);
void session_step(struct session *s, enum session_what what);
/* Not connected, for s->why: later again, or given up. */
void session_failed(struct session *s);
void session_connect(struct session *s);
/* Between two sessions: on with the next one, or at the end. */
void session_next(struct session *s);

/* session_end.c: the connection is gone; how decides what is sent again. */
void session_ended(struct session *s, enum d4_tls_end how, const char *why);

/*
 * session_dial.c: the name is looked up, then address after address is tried.
 * session_dial -- false: nothing could be begun. session_dial_found -- the
 * lookup is over. session_dial_again -- another address is left.
 */
bool session_dial(struct session *s);
bool session_dial_found(struct session *s);
bool session_dial_again(const struct session *s);
void session_dial_stop(struct session *s);
uint64_t session_backoff_ms(const struct session *s);

/* session_io.c. */
D4_USED enum d4_status session_control(struct session *s);
void session_pump(struct session *s);
void session_acked(struct session *s);
void session_settle(struct session *s, bool confirmed, uint64_t acked);
bool session_quiet(struct session *s);

#endif
