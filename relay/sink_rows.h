/* The rows of the table of sinks, each in its own file. */
#ifndef RELAY_SINK_ROWS_H
#define RELAY_SINK_ROWS_H

#include "relay/sink.h"

/* sink_tls.c */
extern const struct sink sink_d4, sink_tls, sink_syslog_tls;

/* sink_stream.c */
extern const struct sink sink_tcp, sink_unix, sink_syslog_tcp;

/* sink_files.c */
extern const struct sink sink_directory;

/* sink_datagram.c */
extern const struct sink sink_udp, sink_syslog_udp, sink_syslog_local;

#endif
