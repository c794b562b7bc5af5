/* The reader's inside, shared by the rooms that read. */
#ifndef KIT_SPOOL_READER_H
#define KIT_SPOOL_READER_H

#include "libd4/kit/spool_dir.h"
#include "libd4/kit/spool_format.h"
#include "libd4/kit/spool_look.h"
#include "libd4/kit/spool_zstd.h"

/*
 * struct d4_spool_reader
 * Shape:  id: the folder's name where it is a lane's id, else "". first: the
 *         segment in progress, 0 none yet. buf holds the file's
 *         bytes from buf_off on; walk.off counts in buf. final: a later
 *         segment exists, so this one will not grow. bad: its header is not
 *         valid, or of another lane. stuck: at this size of the file the tail
 * made no sense; it is not checked again before the file grows. at: of what
 * was answered last. zstd, plain: NULL and empty until a packed entry.
 */
struct d4_spool_reader {
	char id[17];
	int dirfd;
	int fd;
	uint64_t first;
	uint64_t last;
	uint64_t buf_off;
	uint64_t stuck;
	bool final;
	bool bad;
	struct spool_walk walk;
	struct d4_buf buf;
	struct d4_buf meta;
	struct d4_spool_lane lane;
	struct spool_segs segs;
	struct d4_spool_where at;
	struct spool_zstd *zstd;
	struct d4_buf plain;
};

#endif
