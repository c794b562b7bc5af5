/*
 * d4-hub watch: checks a running hub and reports what is wrong: log, syslog, a
 * local command (ADR 0030).
 */
#ifndef HUB_WATCH_H
#define HUB_WATCH_H

#include "hub/events.h"
#include "hub/options.h"

/*
 * struct watch_conf -- `events` of hub.yaml (watch_conf.c says what each is).
 * Shape:  silent_us, skew_us, filling_us, cert_us: 0: not checked. rate:
 *         commands a minute. metrics: NULL: none is written. Owns: everything;
 * watch_conf_fini.
 */
struct watch_conf {
	uint64_t every_us, silent_us, skew_us, filling_us, cert_us, timeout_us;
	uint64_t rate;
	bool syslog;
	struct d4_conf_list command;
	char *metrics;
};

/*
 * watch_conf_read -- tree NULL: the defaults. Errors: D4_EINVAL with *diag;
 * D4_ENOMEM. watch_conf_check: the same, for the check alone.
 */
D4_USED enum d4_status watch_conf_read(
    const struct d4_yaml *tree, struct d4_diag *diag, struct watch_conf *out);
D4_USED enum d4_status watch_conf_check(
    const struct d4_yaml *tree, struct d4_diag *diag);
void watch_conf_fini(struct watch_conf *c);
void watch_conf_help(FILE *to);

/* ---- watch_look.c: what there is to events; pure ---- */

/*
 * watch_status -- the hub's status; NULL: it does not answer. watch_sensors
 * -- the answer to `events look`; NULL: none. watch_cert -- when a certificate
 * runs out, in seconds from now.
 */
void watch_status(
    struct events *s, const struct watch_conf *c, const json_t *status);
void watch_sensors(struct events *s, const json_t *look);
void watch_cert(struct events *s, const struct watch_conf *c, const char *name,
    int64_t left_s);

/* ---- watch_act.c: what is said ---- */

struct watch_act;

D4_USED enum d4_status act_new(
    const struct watch_conf *conf, struct watch_act **out);

/* act_free -- a command that runs is killed. */
void act_free(struct watch_act *a);

/* act_event -- an event as JSON (borrowed), "raised" or "cleared". */
void act_event(struct watch_act *a, const json_t *event);

/*
 * act_step -- begins, ends and kills commands; how many wait or run.
 * Commands run one after the other, without a shell, as an unprivileged
 * account, with the event on their standard input; at most 256 wait, and so
 * many begin in a minute as the configuration says: others are counted in the
 * log.
 */
size_t act_step(struct watch_act *a, uint64_t now_ms);

#endif
