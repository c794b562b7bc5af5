/* The audit's maps: what the bytes of a record are called. */
#ifndef TOOLS_AUDIT_PLACE_H
#define TOOLS_AUDIT_PLACE_H

#include "libd4/slice.h"

#define AUDIT_PCAP  16u /* bytes in front of a pcap's packet */
#define AUDIT_PLACE 48u /* bytes of a place's name, NUL included */

#define AUDIT_PARTS 64u

/*
 * struct audit_parts -- what the bytes of a packet are.
 * Shape:  part[i] begins at from[i] and ends where the next one begins.
 *         quoted: the parts are of a packet inside an ICMP error.
 */
struct audit_parts {
	unsigned n;
	uint32_t from[AUDIT_PARTS];
	const char *name[AUDIT_PARTS];
	bool quoted[AUDIT_PARTS];
};

/* audit_packet -- the parts of a packet (without its pcap header). */
void audit_packet(
    struct d4_slice packet, uint16_t link, struct audit_parts *out);

/* audit_parts_name -- what the byte at `at` is: "ip4.src". */
void audit_parts_name(
    const struct audit_parts *p, size_t at, char out[AUDIT_PLACE]);

/* audit_parts_field -- an address field begins at `at`. */
bool audit_parts_field(const struct audit_parts *p, size_t at);

/* audit_line_name -- where in a line a byte stands: a field, a JSON key. */
void audit_line_name(
    struct d4_slice line, uint8_t type, size_t at, char out[AUDIT_PLACE]);

/*
 * audit_message -- which element of an IPFIX message's flow the byte at `at`
 * is of, "8" or "6871/18", or what else it is. opening: its templates. true:
 * an address begins there.
 */
bool audit_message(struct d4_slice opening, struct d4_slice m, size_t at,
    char out[AUDIT_PLACE]);

#endif
