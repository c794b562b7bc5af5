/*
 * The format of records on a wire without D4: unchanged, or as syslog messages.
 * Pure. A record is one line with its newline, or one packet with its header.
 */
#ifndef RELAY_SINK_SHAPE_H
#define RELAY_SINK_SHAPE_H

#include "libd4/slice.h"
#include "libd4/uuid.h"
#include "relay/sink_conf.h"

/*
 * struct sink_line -- what all messages of a lane have in common.
 * Shape:  max: bytes of a message at most. tail: what is between the time and
 *         the text. t_us, time: the last time, as text.
 */
struct sink_line {
	size_t max;
	char pri[8];
	char tail[512];
	char app[64];
	uint64_t t_us;
	char time[32];
};

/* One record, and when its entry was received. */
struct sink_record {
	struct d4_slice bytes;
	uint64_t t_us;
};

/*
 * struct sink_shape
 * Shape:  alone: one record a frame (a datagram). put: appends a record as it
 *         is to look; NULL: as it is, many at once.
 *         Errors: D4_ETOOBIG over s->max, D4_ENOMEM; nothing was appended.
 */
struct sink_shape {
	bool alone;
	enum d4_status (*put)(struct sink_line *s, const struct sink_record *r,
	    struct d4_buf *out);
};

extern const struct sink_shape sink_shape_stream;   /* as they are */
extern const struct sink_shape sink_shape_datagram; /* one as it is */
extern const struct sink_shape sink_shape_syslog;   /* RFC 5424 */
extern const struct sink_shape sink_shape_counted;  /* and RFC 6587's count */
extern const struct sink_shape sink_shape_local;    /* <PRI>app: text */

/* sink_line_init -- uuid and type (PROCID, MSGID) tell the lane. */
void sink_line_init(struct sink_line *s, const struct sink_settings *set,
    const struct d4_uuid *uuid, const char *type);

#endif
