/*
 * Why a record was dropped, a session refused or a byte not sent: one table
 * that serves counters, logs, the breaker, the accounting records and the
 * documents. Adding a reason = one line in reason_list.h.
 */
#ifndef D4_REASON_H
#define D4_REASON_H

#include <stdbool.h>
#include "libd4/reason_list.h"

/*
 * enum d4_reason_class -- what a reason says about the world.
 * FILTER     the operator asked for it; never an alarm.
 * MALFORMED  the input is broken or not understood; a counted drop.
 * INTERNAL   our own doubt or failure; may open the breaker.
 * REFUSAL    the hub does not let a session or frame in.
 * POLICY     the policy does not release a stream.
 * LOSS       something was lost or could not be sent; always accounted.
 */
enum d4_reason_class {
	D4_CLASS_NONE,
	D4_CLASS_FILTER,
	D4_CLASS_MALFORMED,
	D4_CLASS_INTERNAL,
	D4_CLASS_REFUSAL,
	D4_CLASS_POLICY,
	D4_CLASS_LOSS,
};

#define D4_REASON_ENUM(sym, name, cls, text) D4_R_##sym,
enum d4_reason { D4_REASONS(D4_REASON_ENUM) D4_REASON_MAX };
#undef D4_REASON_ENUM

/* d4_reason_name -- "scope.miss"; static. */
const char *d4_reason_name(enum d4_reason r);

/* d4_reason_text -- one line for people; static. */
const char *d4_reason_text(enum d4_reason r);

/* d4_reason_class -- the class; D4_CLASS_NONE only for D4_R_NONE. */
enum d4_reason_class d4_reason_class(enum d4_reason r);

/* d4_reason_find -- the reason of a name; false when there is none. */
bool d4_reason_find(const char *name, enum d4_reason *out);

#endif
