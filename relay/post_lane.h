/*
 * One lane in post: its spool, its delivery state, its session; for post's
 * rooms.
 */
#ifndef RELAY_POST_LANE_H
#define RELAY_POST_LANE_H

#include "relay/post_alarm.h"
#include "relay/post_frames.h"
#include "relay/post_limit.h"
#include "relay/post_resend.h"
#include "relay/post_run.h"
#include "libd4/kit/resolve.h"
#include "libd4/kit/tls.h"
#include "relay/post_watch.h"
#include "relay/release.h"
#include "relay/sink.h"

#define POST_META_MAX 65536u
struct post_partner;

/*
 * struct post_lane -- one lane: its spool, its books, its session.
 * Shape:  named: the spool was read once, so name, row and books are known.
 *         have: entry (and head, its segment's lane) is the next to go;
 *         before: seq of the one in front of it, skip: records of it that
 *         are done. base: records up to the entry before it; part: records
 *         done of the first entry to be read. watch: how the folder was when
 *         there was no more and the reader was closed. damaged: a gap was met
 * since. unsettled: a session's end is not on disk yet (`outcome`). dirty: the
 * books moved since the cursor was saved. broken: why nothing can ever be sent,
 * or "". budget: frames of the next session. proven: one was confirmed.
 * broke: the last one was cut off; ended: at its first frames, by the partner.
 * Units:
 * slot_us, limit_us: since when it waits for its turn, 0 it does not.
 * wake_us: when the timer has to fire, 0 never.
 */
struct post_lane {
	struct post_partner *partner;
	char id[17];
	char *dir, *cursor_path;
	struct event *timer;
	enum post_state state;
	const struct release_lane *release;
	char under[65]; /* pipeline, after ... of the last release */
	uint64_t after, delay_us, not_before_s, max_age_s;
	struct limit *limit;
	struct d4_spool_reader *reader;
	struct post_watch watch;
	struct d4_spool_lane name;
	struct d4_buf meta;
	const struct d4_type_row *row;
	bool named, have, damaged;
	struct d4_spool_entry entry;
	const struct d4_spool_lane *head;
	uint64_t base, before, skip, part;
	struct post_passed passed;
	uint64_t recheck_us;
	char pipeline[65];
	struct post_resend books;
	bool unsettled, accounted, dirty, proven;
	bool broke, ended;
	enum post_outcome outcome;
	char broken[96];
	struct post_frames *frames;
	struct sink_line line;
	uint64_t budget, retry_us, wake_us, slot_us, limit_us;
	struct post_alarm alarm;
	struct post_run run;
};

/* ---- post_lane.c: a lane and its spool ---- */

#define POST_COARSE_S UINT64_C(3600)

/*
 * post_coarse -- data of class S3 and S4 has coarse times; so has what is told
 * around it: headers of frames and messages, names of files.
 */
bool post_coarse(const struct post_lane *l);

D4_USED enum d4_status post_lane_new(
    struct post_partner *pp, const char *id, struct post_lane **out);
void post_lane_free(struct post_lane *l);

/*
 * post_lane_entry -- makes l->entry the next entry to send. What was passed
 * over is added to l->passed.
 * Errors: D4_AGAIN none, or not yet, or not sure yet.
 */
D4_USED enum d4_status post_lane_entry(struct post_lane *l);

/* post_lane_rewind -- reading begins again where the books say. */
void post_lane_rewind(struct post_lane *l);

/* post_lane_wake -- another POST_POKE at the latest then. */
void post_lane_wake(struct post_lane *l, uint64_t at_us);

/* post_lane_arm -- sets the timer to l->wake_us. */
void post_lane_arm(struct post_lane *l);

/* post_lane_break -- nothing of it can be sent; said once. */
void post_lane_break(struct post_lane *l, const char *why);

/* ---- post_settle.c: books to disk ---- */

/*
 * post_settle -- a session (or a checkpoint) ended so: losses accounted, then
 * the cursor saved, then the books moved.
 * Errors: not D4_OK: nothing moved and l->unsettled is set (not for a
 *         checkpoint); the caller comes again before it goes on.
 */
D4_USED enum d4_status post_settle(struct post_lane *l, enum post_outcome how);

/* ---- post_idle.c ---- */

/* post_idle -- begins a session if there is something to send. */
void post_idle(struct post_lane *l);

/* ---- post_session.c: the state machine; post_end.c: its ends ---- */
void post_session_step(struct post_lane *l, enum post_event ev);

/* post_session_enter -- the only way to another state. */
void post_session_enter(struct post_lane *l, enum post_state to);

/* post_session_active -- is there a connection, or will there be one? */
bool post_session_active(const struct post_lane *l);

const char *post_state_name(enum post_state s);

/* post_clear -- no connection any more; what the frames held is forgotten. */
void post_clear(struct post_lane *l);

/* post_fail -- the session failed: counted, alarmed, and the wait begins. */
void post_fail(struct post_lane *l, enum post_failure what, const char *why);

/* post_lost -- the connection is gone in the middle (l->run.how, why). */
void post_lost(struct post_lane *l);

/* post_abort -- it ends at once, for no fault of the partner. */
void post_abort(struct post_lane *l);
/* post_confirmed -- the partner answered our close_notify. */
void post_confirmed(struct post_lane *l);

/* ---- post_pump.c ---- */

/*
 * post_pump -- writes as many frames as there is room for.
 * Errors: D4_AGAIN more later (room, records, or l->wake_us).  D4_END the
 *         session is to be ended here; all is written and noted. Other: it
 *         has failed.
 */
D4_USED enum d4_status post_pump(struct post_lane *l);

/* post_pump_acked -- asks TCP how far it is. */
void post_pump_acked(struct post_lane *l);

/* post_pump_begin -- a new session: nothing written yet. */
D4_USED enum d4_status post_pump_begin(struct post_lane *l);

/* ---- post_dial.c: connecting ---- */

/* post_dial_may -- may one more lane try to connect now? */
bool post_dial_may(struct post_lane *l);

/* post_dial_host -- whom it connects to: the proxy, or the partner. */
const char *post_dial_host(const struct relay_partner *c);

/* post_dial_resolve -- D4_OK known; D4_AGAIN POST_RESOLVED will come. */
D4_USED enum d4_status post_dial_resolve(struct post_lane *l);

/* post_dial_connect -- POST_OPEN or POST_ENDED will come, or it has failed. */
void post_dial_connect(struct post_lane *l);

/*
 * post_dial_next -- the last address did not answer: another one. False: there
 * is no other.
 */
bool post_dial_next(struct post_lane *l);

#endif
