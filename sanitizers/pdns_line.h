/* One line of passive DNS: cut into its nine fields, and read. */
#ifndef SAN_PDNS_LINE_H
#define SAN_PDNS_LINE_H

#include "sanitizers/pdns.h"
#include "sanitizers/stamp.h"

/*
 * struct san_pdns_line -- the fields of a line.
 * Shape:  f[9] without separators; end: "\n" or "\r\n" as it came; t: the
 *         time; count: how often it was seen; type: the row of the record
 *         type (san_pdns_rrtype_at), -1 not known; whoever asks sets it.
 * Owns:   nothing.
 */
struct san_pdns_line {
	struct d4_slice f[SAN_PDNS_FIELDS];
	struct d4_slice end;
	struct san_epoch t;
	uint64_t count;
	int type;
};

/*
 * san_pdns_split -- nine fields between `||`. A `|` at the border of a field
 * is refused: readers would not agree on where the field begins.
 * Errors: PDNS_FIELDS; LINE_UTF8; PDNS_VALUE control characters.
 */
enum d4_reason san_pdns_split(
    struct d4_slice record, struct san_pdns_line *out);

/* san_pdns_class -- the text is a class of the DNS. */
bool san_pdns_class(struct d4_slice f);

/*
 * san_pdns_read -- time, ttl and count of a line that was split.
 * Errors: PDNS_VALUE.
 * Source: gamelinux/passivedns, doc/; seconds "." microseconds.
 */
enum d4_reason san_pdns_read(struct san_pdns_line *line);

#endif
