#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/spool_format.h"
#include "libd4/kit/spool_writer.h"
#include "libd4/wire.h"

enum d4_status
spool_status(void)
{
	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
		return D4_ENOSPC;
	return errno == ENOMEM ? D4_ENOMEM : D4_EIO;
}

void
spool_held_note(struct d4_spool_writer *w, const struct d4_spool_entry *e)
{
	struct spool_held *h = NULL;

	for (size_t i = 0; i < w->n_held; i++) {
		if (w->held[i].origin == e->origin)
			h = &w->held[i];
	}
	if (h == NULL) {
		/* Full: the oldest is forgotten; more origins than a relay
		 * has shards only come from renamed queues. */
		if (w->n_held == SPOOL_ORIGINS_MAX)
			memmove(w->held, w->held + 1,
			    --w->n_held * sizeof(*w->held));
		h = &w->held[w->n_held++];
		*h = (struct spool_held){.origin = e->origin};
	}
	if (e->id_ms > h->id_ms ||
	    (e->id_ms == h->id_ms && e->id_n > h->id_n)) {
		h->id_ms = e->id_ms;
		h->id_n = e->id_n;
	}
}

bool
d4_spool_held(const struct d4_spool_writer *w, uint32_t origin, uint64_t *id_ms,
    uint64_t *id_n)
{
	for (size_t i = 0; i < w->n_held; i++) {
		if (w->held[i].origin != origin)
			continue;
		*id_ms = w->held[i].id_ms;
		*id_n = w->held[i].id_n;
		return true;
	}
	return false;
}

enum d4_status
d4_spool_begin(struct d4_spool_writer *w, struct d4_buf **out)
{
	enum d4_status st;

	assert(!w->open);
	st = d4_buf_reserve(&w->out, D4_SPOOL_FIXED);
	if (st != D4_OK)
		return st;
	w->mark = w->out.n;
	w->out.n += D4_SPOOL_FIXED;
	w->open = true;
	*out = &w->out;
	return D4_OK;
}

/* Does what is queued go to the active segment? */
static bool
spool_segment_is_ready(const struct d4_spool_writer *w)
{
	return w->written > 0 ||
	       (w->fd >= 0 && (w->size < w->limit || w->empty));
}

enum d4_status
d4_spool_end(struct d4_spool_writer *w, const struct d4_spool_entry *e)
{
	struct d4_spool_entry own;
	size_t n;

	assert(w->open);
	w->open = false;
	n = w->out.n - w->mark - D4_SPOOL_FIXED;
	if (w->n_refs > 0 && w->ref[w->n_refs - 1].at == w->out.n && n == 0)
		n = e->data.n;
	if (e == NULL || e->data.n != n || n > D4_SPOOL_ENTRY ||
	    e->opening > n) {
		w->out.n = w->mark;
		return e == NULL ? D4_OK : D4_ETOOBIG;
	}
	own = *e;
	own.seq = w->next++;
	own.base = w->queued_total;
	own.data.p = w->out.p + w->mark + D4_SPOOL_FIXED;
	w->queued_total += e->n;
	spool_entry_encode(&own, w->out.p + w->mark);
	/* While it is near; where the segment is not known yet, later. */
	if (spool_segment_is_ready(w))
		spool_queue_seal(w);
	return D4_OK;
}

enum d4_status
d4_spool_append(struct d4_spool_writer *w, const struct d4_spool_entry *e)
{
	enum d4_status st;
	struct d4_buf *out;

	if (e->data.n > D4_SPOOL_ENTRY)
		return D4_ETOOBIG;
	st = d4_buf_reserve(&w->out, D4_SPOOL_FIXED + e->data.n);
	if (st != D4_OK)
		return st;
	st = d4_spool_begin(w, &out);
	if (st == D4_OK)
		st = d4_buf_add(out, e->data.p, e->data.n);
	if (st == D4_OK)
		st = d4_spool_end(w, e);
	return st;
}

size_t
d4_spool_queued(const struct d4_spool_writer *w)
{
	return (w->open ? w->mark : w->out.n) + w->ref_bytes;
}

void
d4_spool_floor(struct d4_spool_writer *w, uint64_t floor)
{
	if (w->next <= floor)
		w->next = floor + 1;
}

uint64_t
d4_spool_seq(const struct d4_spool_writer *w)
{
	return w->seq;
}

uint64_t
d4_spool_total(const struct d4_spool_writer *w)
{
	return w->total;
}

uint64_t
d4_spool_bytes(const struct d4_spool_writer *w)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < w->segs.n; i++)
		sum += w->segs.list[i].bytes;
	return sum;
}

/* Makes the file of a segment, atomically, header only. */
static enum d4_status
spool_segment_make(struct d4_spool_writer *w, const char *name)
{
	char salt[D4_UUID_TEXT];
	struct d4_uuid random;
	enum d4_status st;
	char *path;

	st = d4_uuid_random(&random);
	if (st != D4_OK)
		return st;
	d4_uuid_text(&random, salt);
	w->lane.base = w->total;
	w->head.n = 0;
	st = spool_lane_encode(&w->lane, salt, &w->head);
	if (st != D4_OK)
		return st;
	path = d4_path(w->dir, name);
	if (path == NULL)
		return D4_ENOMEM;
	st = d4_file_replace(path, d4_buf_slice(&w->head), SPOOL_MODE_FILE);
	free(path);
	return st;
}

enum d4_status
spool_segment_begin(struct d4_spool_writer *w, uint64_t first)
{
	char name[SPOOL_NAME_LEN];
	enum d4_status st;
	int fd;

	spool_name(first, name);
	st = spool_segment_make(w, name);
	if (st != D4_OK)
		return st;
	fd = openat(w->dirfd, name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return spool_status();
	if (w->segs.n == 0 || w->segs.list[w->segs.n - 1].first != first)
		st = spool_segs_add(&w->segs, first, w->head.n);
	if (st != D4_OK) {
		(void)close(fd);
		return st;
	}
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = fd;
	spool_queue_again(w); /* checksums are of their segment */
	w->seed = spool_seed(d4_buf_slice(&w->head));
	w->size = w->head.n;
	w->segs.list[w->segs.n - 1] =
	    (struct spool_seg){.first = first, .bytes = w->size, .known = true};
	spool_seg_base(&w->segs.list[w->segs.n - 1], &w->lane);
	w->empty = true;
	return D4_OK;
}

/*
 * A write or sync failed: what the file holds behind the last commit is not
 * known. It is cut off, and the next commit goes to a new segment, so that a
 * reader which saw more than was committed never stands inside an entry.
 */
static void
spool_abandon(struct d4_spool_writer *w)
{
	char name[SPOOL_NAME_LEN];
	int err = errno;

	if (ftruncate(w->fd, (off_t)w->size) == 0)
		(void)fdatasync(w->fd);
	(void)close(w->fd);
	w->fd = -1;
	spool_queue_again(w);
	if (w->empty && w->segs.n > 1) {
		spool_name(w->segs.list[--w->segs.n].first, name);
		(void)unlinkat(w->dirfd, name, 0);
	}
	errno = err;
}

/* After a commit: what is queued counts as held. */
static void
spool_committed(struct d4_spool_writer *w)
{
	struct spool_place p = {0, 0};
	struct d4_spool_entry e = {.n = 0};
	uint8_t *entry;

	while (spool_queue_next(w, &p, &entry)) {
		spool_entry_peek(d4_slice_of(entry, D4_SPOOL_FIXED), &e);
		spool_held_note(w, &e);
		spool_seg_note(&w->segs.list[w->segs.n - 1], &e);
		w->seq = e.seq;
	}
	w->total = w->queued_total;
	w->size += spool_queue_bytes(w);
	w->segs.list[w->segs.n - 1].bytes = w->size;
	w->empty = false;
	spool_queue_clear(w);
}

/* The segment that the queued entries go to. */
static enum d4_status
spool_segment_ready(struct d4_spool_writer *w)
{
	struct d4_spool_entry e = {.n = 0};

	if (spool_segment_is_ready(w))
		return D4_OK;
	spool_entry_peek(d4_buf_slice(&w->out), &e);
	return spool_segment_begin(w, e.seq);
}

enum d4_status
d4_spool_commit(struct d4_spool_writer *w)
{
	enum d4_status st;

	assert(!w->open);
	if (w->out.n == 0)
		return D4_OK;
	st = spool_segment_ready(w);
	if (st != D4_OK)
		return st;
	st = spool_queue_write(w);
	if (st == D4_OK && fdatasync(w->fd) != 0)
		st = spool_status();
	if (st != D4_OK) {
		spool_abandon(w);
		return st;
	}
	spool_committed(w);
	return D4_OK;
}

void
d4_spool_flush(struct d4_spool_writer *w)
{
	uint64_t from = w->written;

	if (w->open || from == spool_queue_bytes(w) ||
	    spool_segment_ready(w) != D4_OK)
		return;
	if (spool_queue_write(w) != D4_OK) {
		spool_abandon(w);
		return;
	}
	(void)sync_file_range(w->fd, (off_t)(w->size + from),
	    (off_t)(w->written - from), SYNC_FILE_RANGE_WRITE);
}

void
d4_spool_drop(struct d4_spool_writer *w)
{
	w->open = false;
	if (w->written > 0)
		spool_abandon(w);
	spool_queue_clear(w);
	w->queued_total = w->total;
}
