/*
 * Which entries TCP has acknowledged: each mark says where on the wire an
 * entry ended. Pure.
 */
#ifndef RELAY_POST_MARKS_H
#define RELAY_POST_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MARKS_MAX 256u

struct mark {
	uint64_t wire_end; /* bytes on the wire, the entry's last included */
	uint64_t seq;      /* of the entry */
	uint64_t records;  /* of the lane up to it, those not sent left out */
};

/* Oldest first, in a ring; zero it to begin. */
struct marks {
	struct mark ring[MARKS_MAX];
	size_t first, n;
};

/* marks_add -- when the ring is full the newest mark takes in the one before:
 * what is acknowledged is then known later, never earlier. */
void marks_add(struct marks *m, const struct mark *one);

/* marks_acked -- drops all that lie within wire_acked; the last of these. */
bool marks_acked(struct marks *m, uint64_t wire_acked, struct mark *out);

#endif
