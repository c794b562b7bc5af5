/*
 * A part file becomes a file of the archive: read, packed, named. In slices,
 * so that the queues are read in between.
 */
#ifndef HUB_ARCHIVE_FINISH_H
#define HUB_ARCHIVE_FINISH_H

#include "hub/archive_parts.h"

struct archive_finish;

/*
 * What became of a part. bytes: of the file, packed. damaged: bytes of the part
 * that could not be read, and are not in the file.
 */
struct archive_file {
	struct archive_name name;
	uint64_t t_s, records, bytes, damaged;
};

/* finish_new -- for one archive. Errors: D4_ENOMEM. */
D4_USED enum d4_status finish_new(const struct archive_conf *conf,
    const struct parts *parts, struct archive_finish **out);
void finish_free(struct archive_finish *f);

/*
 * finish_step -- goes on with a part, for about `budget` bytes of it. Another
 * part may be given only after an answer that is not D4_AGAIN.
 * Errors: D4_AGAIN there is more.  D4_OK the file is there, durably, under its
 *         name, its meta header beside it; *out says which. D4_END the part
 *         has no records: no file.  D4_ENOSPC, D4_EIO errno is set; D4_ENOMEM;
 *         D4_ECHECKSUM nothing of the part can be read.
 */
D4_USED enum d4_status finish_step(struct archive_finish *f,
    const struct part *part, size_t budget, struct archive_file *out);

#endif
