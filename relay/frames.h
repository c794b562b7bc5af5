/*
 * Frames toward a partner: where an entry's data may be cut, and how a frame
 * is cut into TLS records (wire.md R4, R7, R8). Pure.
 */
#ifndef RELAY_FRAMES_H
#define RELAY_FRAMES_H

#include "libd4/header.h"
#include "libd4/slice.h"

#define FRAMES_RECORD_MAX 16384u /* bytes of a TLS record */
#define FRAMES_RECORD_MIN 62u    /* a stock server keeps less than that back */

/* How records stand in the data of a lane. */
enum frames_kind { FRAMES_LINES, FRAMES_PCAP_LE, FRAMES_PCAP_BE };

/* frames_kind_of -- of a lane's type and variant (d4_cutter_variant). */
enum frames_kind frames_kind_of(uint8_t type, uint32_t variant);

/* frames_max -- payload bytes of a frame for that type, opening included. */
size_t frames_max(uint8_t type);

/*
 * frames_next -- takes the next frame's payload from *rest (advancing it):
 * as many whole records as fit into max, or one larger record alone.
 * Errors: D4_ETOOBIG the record is larger than any frame may be (R4): it was
 *         taken, *payload has it, do not send it.  D4_EMALFORMED what is left
 *         is no whole record; all of it was taken.  D4_END *rest is empty.
 */
D4_USED enum d4_status frames_next(enum frames_kind kind, size_t max,
    struct d4_slice *rest, struct d4_slice *payload);

/*
 * frames_head -- a frame is written by one d4_tls_write, which cuts it at
 * FRAMES_RECORD_MAX; when its last TLS record would be under
 * FRAMES_RECORD_MIN, that many bytes of its front are written by a call of
 * their own first. 0: one call is right.
 */
size_t frames_head(size_t frame);

#endif
