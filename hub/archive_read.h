/* Reads a part file: its header, then frame by frame. */
#ifndef HUB_ARCHIVE_READ_H
#define HUB_ARCHIVE_READ_H

#include <stdio.h>
#include "hub/archive_part.h"

/*
 * struct part_reader -- Shape: size: of the file; at: behind the last whole
 * frame. head borrows from head_bytes. Zeroed: nothing is open.
 */
struct part_reader {
	FILE *in;
	uint64_t size, at;
	uint32_t seed;
	struct part_head head;
	struct d4_buf head_bytes, frame;
};

/*
 * part_reader_open -- reads the header. Errors: as part_head_get, D4_AGAIN:
 * the file ends in it; D4_EIO errno is set. Close it also then.
 */
D4_USED enum d4_status part_reader_open(
    struct part_reader *r, const char *path);
void part_reader_close(struct part_reader *r);

/*
 * part_reader_next -- the next frame; its data lives until the next call.
 * Errors: D4_END there is none.  D4_AGAIN the file ends in one.
 * D4_ECHECKSUM.  D4_EIO errno is set.  D4_ENOMEM.
 */
D4_USED enum d4_status part_reader_next(
    struct part_reader *r, struct part_frame *out);

#endif
