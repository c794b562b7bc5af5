/*
 * Alarms: one line when something begins to fail, again at growing intervals,
 * one line when it is over.
 */
#ifndef RELAY_POST_ALARM_H
#define RELAY_POST_ALARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "relay/post_likely.h"

/*
 * enum post_failure -- how a session can fail. Up to SETUP they concern the
 * partner as a whole, the others one lane.
 */
enum post_failure {
	POST_FAIL_NONE,
	POST_FAIL_RESOLVE,
	POST_FAIL_CONNECT,
	POST_FAIL_PROXY,
	POST_FAIL_TLS,
	POST_FAIL_SETUP,
	POST_FAIL_REFUSED,
	POST_FAIL_NOT_ACCEPTED,
	POST_FAIL_LOST,
	POST_FAIL_STALLED,
	POST_FAIL_UNCONFIRMED,
	POST_FAIL_CERTIFICATE,
	POST_FAIL_FLOOD,
	POST_FAIL_LOCAL,
	POST_FAIL_HELD,
	POST_FAILURES,
};

const char *post_failure_name(enum post_failure f);

/* post_failure_partner -- does it concern all lanes of the partner? */
bool post_failure_partner(enum post_failure f);

/*
 * struct post_alarm -- zero: all is well.
 * Shape:  likely: what it may be, as far as that is known. count: failures in
 *         a row. next_us: not repeated before.
 * Units:  all by the clock that does not go back.
 */
struct post_alarm {
	enum post_failure what;
	enum post_likely likely;
	unsigned count;
	uint64_t since_us, next_us, interval_us;
	char why[128];
};

/* post_alarm_hint -- what it may be, and what helps. */
const char *post_alarm_hint(const struct post_alarm *a);

/* A failure that is to be told. */
struct post_failed {
	enum post_failure what;
	enum post_likely likely;
	const char *why;
};

/*
 * post_alarm_raise -- one more failure. True: say it now (the first one,
 * another kind than before, or the interval is over).
 */
bool post_alarm_raise(
    struct post_alarm *a, const struct post_failed *f, uint64_t now_us);

/* post_alarm_clear -- true: it was on, say that it is over. */
bool post_alarm_clear(struct post_alarm *a);

/* post_alarm_for -- "3 h 12 min": how long it has lasted. */
void post_alarm_for(
    const struct post_alarm *a, uint64_t now_us, char *out, size_t n);

#endif
