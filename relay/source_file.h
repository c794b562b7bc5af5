/*
 * A finished file, plain or gzip, to queue entries. Paths may be hostile:
 * nothing is opened but regular files below a folder, no link is followed.
 */
#ifndef RELAY_SOURCE_FILE_H
#define RELAY_SOURCE_FILE_H

#include <zlib.h>
#include "libd4/type.h"
#include "relay/source_cut.h"

#define FILE_READ_MAX 65536u /* bytes read at once */

/*
 * struct source_file
 * Shape:  size, mtime_ns, dev, ino: when it was opened; size: of the file on
 * disk; taken: bytes read of it; unpacked: bytes given to the cutter, at most
 * max. end: nothing more is read; why: because the file is broken, D4_R_NONE:
 * it is whole. plain: it is never unpacked; text: room for its base64, or NULL.
 */
struct source_file {
	int fd;
	bool gzip, member, end, plain;
	uint64_t size, taken, unpacked, max;
	uint64_t mtime_s, mtime_ns, dev, ino;
	enum d4_reason why;
	z_stream z;
	struct source_cut cut;
	uint8_t *in, *block, *text;
	size_t n_in, at_in;
};

/*
 * source_file_new -- opens DIR/path; path is relative, and stays below dir
 * (openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS).
 * Errors: D4_EDENIED it leads out of dir, or over a link.  D4_EINVAL it is no
 *         regular file.  D4_ENOENT.  D4_EPERM it may not be read.  D4_EIO
 *         dir itself cannot be opened, or no descriptors are left: the file
 *         may be fine later (errno is set).  D4_ENOMEM.
 */
D4_USED enum d4_status source_file_new(const char *dir, const char *path,
    const struct d4_cutter_kind *kind, uint64_t max, struct source_file **out);
void source_file_free(struct source_file *f);

/*
 * source_file_whole -- the file is one record: a line, in base64. plain: it is
 * not unpacked, though it be gzip. Before the first block. Errors: D4_ENOMEM.
 */
D4_USED enum d4_status source_file_whole(struct source_file *f, bool plain);

/* source_file_over -- the last entry was made; f->why is final. */
bool source_file_over(const struct source_file *f);

/*
 * source_file_next -- the next entry, of a block or of a part of one: f->cut
 * has it (n may be 0) and what was lost of it. What breaks a file (gzip,
 * limit, read error) ends it with f->why.
 * Errors: D4_END no entry any more.  D4_ENOMEM, D4_ETOOBIG: give it up.
 */
D4_USED enum d4_status source_file_next(struct source_file *f);

#endif
