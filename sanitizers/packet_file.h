/* What a capture file says of all its packets. */
#ifndef SAN_PACKET_FILE_H
#define SAN_PACKET_FILE_H

#include <stdbool.h>
#include <stdint.h>

/* What the global header says. */
struct pkt_file {
	bool big, nano; /* numbers big-endian, fractions nanoseconds */
	uint16_t link;  /* link type */
	uint8_t fcs;    /* bytes of checksum behind each packet */
};

#endif
