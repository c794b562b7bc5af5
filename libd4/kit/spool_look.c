#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/spool_reader.h"
#include "libd4/wire.h"

struct d4_spool_where
d4_spool_where(const struct d4_spool_reader *r)
{
	return r->at;
}

size_t
d4_spool_left(const struct d4_spool_reader *r, bool *whole)
{
	uint64_t end = r->buf_off + r->walk.off;
	uint8_t head[4];
	struct stat sb;

	*whole = false;
	if (r->fd < 0 || fstat(r->fd, &sb) != 0 || (uint64_t)sb.st_size <= end)
		return 0;
	if (r->bad)
		*whole = true;
	else if (pread(r->fd, head, sizeof(head), (off_t)end) ==
		 (ssize_t)sizeof(head))
		*whole = 8 + (uint64_t)d4_get_le32(head) <=
		         (uint64_t)sb.st_size - end;
	return (size_t)((uint64_t)sb.st_size - end);
}

enum d4_status
d4_spool_head(
    const char *lane_dir, struct d4_buf *meta, struct d4_spool_lane *out)
{
	struct d4_spool_reader *r;
	enum d4_status st;
	size_t used;

	st = d4_spool_reader_open(lane_dir, UINT64_MAX - 1, &r);
	if (st != D4_OK)
		return st;
	st = r->bad
	         ? D4_EMALFORMED
	         : spool_lane_decode(d4_buf_slice(&r->buf), meta, out, &used);
	d4_spool_reader_close(r);
	return st;
}
