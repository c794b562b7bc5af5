#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/spool_reader.h"
#include "libd4/wire.h"

#define READ_WINDOW (512u << 10) /* bytes asked of the kernel at a time */

static void
reader_leave(struct d4_spool_reader *r)
{
	if (r->fd >= 0)
		(void)close(r->fd);
	r->fd = -1;
	r->buf.n = 0;
	r->buf_off = 0;
	r->stuck = 0;
	r->final = r->bad = false;
	r->walk = (struct spool_walk){.off = 0};
}

/* Reads n more bytes behind the window; *got 0: end of the file. */
static enum d4_status
reader_more(struct d4_spool_reader *r, size_t n, size_t *got)
{
	if (r->walk.off > 0) {
		d4_buf_drop(&r->buf, r->walk.off);
		r->buf_off += r->walk.off;
		r->walk.off = 0;
	}
	return spool_read_at(r->fd, r->buf_off + r->buf.n, n, &r->buf, got);
}

/* A segment that stands in another lane's folder is none of its. */
static bool
reader_own(const struct d4_spool_reader *r)
{
	return r->id[0] == '\0' || strcmp(r->id, r->lane.id) == 0;
}

/* Opens segment first and reads its header. */
static enum d4_status
reader_enter(struct d4_spool_reader *r, uint64_t first)
{
	char name[SPOOL_NAME_LEN];
	enum d4_status st;
	size_t got;

	reader_leave(r);
	spool_name(first, name);
	r->fd = openat(r->dirfd, name, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return errno == ENOENT ? D4_ENOENT : D4_EIO;
	r->first = first;
	st = reader_more(r, SPOOL_HEAD + SPOOL_JSON_MAX, &got);
	if (st != D4_OK)
		return st;
	r->walk.seed = spool_seed(d4_buf_slice(&r->buf));
	st = spool_lane_decode(
	    d4_buf_slice(&r->buf), &r->meta, &r->lane, &r->walk.off);
	r->bad = st != D4_OK || !reader_own(r);
	return st == D4_ENOMEM ? st : D4_OK;
}

/* The first segment behind the one under way, 0: none. */
static enum d4_status
reader_newer(struct d4_spool_reader *r, uint64_t *first)
{
	enum d4_status st = spool_dir_list(r->dirfd, &r->segs);

	*first = 0;
	for (size_t i = 0; st == D4_OK && i < r->segs.n; i++) {
		if (r->segs.list[i].first > r->first) {
			*first = r->segs.list[i].first;
			break;
		}
	}
	return st;
}

/* Where entry after + 1 is: the last segment that begins at or before it. */
static enum d4_status
reader_find(struct d4_spool_reader *r, uint64_t after, uint64_t *first)
{
	enum d4_status st = spool_dir_list(r->dirfd, &r->segs);

	*first = 0;
	for (size_t i = 0; st == D4_OK && i < r->segs.n; i++) {
		if (*first == 0 || r->segs.list[i].first <= after + 1)
			*first = r->segs.list[i].first;
	}
	return st == D4_OK && *first == 0 ? D4_ENOENT : st;
}

/* The last part of a path, if it is a lane's id. */
static void
reader_name(const char *lane_dir, char id[17])
{
	const char *slash = strrchr(lane_dir, '/');
	const char *name = slash != NULL ? slash + 1 : lane_dir;

	id[0] = '\0';
	if (d4_spool_name_lane(name))
		memcpy(id, name, 17);
}

enum d4_status
d4_spool_reader_open(
    const char *lane_dir, uint64_t after, struct d4_spool_reader **out)
{
	struct d4_spool_reader *r;
	enum d4_status st;
	uint64_t first;

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return D4_ENOMEM;
	r->fd = -1;
	r->last = after;
	reader_name(lane_dir, r->id);
	d4_buf_init(&r->buf, SPOOL_FILE_MAX);
	d4_buf_init(&r->meta, SPOOL_JSON_MAX);
	d4_buf_init(&r->plain, D4_SPOOL_ENTRY + 1);
	r->dirfd = open(lane_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dirfd < 0)
		st = errno == ENOENT ? D4_ENOENT : D4_EIO;
	else
		st = reader_find(r, after, &first);
	if (st == D4_OK)
		st = reader_enter(r, first);
	if (st != D4_OK) {
		d4_spool_reader_close(r);
		return st;
	}
	*out = r;
	return D4_OK;
}

void
d4_spool_reader_close(struct d4_spool_reader *r)
{
	int err = errno;

	if (r == NULL)
		return;
	reader_leave(r);
	if (r->dirfd >= 0)
		(void)close(r->dirfd);
	d4_buf_fini(&r->buf);
	d4_buf_fini(&r->meta);
	d4_buf_fini(&r->plain);
	spool_zstd_free(r->zstd);
	spool_segs_fini(&r->segs);
	free(r);
	errno = err;
}

/* D4_OK: look again. D4_AGAIN: nothing more for now. */
static enum d4_status
reader_at_end(struct d4_spool_reader *r)
{
	enum d4_status st;
	struct stat sb;
	uint64_t newer;

	/* An unfinished tail may be cut off and written again: forget it. */
	r->buf.n = r->walk.off;
	if (r->fd < 0) { /* deleted as it was to be entered */
		st = reader_newer(r, &newer);
		return st != D4_OK  ? st
		       : newer == 0 ? D4_AGAIN
		                    : reader_enter(r, newer);
	}
	if (fstat(r->fd, &sb) != 0)
		return D4_EIO;
	/* Replaced under the same name while it was empty: another header. */
	if (sb.st_nlink == 0 && r->last < r->first)
		return reader_enter(r, r->first);
	st = reader_newer(r, &newer);
	if (st != D4_OK)
		return st;
	if (newer == 0)
		return D4_AGAIN;
	if (!r->final) {
		/* It may have grown before the newer one was made. */
		r->final = r->walk.final = true;
		return D4_OK;
	}
	return reader_enter(r, newer);
}

/*
 * Damage, or an unfinished end: all of the rest is looked at, once for each
 * size of the file.
 */
static enum d4_status
reader_slow(struct d4_spool_reader *r, struct d4_spool_entry *e)
{
	size_t got, skipped = 0;
	enum d4_status st;

	do
		st = reader_more(r, READ_WINDOW, &got);
	while (st == D4_OK && got > 0);
	if (st != D4_OK && st != D4_ETOOBIG)
		return st;
	if (r->stuck == r->buf_off + r->buf.n && !r->final)
		return reader_at_end(r);
	r->at.offset = r->buf_off + r->walk.off;
	st = spool_walk_next(&r->walk, d4_buf_slice(&r->buf), e, &skipped);
	if (st == D4_AGAIN) {
		r->stuck = r->buf_off + r->buf.n;
		return reader_at_end(r);
	}
	if (st == D4_OK)
		return D4_END;
	*e = (struct d4_spool_entry){.data = {NULL, skipped}};
	return D4_ECHECKSUM;
}

/* D4_END: *e is an entry. D4_OK: look again. Others are the answer. */
static enum d4_status
reader_step(struct d4_spool_reader *r, struct d4_spool_entry *e)
{
	struct d4_slice at = {r->buf.p, r->buf.n};
	size_t used, got, want;
	enum d4_status st;

	(void)d4_slice_skip(&at, r->walk.off);
	r->at = (struct d4_spool_where){
	    .segment = r->first, .offset = r->buf_off + r->walk.off};
	if (r->fd < 0)
		return reader_at_end(r);
	st = spool_entry_decode(at, r->walk.seed, e, &used);
	if (st == D4_OK && e->seq > r->walk.last) {
		r->walk.off += used;
		r->walk.last = e->seq;
		return D4_END;
	}
	if (st != D4_AGAIN)
		return reader_slow(r, e);
	want = READ_WINDOW;
	if (at.n >= D4_SPOOL_FIXED && d4_get_le32(at.p) > want)
		want = d4_get_le32(at.p); /* at most D4_SPOOL_ENTRY: decoded */
	st = reader_more(r, want, &got);
	if (st != D4_OK || got > 0)
		return st;
	return r->buf.n > r->walk.off ? reader_slow(r, e) : reader_at_end(r);
}

/* A segment whose header is damaged: reported once, when it is finished. */
static enum d4_status
reader_bad(struct d4_spool_reader *r, struct d4_spool_entry *e)
{
	struct stat sb;
	uint64_t newer;
	enum d4_status st;

	r->at = (struct d4_spool_where){.segment = r->first};
	st = reader_newer(r, &newer);
	if (st != D4_OK)
		return st;
	if (newer == 0)
		return D4_AGAIN;
	if (fstat(r->fd, &sb) != 0)
		return D4_EIO;
	st = reader_enter(r, newer);
	if (st != D4_OK)
		return st;
	*e = (struct d4_spool_entry){.data = {NULL, (size_t)sb.st_size}};
	return D4_ECHECKSUM;
}

/* What does not unpack is damage, although its checksum is right. */
static enum d4_status
reader_unpack(struct d4_spool_reader *r, struct d4_spool_entry *e)
{
	enum d4_status st = D4_OK;
	size_t stored = D4_SPOOL_FIXED + e->data.n;

	if (r->zstd == NULL)
		st = spool_zstd_new(&r->zstd);
	if (st == D4_OK)
		st = spool_zstd_unpack(r->zstd, e, &r->plain);
	if (st == D4_ECHECKSUM)
		*e = (struct d4_spool_entry){
		    .seq = e->seq, .data = {NULL, stored}};
	return st;
}

enum d4_status
d4_spool_next(struct d4_spool_reader *r, const struct d4_spool_lane **lane,
    struct d4_spool_entry *e)
{
	struct d4_spool_entry got = {.n = 0};
	enum d4_status st = D4_OK;

	while (st == D4_OK) {
		st = r->bad ? reader_bad(r, &got) : reader_step(r, &got);
		if (st == D4_END && got.seq <= r->last)
			st = D4_OK; /* behind the start, or written twice */
	}
	if (st == D4_ENOENT) /* trimmed while it was being entered */
		return D4_AGAIN;
	if (st != D4_END && st != D4_ECHECKSUM)
		return st;
	*lane = &r->lane;
	if (st == D4_END) {
		r->last = got.seq;
		r->at.stored = D4_SPOOL_FIXED + got.data.n;
		r->at.packed = got.packed;
		st = got.packed ? reader_unpack(r, &got) : D4_OK;
	}
	*e = got;
	return st;
}

static enum d4_status
tail_walk(struct d4_spool_reader *r, uint64_t *seq, uint64_t *total)
{
	struct d4_spool_entry e = {.n = 0};
	enum d4_status st = D4_OK;
	uint64_t s = r->first - 1, t = r->bad ? 0 : r->lane.base;

	while (st == D4_OK || st == D4_END || st == D4_ECHECKSUM) {
		st = r->bad ? D4_AGAIN : reader_step(r, &e);
		if (st != D4_END)
			continue;
		s = e.seq;
		t = e.base + e.n;
	}
	if (st != D4_AGAIN)
		return st;
	*seq = s;
	*total = t;
	return D4_OK;
}

enum d4_status
d4_spool_tail(const char *lane_dir, uint64_t *seq, uint64_t *total)
{
	struct d4_spool_reader *r;
	enum d4_status st;

	st = d4_spool_reader_open(lane_dir, UINT64_MAX - 1, &r);
	if (st == D4_ENOENT) {
		*seq = *total = 0;
		return D4_OK;
	}
	if (st != D4_OK)
		return st;
	st = tail_walk(r, seq, total);
	d4_spool_reader_close(r);
	return st;
}
