/* What the rooms of post share: post itself and its partners. */
#ifndef RELAY_POST_ROOM_H
#define RELAY_POST_ROOM_H

#include <time.h>
#include "libd4/kit/freeze.h"
#include "relay/post.h"
#include "relay/post_lane.h"
#include "relay/post_volume.h"

#define POST_LANES_MAX   4096u /* of a partner */
#define POST_SECOND      1000000u
#define POST_SLICE       64u /* lanes of a partner in one wake-up */
#define POST_CHECKPOINTS 32u /* cursors saved in one second */

/*
 * struct post_partner
 * Shape:  release_at: what the release file was when it was read. rules:
 *         places that lanes point at, so it is only replaced by a load.
 *         volume_saved: sum of what they used, as on disk.
 *         other_sink: it releases to another sink than conf's. sweep: the lane
 *         that is stepped next, left: how many still are.
 *         dialing: lanes that try to connect. frozen: as seen last.
 */
struct post_partner {
	struct post *post;
	const struct relay_partner *conf;
	const struct sink *sink;
	char *dir, *cursors;
	struct d4_tls_ctx *ctx;
	struct d4_hmac *hmac;
	char broken[160];
	struct limit limit;
	struct post_rules rules;
	uint64_t volume_saved;
	struct release release;
	struct timespec dir_at, release_at;
	uint64_t release_ino;
	bool release_bad, other_sink;
	struct post_lane **lanes;
	size_t n_lanes, cap_lanes, sweep, left;
	unsigned dialing;
	enum d4_freeze frozen;
	size_t next_address;
	uint64_t retry_us;
	struct post_alarm alarm;
	void *kept; /* by its sink */
};

struct post {
	struct event_base *base;
	struct post_setup setup;
	struct post_times times;
	struct d4_resolver *resolver;
	struct event *nudge, *tick, *sweep, *drain;
	struct post_partner *partners;
	uint64_t swept_us, drain_us;
	size_t checkpoint;
	bool draining;
	void (*drained)(void *arg);
	void *drained_arg;
};

/* post_now_us -- the clock that does not go back. */
uint64_t post_now_us(void);

/* ---- post_scan.c: folders and the release file ---- */

/* post_scan -- looks at the partner's folder; all: even if it seems the same.
 */
void post_scan(struct post_partner *pp, bool all);

/*
 * post_release_look -- reads the release file if it is another one, for a lane
 * that is about to write. Steps no lane: all are stepped soon.
 */
void post_release_look(struct post_partner *pp);

/* ---- post_freeze.c ---- */

/* post_freeze_look -- looks again; ends the sessions of a freeze. */
void post_freeze_look(struct post_partner *pp);

/* post_freeze_now -- looks again, for a lane that is about to write. */
bool post_freeze_now(struct post_partner *pp);

/* post_freeze_lane -- ends the session of a frozen partner's lane. */
void post_freeze_lane(struct post_lane *l);

/* ---- post.c ---- */

/* post_sweep_soon -- steps every lane of the partner, some in each turn. */
void post_sweep_soon(struct post_partner *pp);

/* ---- post_rules.c: limits of share rules ---- */

/* post_rules_load -- what was used today. Errors: D4_ENOENT is none. */
D4_USED enum d4_status post_rules_load(struct post_partner *pp);

/* post_rules_apply -- the limits of a new release; use goes on. */
D4_USED enum d4_status post_rules_apply(
    struct post_partner *pp, const struct release *rel);

/* post_rules_save -- if anything was used since. */
void post_rules_save(struct post_partner *pp);

/* ---- post_stock.c ---- */

/* post_partner_gap -- the least time between sessions of a slot, us. */
uint64_t post_partner_gap(const struct post_partner *pp);

/*
 * post_partner_accepts -- may the lane's type be sent? A stock server confirms
 * an extended type that is off, and throws it away: so it has to be known.
 */
bool post_partner_accepts(const struct post_lane *l);

/* ---- post_turn.c: slots and limits, in turns ---- */

/*
 * post_slot_take -- lanes of one wire UUID and type send in turns (ADR 0005).
 * False: another one is sending, and is asked to end; or it waits longer; or
 * the partner's session_gap is not over.
 * post_slot_free -- the session is over: who waits longest is woken.
 */
bool post_slot_take(struct post_lane *l);
void post_slot_free(struct post_lane *l);

/*
 * post_limit_wait -- us until the rule's and partner's limits allow more, and
 * nobody who shares a rate has waited longer; 0: now.
 */
uint64_t post_limit_wait(struct post_lane *l);

/* post_turn_none -- it does not wait for a turn any more. */
void post_turn_none(struct post_lane *l);

/* ---- post_partner.c ---- */

/*
 * post_partner_init -- key and TLS context; what cannot be used breaks the
 * partner (pp->broken), not post. Errors: D4_ENOMEM.
 */
D4_USED enum d4_status post_partner_init(
    struct post_partner *pp, struct post *p, const struct relay_partner *conf);
void post_partner_fini(struct post_partner *pp);

/* ---- post_settle.c ---- */

/* post_settle_ready -- what post_settle will save; its losses accounted. */
D4_USED enum d4_status post_settle_ready(
    struct post_lane *l, enum post_outcome how, struct post_settled *out);

/* post_lane_type -- what it carries, for people: "pcap", "ja3-jl". */
const char *post_lane_type(const struct post_lane *l);

/* post_partner_at -- its host, socket or folder; for people. */
const char *post_partner_at(const struct post_partner *pp);

/* post_alarm_say -- a lane's or its partner's alarm, with all that is known. */
void post_alarm_say(struct post_lane *l, const struct post_alarm *a);

/* post_alarm_over -- clears it; one line if it was on. */
void post_alarm_over(struct post_lane *l, struct post_alarm *a);

#endif
