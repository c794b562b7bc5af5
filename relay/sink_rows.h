/* The rows of the table of sinks, each in its own file. */
#ifndef RELAY_SINK_ROWS_H
#define RELAY_SINK_ROWS_H

#include "relay/sink.h"

extern const struct sink sink_d4; /* sink_tls.c */

#endif
