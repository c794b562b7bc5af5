/*
 * A D4 server gives no reason for a refusal: the likely one is inferred from
 * what else is known. Pure.
 */
#ifndef RELAY_POST_LIKELY_H
#define RELAY_POST_LIKELY_H

#include <stdbool.h>
#include <stdint.h>

/* id, word in log and status, what it may be and what helps */
#define POST_LIKELY(X)                                                         \
	X(LIKELY_NONE, "", "")                                                 \
	X(LIKELY_STALE, "stale-session",                                       \
	    "our last session of this UUID and type was cut off, and a stock " \
	    "server keeps its place until TCP gives up, about 2 h, one that "  \
	    "was killed for ever; it is tried again; its operator frees it "   \
	    "with SREM active_connection:TYPE UUID in the Redis of its "       \
	    "streams")                                                         \
	X(LIKELY_BLOCKED, "blocked",                                           \
	    "it took this lane before: UUID or address were blocked there, "   \
	    "the registration or its key was changed, the type was switched "  \
	    "off, or a stale session locks us out; ask its operator")          \
	X(LIKELY_TYPE, "type-not-accepted",                                    \
	    "this type (or extended type) is not accepted there; ask its "     \
	    "operator to enable it")                                           \
	X(LIKELY_UNREGISTERED, "unregistered",                                 \
	    "other lanes are served with the same key: this UUID is not "      \
	    "registered there, or blocked, or a stale session of it locks us " \
	    "out; see d4-relay partner uuids")                                 \
	X(LIKELY_KEY, "wrong-key",                                             \
	    "no lane of ours is served there: our HMAC key is not the one "    \
	    "that is registered, no UUID is registered (see d4-relay partner " \
	    "uuids), our address is blocked, or stale sessions lock us out")   \
	X(LIKELY_LIMIT, "limit",                                               \
	    "it ended a long session: its workers are behind and the session " \
	    "reached its limit of entries; sessions become shorter")

#define LIKELY_LONG 100u /* frames: it was not refused at the beginning */

enum post_likely {
#define LIKELY_ENUM(id, word, text) id,
	POST_LIKELY(LIKELY_ENUM)
#undef LIKELY_ENUM
	    LIKELY_END,
};

/*
 * struct post_signs -- what is known of a lane that was refused, or broken
 * off.
 * Shape:  refused: closed without a word; closed: by a close_notify of its
 *         own. frames: of this session. lockable: its type has one session at
 *         a time (1, 3 to 8). broke: the slot's last session was cut off.
 *         before: this lane was confirmed, ever. same_uuid: so was another
 *         type under this UUID. others: so was any other lane there.
 */
struct post_signs {
	bool refused, closed;
	uint64_t frames;
	bool lockable, broke, before, same_uuid, others;
};

/* post_likely -- LIKELY_NONE: nothing more can be said. */
enum post_likely post_likely(const struct post_signs *s);

const char *post_likely_name(enum post_likely l);
const char *post_likely_hint(enum post_likely l);

#endif
