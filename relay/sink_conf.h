/*
 * Sinks: the ways in which a partner's lanes can leave, as relay.yaml names
 * them. What each can do is in sink.h; who may have which, in the policy.
 */
#ifndef RELAY_SINK_CONF_H
#define RELAY_SINK_CONF_H

/* id, name in relay.yaml and in the policy */
#define SINK_KINDS(X)            \
	X(SINK_D4, "d4")         \
	X(SINK_UNIX, "unix")     \
	X(SINK_TCP, "tcp")       \
	X(SINK_TLS, "tls")       \
	X(SINK_UDP, "udp")       \
	X(SINK_SYSLOG, "syslog") \
	X(SINK_DIRECTORY, "directory")

enum sink_kind {
#define SINK_ENUM(id, name) id,
	SINK_KINDS(SINK_ENUM)
#undef SINK_ENUM
	    SINK_NONE,
};

/* sink_kind_name -- "d4"; static. sink_kind_find: SINK_NONE: no such name. */
const char *sink_kind_name(enum sink_kind k);
enum sink_kind sink_kind_find(const char *name);

#endif
