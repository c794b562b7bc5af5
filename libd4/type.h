/* The table of payload types: what each is called and how it is cut. */
#ifndef D4_TYPE_H
#define D4_TYPE_H

#include <stdbool.h>
#include <stdint.h>
#include "libd4/cutter.h"

enum d4_type {
	D4_TYPE_PCAP = 1,
	D4_TYPE_META = 2,
	D4_TYPE_LOG = 3,
	D4_TYPE_DNSCAP = 4,
	D4_TYPE_PCAPNG = 5,
	D4_TYPE_NDJSON = 6,
	D4_TYPE_YAF = 7,
	D4_TYPE_PDNS = 8,
	D4_TYPE_EXTENDED = 254,
};

/*
 * What a stream begins with that every file of it needs.
 * NONE: nothing.  ONCE: a header that is the same for the whole session, sent
 * once (pcap); empty where the type is also a text (dnscap).  EACH: it may
 * change within a stream, and every file brings its own.
 */
enum d4_opening { D4_OPENING_NONE, D4_OPENING_ONCE, D4_OPENING_EACH };

/* What a record is made of; who sanitizes, and what a file is called. */
enum d4_content {
	D4_CONTENT_BINARY,
	D4_CONTENT_TEXT,
	D4_CONTENT_JSON,   /* one JSON value a line */
	D4_CONTENT_BASE64, /* a file a line, so nobody sees what is in it */
};

/*
 * struct d4_type_row -- one payload type, or one handler of type 254.
 * Shape:  ext is NULL for plain types; for 254 the handler's name ("lines",
 *         or the extended type that it was made for).
 *         resend_all: after an unclean end everything unconfirmed is sent
 *         again; otherwise only what TCP had not acknowledged.
 *         frame_max: payload bytes of a frame towards any server, chosen so
 *         that a frame is one TLS record and a batch one queue entry there.
 *         paths: a d4-core's analyzer lists have paths of files, not lines.
 *         file: how the name of an archive's file ends, as d4-core names
 *         them; file_opened: the same where it begins with an opening and the
 *         type has files without one, too; else NULL.
 */
struct d4_type_row {
	uint8_t type;
	const char *ext;
	const char *name;
	const struct d4_cutter_kind *cutter;
	enum d4_opening opening;
	enum d4_content content;
	bool resend_all, paths;
	uint32_t frame_max;
	const char *file, *file_opened;
};

/*
 * d4_type_find -- the row of a plain type, or NULL: 2 and 254, and every
 * unknown one. So NULL is "not accepted".
 */
const struct d4_type_row *d4_type_find(uint8_t type);

/* d4_type_handler -- the row of a handler of type 254, or NULL. */
const struct d4_type_row *d4_type_handler(const char *handler);

/*
 * d4_type_of -- the row of a type and, with 254, of an extended type: the
 * handler that was made for it, else "lines". NULL as d4_type_find.
 */
const struct d4_type_row *d4_type_of(uint8_t type, const char *ext);

/* d4_type_handlers -- the i-th handler of type 254, or NULL behind the last. */
const struct d4_type_row *d4_type_handlers(size_t i);

/* d4_type_name -- for people: "pcap", "meta", "yaf" ..., "unknown"; static. */
const char *d4_type_name(uint8_t type);

#endif
