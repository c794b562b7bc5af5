/*
 * Alarms: one line when something begins to fail, again at growing intervals,
 * one line when it is over.
 */
#ifndef RELAY_POST_ALARM_H
#define RELAY_POST_ALARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * enum post_failure -- how a session can fail. The first four concern the
 * partner as a whole, the others one lane.
 */
enum post_failure {
	POST_FAIL_NONE,
	POST_FAIL_RESOLVE,
	POST_FAIL_CONNECT,
	POST_FAIL_TLS,
	POST_FAIL_SETUP,
	POST_FAIL_REFUSED,
	POST_FAIL_NOT_ACCEPTED,
	POST_FAIL_LOST,
	POST_FAIL_STALLED,
	POST_FAIL_UNCONFIRMED,
	POST_FAIL_LOCAL,
	POST_FAILURES,
};

/* post_failure_name -- "refused"; post_failure_hint: what it may be. */
const char *post_failure_name(enum post_failure f);
const char *post_failure_hint(enum post_failure f);

/* post_failure_partner -- does it concern all lanes of the partner? */
bool post_failure_partner(enum post_failure f);

/*
 * struct post_alarm -- zero: all is well.
 * Shape:  count: failures in a row. next_us: not repeated before.
 * Units:  all by the clock that does not go back.
 */
struct post_alarm {
	enum post_failure what;
	unsigned count;
	uint64_t since_us, next_us, interval_us;
	char why[128];
};

/*
 * post_alarm_raise -- one more failure. True: say it now (the first one,
 * another kind than before, or the interval is over).
 */
bool post_alarm_raise(struct post_alarm *a, enum post_failure what,
    const char *why, uint64_t now_us);

/* post_alarm_clear -- true: it was on, say that it is over. */
bool post_alarm_clear(struct post_alarm *a);

/* post_alarm_for -- "3 h 12 min": how long it has lasted. */
void post_alarm_for(
    const struct post_alarm *a, uint64_t now_us, char *out, size_t n);

#endif
