/* The door: one TLS connection of a sensor, from accept to close. */
#ifndef HUB_SESSION_H
#define HUB_SESSION_H

#include "hub/hub.h"

/* session_accept -- takes a connected, non-blocking descriptor. */
void session_accept(struct hub *h, int fd);

/* ---- all of them ---- */

/* sessions_pause -- sets or clears a reason for which nobody is read. */
void sessions_pause(struct hub *h, enum hub_pause why, bool on);

/* sessions_queue -- a queue became full, or is free again. */
void sessions_queue(struct hub *h, const struct queue *q);

/* sessions_known -- the registry has answered about a sensor. */
void sessions_known(struct hub *h, struct sensor *sensor);

/*
 * sessions_recheck -- lists changed, or what is known of a sensor: who may not
 * send any more?
 */
void sessions_recheck(struct hub *h);
void sessions_recheck_of(struct sensor *sensor);

/* sessions_clock -- the time limits are others now. */
void sessions_clock(struct hub *h);

/* sessions_flush -- every entry in progress goes to the shelf, now. */
void sessions_flush(struct hub *h);

/*
 * sessions_bye -- ends who is still sending, without close_notify: bytes may
 * be on their way, and a sensor that finishes just now must not take ours for
 * an answer (Decision 8). Who had finished has been answered, or is.
 */
void sessions_bye(struct hub *h);

/*
 * sessions_leave -- another version has taken over: who is quiet, with all
 * that it sent in Redis, gets our close_notify; up to n of them. What a sensor
 * has in progress just then is still taken.
 * sessions_cut -- everybody else: an end of our side of TCP, without
 * close_notify, which confirms nothing; what comes is still taken.
 */
void sessions_leave(struct hub *h, size_t n);
void sessions_cut(struct hub *h);

/* sessions_free -- closes what is left, without a word. */
void sessions_free(struct hub *h);

/* Errors: D4_ENOMEM. */
D4_USED enum d4_status sessions_init(struct hub *h);

#endif
