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

/* The header of the segment that holds entry seq; *before: those in front. */
static enum d4_status
look_head(const char *lane_dir, uint64_t seq, struct d4_buf *meta,
    struct d4_spool_lane *out, uint64_t *before)
{
	struct d4_spool_reader *r;
	enum d4_status st;
	size_t used;

	st = d4_spool_reader_open(lane_dir, seq - 1, &r);
	if (st != D4_OK)
		return st;
	*before = 0;
	for (size_t i = 0; i < r->segs.n; i++) {
		if (r->segs.list[i].first < r->first)
			*before = r->segs.list[i].first;
	}
	st = r->bad
	         ? D4_EMALFORMED
	         : spool_lane_decode(d4_buf_slice(&r->buf), meta, out, &used);
	d4_spool_reader_close(r);
	return st;
}

enum d4_status
d4_spool_head(
    const char *lane_dir, struct d4_buf *meta, struct d4_spool_lane *out)
{
	uint64_t seq = UINT64_MAX;
	enum d4_status st, first = D4_OK;

	do {
		st = look_head(lane_dir, seq, meta, out, &seq);
		if (first == D4_OK)
			first = st;
	} while (st == D4_EMALFORMED && seq != 0);
	return st == D4_OK ? st : first;
}
