/* What a capture file says of all its packets. */
#ifndef SAN_PACKET_FILE_H
#define SAN_PACKET_FILE_H

#include <stdbool.h>
#include "libd4/wire.h"

/* What the global header says. */
struct pkt_file {
	bool big, nano; /* numbers big-endian, fractions nanoseconds */
	uint16_t link;  /* link type */
	uint8_t fcs;    /* bytes of checksum behind each packet */
};

/* pkt_file_get, pkt_file_put -- a number in the file's byte order. */
static inline uint32_t
pkt_file_get(const struct pkt_file *f, const uint8_t *b)
{
	return f->big ? d4_get_be32(b) : d4_get_le32(b);
}

static inline void
pkt_file_put(const struct pkt_file *f, uint8_t *b, uint32_t v)
{
	if (f->big)
		d4_put_be32(b, v);
	else
		d4_put_le32(b, v);
}

#endif
