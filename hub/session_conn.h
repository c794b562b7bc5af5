/* One session, between session.c (states), session_data.c (frames to entries)
 * and sessions.c (all of them). */
#ifndef HUB_SESSION_CONN_H
#define HUB_SESSION_CONN_H

#include "hub/crowd.h"
#include "hub/intake.h"
#include "hub/session.h"

enum session_state {
	SESSION_SHAKE, /* TLS handshake */
	SESSION_FIRST, /* no authentic frame yet */
	SESSION_OPEN,  /* authentic */
	SESSION_FLUSH, /* the sensor is done; Redis is not */
	SESSION_LEAVE, /* we have ended first; what comes is still taken */
	SESSION_BYE,   /* our close_notify is on its way */
};

/* What the statistics have of a session (stats.h). */
struct session_stat {
	uint64_t frames, bytes, records;
	bool begun;
};

/*
 * struct session -- Shape: origin is NULL before the first authentic frame.
 * address, from: the peer without port; admitted: the registry's version that
 * let it in, as admitted_type. pause: reasons of its own; the hub's come
 * on top. active_ms: when bytes came last, shelved_ms: when it last put an
 * entry on the shelf. reported: frames (and of them
 * type 2) that the census has, told: the type it has. drafting: in
 * hub->drafts[draft_list], since draft_us. counted: it was authentic and is in
 * its sensor's list (by_sensor; before that it may be in the sensor's waiting
 * list). closing: the sensor's close_notify came. replay_no: its number there,
 * 0: none; replay_first: its first frame was one; crowd_no: of those that
 * crowd.c told of; replayed: frames that were not taken again. finished: no
 * more bytes are taken. stuffed: the log says that its sensor's part of the
 * queue is full. lost: records of it were, so its end is not answered.
 */
struct session {
	TAILQ_ENTRY(session) all;
	TAILQ_ENTRY(session) by_sensor;
	TAILQ_ENTRY(session) drafts;
	struct hub *hub;
	struct d4_tls *tls;
	enum session_state state;
	struct intake intake;
	struct draft draft;
	struct draft_time now;
	struct sensor *sensor;
	struct shelf_origin *origin;
	struct tee_line *tee;
	struct event *timer;
	char peer[D4_PEER_TEXT];
	char address[D4_PEER_TEXT];
	struct d4_addr from;
	uint64_t admitted;
	uint8_t admitted_type;
	char id[D4_UUID_TEXT];
	uint64_t accepted_ms, active_ms, shelved_ms;
	uint64_t draft_us;
	enum hub_drafts draft_list;
	uint64_t held;
	uint64_t records, reported, reported_metas;
	uint64_t replayed;
	uint32_t replay_no;
	struct session_stat stat;
	unsigned pause;
	uint8_t told;
	uint64_t crowd_no;
	bool drafting, counted, closing, finished, lost, replay_first, stuffed;
};

/* session.c */

/* session_refuse -- the end, without close_notify; s is gone afterwards. */
void session_refuse(struct session *s, enum d4_reason why);
/* session_state -- its state, for people; static. */
const char *session_state(const struct session *s);
/* session_resume -- the registry has answered. */
void session_resume(struct session *s);
/* session_stored -- Redis has every entry of it; arg is the session. */
void session_stored(void *arg);
/* session_bye -- close_notify, as soon as all of it is in Redis. */
void session_bye(struct session *s);
/* session_apply_pause -- the hub's reasons or its own have changed. */
void session_apply_pause(struct session *s);
/* session_timer -- looks at its clock in us. */
void session_timer(struct session *s, uint64_t us);
/* session_gone -- frees it at once. */
void session_gone(struct session *s, const char *why);
/* session_enter -- another state. */
void session_enter(struct session *s, enum session_state to);

/* session_clock.c */
/* session_clock -- looks at its time limits; s may be gone after. */
void session_clock(struct session *s);

/* session_leave.c */
/*
 * session_leave -- ends it, as soon as it is quiet: at a frame's and a record's
 * border, all of it in Redis, nothing unread. False: it is not.
 * session_left -- Redis has all of it: is it quiet?
 * session_cut -- ends our side of it, quiet or not.
 */
bool session_leave(struct session *s);
void session_left(struct session *s);
void session_cut(struct session *s);

/* session_data.c */
extern const struct intake_ops session_ops;
/* session_welcome -- lists or keys changed: why it may not go on, if so. */
enum d4_reason session_welcome(struct session *s);
/* session_shelve -- what its draft holds goes to the shelf. */
void session_shelve(struct session *s);
/*
 * session_finish -- no more bytes: unfinished things are counted. Returns the
 * bytes of a frame that was not whole.
 */
size_t session_finish(struct session *s);

/* session_clone.c */
/*
 * session_clone -- it sent something authentic, with begins for the first
 * time: is it a clone? Others of its sensor may be gone then.
 */
enum d4_reason session_clone(struct session *s, bool begins);
/*
 * session_elsewhere -- a session of its sensor begins at another worker, from
 * that address. False: that one is a clone, s stays.
 */
bool session_elsewhere(struct session *s, const struct d4_addr *from);

/* session_place -- where it is, as clone_same sees it; "": it does not matter.
 */
void session_place(const struct session *s, char out[D4_ADDR_TEXT]);
/* clone_alarm -- says it: "HOLDER OTHER", of which the first has n bytes. */
void clone_alarm(
    const char *uuid, int n_holder, const char *both, unsigned long long ms);

/* session_replay.c */
/* session_replayed -- a frame like this was taken and confirmed before. */
bool session_replayed(const struct session *s, const struct d4_header *h);
/* session_replay_begin -- it was authentic: its frames are remembered. */
void session_replay_begin(struct session *s);
/* session_replay_take -- false: this one is not taken again. */
bool session_replay_take(struct session *s, const struct d4_frame *f);

/* sessions.c */
/* sessions_name -- peer, address, from and id of a new one. */
void sessions_name(struct session *s);
void sessions_add(struct session *s);
void sessions_remove(struct session *s);
void sessions_drafting(struct session *s, bool on);
/*
 * sessions_prompt -- all that had come was taken: its entry goes at once when
 * none of it went for `flush` (a part of it, while nothing is in progress), and
 * Redis keeps up.
 */
void sessions_prompt(struct session *s);
/* sessions_waiting -- it waits, or not, for its sensor to be known. */
void sessions_waiting(struct session *s, bool on);
/* sessions_budget -- s holds another number of bytes; s may be gone after. */
void sessions_budget(struct session *s);
/* sessions_loud -- may another line be logged in this second? */
bool sessions_loud(struct hub *h);

/* rate.c */

/* sessions_rate -- it sent n bytes: it rests when its sensor is too fast. */
void sessions_rate(struct session *s, size_t n);
/* sessions_share -- one more entry of it is on the shelf. */
void sessions_share(struct session *s);
/*
 * sessions_rests -- its sensor has sent too much, in whatever session: a new
 * one, that begins with this type, waits with its first bytes.
 */
bool sessions_rests(struct session *s, uint8_t type);
/* rate_told -- Redis has answered: who may go on? True: some rest. */
bool rate_told(struct hub *h, struct sensor *sensor);

#endif
