/*
 * Sinks: the ways in which a partner's lanes can leave, as relay.yaml names
 * them. What each can do is in sink.h; who may have which, in the policy.
 */
#ifndef RELAY_SINK_CONF_H
#define RELAY_SINK_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "libd4/kit/pack.h"

#define SINK_DIRECTORIES 64u /* data sets of a relay */

/* id, name in relay.yaml and in the policy, `transport` of syslog */
#define SINK_KINDS(X)                           \
	X(SINK_D4, "d4", NULL)                  \
	X(SINK_UNIX, "unix", NULL)              \
	X(SINK_TCP, "tcp", NULL)                \
	X(SINK_TLS, "tls", NULL)                \
	X(SINK_UDP, "udp", NULL)                \
	X(SINK_SYSLOG_UDP, "syslog", "udp")     \
	X(SINK_SYSLOG_TCP, "syslog", "tcp")     \
	X(SINK_SYSLOG_TLS, "syslog", "tls")     \
	X(SINK_SYSLOG_LOCAL, "syslog", "local") \
	X(SINK_DIRECTORY, "directory", NULL)

enum sink_kind {
#define SINK_ENUM(id, name, transport) id,
	SINK_KINDS(SINK_ENUM)
#undef SINK_ENUM
	    SINK_NONE,
};

/* What a manifest says of the whole data set; NULL: not written. */
struct sink_dataset {
	const char *title, *description, *licence, *producer, *frequency;
	const char *source;
	char *const *tags;
	size_t n_tags;
};

/*
 * struct sink_settings -- what a partner's sink needs beside the address.
 * Shape:  path: socket or folder. sure: TCP's acknowledgement is taken as the
 *         confirmation. message_max: bytes of a datagram or syslog message.
 *         pri: facility and severity of syslog. keep_us, keep_bytes: files
 *         older, or beyond so much, are removed; 0 never.
 * Owns:   nothing.
 */
struct sink_settings {
	const char *path;
	bool sure;
	uint64_t message_max;
	uint8_t pri;
	const char *hostname, *app;
	enum d4_pack_kind pack;
	uint64_t keep_us, keep_bytes;
	struct sink_dataset dataset;
};

/* sink_kind_name -- "d4"; static. */
const char *sink_kind_name(enum sink_kind k);

/*
 * sink_kind_find -- by name and transport (NULL: the first one of the name);
 * SINK_NONE: there is none.
 */
enum sink_kind sink_kind_find(const char *name, const char *transport);

#endif
