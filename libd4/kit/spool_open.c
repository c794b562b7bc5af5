#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/spool_format.h"
#include "libd4/kit/spool_keep.h"
#include "libd4/kit/spool_writer.h"

/* What a whole segment was found to hold; seg: to be noted there, too. */
struct spool_seen {
	struct spool_seg *seg;
	struct d4_spool_lane lane;
	bool header; /* the header is valid */
	bool entry;  /* there is a valid entry */
	bool ragged; /* behind the last of them is damage */
	uint64_t seq, total;
	size_t end; /* behind the last valid entry */
};

/* Reads one segment whole and walks it, noting what it holds. */
static void
spool_inspect(struct d4_spool_writer *w, struct d4_slice file,
    struct d4_buf *meta, struct spool_seen *seen)
{
	struct spool_walk walk = {.seed = spool_seed(file), .final = true};
	struct d4_spool_entry e;
	enum d4_status st;
	size_t skipped;

	seen->header =
	    spool_lane_decode(file, meta, &seen->lane, &walk.off) == D4_OK;
	seen->end = walk.off;
	seen->seg->known = true;
	spool_seg_base(seen->seg, seen->header ? &seen->lane : NULL);
	for (;;) {
		st = spool_walk_next(&walk, file, &e, &skipped);
		if (st == D4_AGAIN)
			return;
		seen->ragged = st != D4_OK;
		if (st != D4_OK)
			continue; /* damage in the middle: the reader tells */
		seen->entry = true;
		seen->seq = e.seq;
		seen->total = e.base + e.n;
		seen->end = walk.off;
		spool_held_note(w, &e);
		spool_seg_note(seen->seg, &e);
	}
}

enum d4_status
spool_slurp(
    const struct d4_spool_writer *w, uint64_t first, struct d4_buf *file)
{
	char name[SPOOL_NAME_LEN];
	enum d4_status st;
	size_t got;
	int fd;

	spool_name(first, name);
	fd = openat(w->dirfd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return spool_status();
	file->n = 0;
	do
		st = spool_read_at(fd, file->n, 1u << 20, file, &got);
	while (st == D4_OK && got == 1u << 20);
	(void)close(fd);
	return st == D4_ETOOBIG ? D4_OK : st; /* the rest is not looked at */
}

/* The same header, but for salt and base, which are a segment's own? */
static bool
spool_same_lane(const struct d4_spool_lane *a, const struct d4_spool_lane *b)
{
	struct d4_spool_lane x = *a, y = *b;
	struct d4_buf bytes[2];
	bool same;

	x.base = y.base = 0;
	d4_buf_init(&bytes[0], SPOOL_HEAD + SPOOL_JSON_MAX);
	d4_buf_init(&bytes[1], SPOOL_HEAD + SPOOL_JSON_MAX);
	same = spool_lane_encode(&x, "", &bytes[0]) == D4_OK &&
	       spool_lane_encode(&y, "", &bytes[1]) == D4_OK &&
	       d4_slice_eq(d4_buf_slice(&bytes[0]), d4_buf_slice(&bytes[1]));
	d4_buf_fini(&bytes[0]);
	d4_buf_fini(&bytes[1]);
	return same;
}

/*
 * Did the last segment hold more, durably? Then its end is damaged: it stays
 * for the reader to tell where, and nothing more is written behind it.
 */
static bool
spool_short(struct d4_spool_writer *w, const struct spool_seen *seen,
    struct d4_slice file, struct d4_spool_end *end)
{
	struct spool_seg *last = &w->segs.list[w->segs.n - 1];
	const struct d4_spool_mark *m = end->mark;

	if (m == NULL || m->first != last->first || m->seq <= w->seq ||
	    (seen->header && m->seed != spool_seed(file)))
		return false;
	end->lost = m->total > w->total ? m->total - w->total : 0;
	end->lost_bytes = file.n - seen->end;
	w->seq = m->seq;
	w->total = w->queued_total = m->total;
	w->next = w->seq + 1;
	w->empty = false;
	spool_seg_ragged(last, w->next);
	return true;
}

/* Takes up the last segment where a crash or a stop left it. */
static enum d4_status
spool_resume(struct d4_spool_writer *w, const struct spool_seen *seen,
    struct d4_slice file, struct d4_spool_end *end)
{
	struct spool_seg *last = &w->segs.list[w->segs.n - 1];
	char name[SPOOL_NAME_LEN];

	w->seq = seen->entry ? seen->seq : last->first - 1;
	w->total = seen->entry ? seen->total : seen->lane.base;
	w->next = w->seq + 1;
	w->queued_total = w->total;
	w->empty = !seen->entry;
	if (spool_short(w, seen, file, end))
		return D4_OK;
	spool_name(last->first, name);
	w->fd = openat(w->dirfd, name, O_WRONLY | O_CLOEXEC);
	if (w->fd < 0)
		return spool_status();
	end->torn = file.n - seen->end;
	if (end->torn > 0 && ftruncate(w->fd, (off_t)seen->end) != 0)
		return spool_status();
	/* Whole entries of a killed writer may never have been synced. */
	if (fdatasync(w->fd) != 0)
		return spool_status();
	w->size = seen->end;
	w->seed = spool_seed(file);
	last->bytes = seen->end;
	if (seen->header && spool_same_lane(&seen->lane, &w->lane))
		return D4_OK;
	if (w->empty)
		return spool_segment_begin(w, last->first);
	(void)close(w->fd);
	w->fd = -1;
	return D4_OK;
}

/* The last two segments hold more than one batch: see d4_spool_held. */
static enum d4_status
spool_recover(struct d4_spool_writer *w, struct d4_spool_end *end)
{
	struct spool_seg *last = &w->segs.list[w->segs.n - 1];
	struct spool_seen before = {.end = 0}, seen = {.seg = last};
	struct d4_buf file, meta;
	enum d4_status st = D4_OK;

	d4_buf_init(&file, SPOOL_FILE_MAX);
	d4_buf_init(&meta, SPOOL_JSON_MAX);
	if (w->segs.n > 1) {
		before.seg = last - 1;
		st = spool_slurp(w, before.seg->first, &file);
		if (st == D4_OK)
			spool_inspect(w, d4_buf_slice(&file), &meta, &before);
		if (before.ragged)
			spool_seg_ragged(before.seg, last->first);
	}
	if (st == D4_OK)
		st = spool_slurp(w, last->first, &file);
	if (st == D4_OK) {
		spool_inspect(w, d4_buf_slice(&file), &meta, &seen);
		if (!seen.header && !seen.entry)
			seen.lane.base = before.total;
		st = spool_resume(w, &seen, d4_buf_slice(&file), end);
	}
	d4_buf_fini(&file);
	d4_buf_fini(&meta);
	return st;
}

static bool
spool_word_ok(const char *s)
{
	return s[0] != '\0' &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* DIR/PARTNER/LANE, made where missing. */
static enum d4_status
spool_folder(struct d4_spool_writer *w, const char *dir)
{
	enum d4_status st;
	char *partner;

	partner = d4_path(dir, w->lane.partner);
	if (partner == NULL)
		return D4_ENOMEM;
	w->dir = d4_path(partner, w->lane.id);
	free(partner);
	if (w->dir == NULL)
		return D4_ENOMEM;
	st = d4_dir_make(w->dir, SPOOL_MODE_DIR);
	if (st != D4_OK)
		return st;
	w->dirfd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return w->dirfd < 0 ? spool_status() : D4_OK;
}

static enum d4_status
spool_take_lane(struct d4_spool_writer *w, const struct d4_spool_lane *lane)
{
	struct d4_buf meta;
	enum d4_status st;

	d4_buf_init(&meta, SPOOL_JSON_MAX);
	st = d4_buf_add(&meta, lane->meta.p, lane->meta.n);
	if (st != D4_OK)
		return st;
	d4_buf_fini(&w->meta);
	w->meta = meta;
	w->lane = *lane;
	w->lane.meta = d4_buf_slice(&w->meta);
	return D4_OK;
}

enum d4_status
d4_spool_writer_open_at(const char *dir, const struct d4_spool_lane *lane,
    struct d4_spool_end *end, struct d4_spool_writer **out)
{
	struct d4_spool_writer *w;
	enum d4_status st;

	if (!spool_word_ok(lane->partner) || !spool_word_ok(lane->id))
		return D4_EINVAL;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return D4_ENOMEM;
	w->fd = w->dirfd = -1;
	w->next = 1;
	w->limit = D4_SPOOL_SEGMENT;
	d4_buf_init(&w->out, SPOOL_QUEUE_MAX);
	d4_buf_init(&w->head, SPOOL_HEAD + SPOOL_JSON_MAX);
	st = spool_take_lane(w, lane);
	if (st == D4_OK)
		st = spool_folder(w, dir);
	if (st == D4_OK)
		st = spool_dir_clean(w->dirfd);
	if (st == D4_OK)
		st = spool_dir_list(w->dirfd, &w->segs);
	if (st == D4_OK && w->segs.n > 0)
		st = spool_recover(w, end);
	if (st != D4_OK) {
		d4_spool_writer_close(w);
		return st;
	}
	*out = w;
	return D4_OK;
}

enum d4_status
d4_spool_writer_open(const char *dir, const struct d4_spool_lane *lane,
    uint64_t *torn_bytes, struct d4_spool_writer **out)
{
	struct d4_spool_end end = {.mark = NULL};
	enum d4_status st = d4_spool_writer_open_at(dir, lane, &end, out);

	if (st == D4_OK)
		*torn_bytes = end.torn;
	return st;
}

void
d4_spool_writer_close(struct d4_spool_writer *w)
{
	int err = errno;

	if (w == NULL)
		return;
	if (w->fd >= 0)
		(void)close(w->fd);
	if (w->dirfd >= 0)
		(void)close(w->dirfd);
	free(w->dir);
	spool_queue_fini(w);
	d4_buf_fini(&w->head);
	d4_buf_fini(&w->meta);
	spool_segs_fini(&w->segs);
	free(w);
	errno = err;
}

enum d4_status
d4_spool_relabel(struct d4_spool_writer *w, const struct d4_spool_lane *lane)
{
	enum d4_status st;

	if (w->out.n > 0 || strcmp(lane->id, w->lane.id) != 0)
		return D4_EINVAL;
	if (spool_same_lane(&w->lane, lane))
		return D4_OK;
	w->labels++;
	st = spool_take_lane(w, lane);
	if (st != D4_OK || w->fd < 0)
		return st;
	if (w->empty)
		return spool_segment_begin(
		    w, w->segs.list[w->segs.n - 1].first);
	(void)close(w->fd);
	w->fd = -1;
	return D4_OK;
}

uint64_t
d4_spool_labels(const struct d4_spool_writer *w)
{
	return w->labels;
}
