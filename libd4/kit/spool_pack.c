#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/spool_format.h"
#include "libd4/kit/spool_keep.h"
#include "libd4/kit/spool_writer.h"
#include "libd4/kit/spool_zstd.h"

/* A segment that does not lose a sixteenth stays as it is. */
#define PACK_WORTH(before) ((before) - (before) / 16)

/*
 * struct d4_spool_packer
 * Shape:  w: of the segment under way, NULL none; first: which. file: all of
 *         it; walk: how far. out: the new one, from `put` on not yet in fd,
 *         which has the name `name` until it replaces the old one.
 */
struct d4_spool_packer {
	struct spool_zstd *zstd;
	struct d4_spool_writer *w;
	uint64_t first;
	struct d4_buf file, out;
	struct spool_walk walk;
	int fd;
	char name[SPOOL_NAME_LEN + 8];
	bool written;
	uint64_t before, after;
};

enum d4_status
d4_spool_packer_new(struct d4_spool_packer **out)
{
	struct d4_spool_packer *p = calloc(1, sizeof(*p));
	enum d4_status st;

	if (p == NULL)
		return D4_ENOMEM;
	p->fd = -1;
	d4_buf_init(&p->file, SPOOL_FILE_MAX);
	d4_buf_init(&p->out, SPOOL_FILE_MAX + (1u << 20));
	st = spool_zstd_new(&p->zstd);
	if (st != D4_OK) {
		free(p);
		return st;
	}
	*out = p;
	return D4_OK;
}

/* Whatever was under way is forgotten; its segment is as it was. */
static void
pack_end(struct d4_spool_packer *p)
{
	if (p->fd >= 0 && p->w != NULL) {
		(void)close(p->fd);
		(void)unlinkat(p->w->dirfd, p->name, 0);
	}
	p->fd = -1;
	p->w = NULL;
	p->written = false;
	d4_buf_fini(&p->file); /* memory is for those who work */
	d4_buf_fini(&p->out);
	d4_buf_init(&p->file, SPOOL_FILE_MAX);
	d4_buf_init(&p->out, SPOOL_FILE_MAX + (1u << 20));
}

void
d4_spool_packer_free(struct d4_spool_packer *p)
{
	if (p == NULL)
		return;
	pack_end(p);
	spool_zstd_free(p->zstd);
	free(p);
}

void
d4_spool_packer_forget(
    struct d4_spool_packer *p, const struct d4_spool_writer *w)
{
	if (p->w == w)
		pack_end(p);
}

void
d4_spool_packer_sums(
    const struct d4_spool_packer *p, uint64_t *before, uint64_t *after)
{
	*before = p->before;
	*after = p->after;
}

/* The segment under way among its writer's, or NULL: it was deleted. */
static struct spool_seg *
pack_segment(const struct d4_spool_packer *p, struct d4_spool_writer *w)
{
	for (size_t i = 0; i + 1 < w->segs.n; i++) {
		if (w->segs.list[i].first == p->first)
			return &w->segs.list[i];
	}
	return NULL;
}

/* The first one that waits so far behind; the last is still written. */
static struct spool_seg *
pack_find(struct d4_spool_writer *w, uint64_t sent, uint64_t behind)
{
	uint64_t between = 0;

	for (size_t i = 0; i + 1 < w->segs.n; i++) {
		struct spool_seg *s = &w->segs.list[i];

		if (w->segs.list[i + 1].first <= sent + 1)
			continue; /* all of it was sent */
		if (s->first > sent && !s->packed && between >= behind)
			return s;
		between += s->bytes;
	}
	return NULL;
}

static enum d4_status
pack_begin(struct d4_spool_packer *p, struct d4_spool_writer *w, uint64_t first)
{
	struct d4_spool_lane lane;
	struct d4_buf meta;
	enum d4_status st;

	p->w = w;
	p->first = first;
	p->walk = (struct spool_walk){.final = true};
	st = spool_slurp(w, first, &p->file);
	if (st != D4_OK)
		return st;
	d4_buf_init(&meta, SPOOL_JSON_MAX);
	p->walk.seed = spool_seed(d4_buf_slice(&p->file));
	st = spool_lane_decode(
	    d4_buf_slice(&p->file), &meta, &lane, &p->walk.off);
	d4_buf_fini(&meta);
	return st == D4_OK ? d4_buf_add(&p->out, p->file.p, p->walk.off) : st;
}

/* One entry, sealed again: packed where that makes it smaller. */
static enum d4_status
pack_entry(struct d4_spool_packer *p, const struct d4_spool_entry *e)
{
	struct d4_spool_entry own = *e;
	size_t at = p->out.n;
	enum d4_status st;

	st = d4_buf_reserve(&p->out, D4_SPOOL_FIXED + e->data.n);
	if (st != D4_OK)
		return st;
	p->out.n += D4_SPOOL_FIXED;
	if (!e->packed)
		st = spool_zstd_pack(p->zstd, e->data, &p->out);
	own.data.n = p->out.n - at - D4_SPOOL_FIXED;
	own.packed = true;
	if (st == D4_OK && (e->packed || own.data.n >= e->data.n)) {
		p->out.n = at + D4_SPOOL_FIXED;
		own = *e;
		st = d4_buf_add(&p->out, e->data.p, e->data.n);
	}
	if (st != D4_OK)
		return st;
	spool_entry_encode(&own, p->out.p + at);
	(void)spool_entry_seal(p->out.p + at, p->walk.seed);
	return D4_OK;
}

/* D4_AGAIN: all is in out. Damage is left where it is, to be located. */
static enum d4_status
pack_some(struct d4_spool_packer *p)
{
	size_t from = p->walk.off, skipped;
	struct d4_spool_entry e;
	enum d4_status st = D4_OK;

	while (st == D4_OK && p->walk.off - from < D4_SPOOL_PACK) {
		st = spool_walk_next(
		    &p->walk, d4_buf_slice(&p->file), &e, &skipped);
		if (st == D4_OK)
			st = pack_entry(p, &e);
	}
	return st;
}

/* The new file under its own name; the disk begins with it. */
static enum d4_status
pack_write(struct d4_spool_packer *p)
{
	struct d4_slice left = d4_buf_slice(&p->out);
	char name[SPOOL_NAME_LEN];

	spool_name(p->first, name);
	(void)snprintf(p->name, sizeof(p->name), "%s.pack", name);
	p->fd = openat(p->w->dirfd, p->name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, SPOOL_MODE_FILE);
	if (p->fd < 0 || fchmod(p->fd, SPOOL_MODE_FILE) != 0)
		return spool_status();
	while (left.n > 0) {
		ssize_t k = write(p->fd, left.p, left.n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k == 0 ? D4_ENOSPC : spool_status();
		(void)d4_slice_skip(&left, (size_t)k);
	}
	(void)sync_file_range(p->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	p->written = true;
	return D4_OK;
}

/* Durable, then in the old one's place: one of the two is always there. */
static enum d4_status
pack_replace(struct d4_spool_packer *p, struct spool_seg *s)
{
	char name[SPOOL_NAME_LEN];

	spool_name(p->first, name);
	if (fdatasync(p->fd) != 0 ||
	    renameat(p->w->dirfd, p->name, p->w->dirfd, name) != 0)
		return spool_status();
	(void)close(p->fd);
	p->fd = -1;
	/* Whatever the folder says after a crash, both files are whole. */
	(void)fsync(p->w->dirfd);
	p->before += p->file.n;
	p->after += p->out.n;
	s->bytes = p->out.n;
	s->packed = true;
	return D4_OK;
}

static enum d4_status
pack_step(struct d4_spool_packer *p, struct spool_seg *s)
{
	enum d4_status st;

	if (p->written) {
		st = pack_replace(p, s);
		pack_end(p);
		return st;
	}
	st = pack_some(p);
	if (st == D4_OK)
		return D4_OK;
	s->packed = true; /* or never: it is not tried again */
	if (st == D4_AGAIN && p->out.n < PACK_WORTH(p->file.n))
		st = pack_write(p);
	else if (st == D4_AGAIN || st == D4_ECHECKSUM || st == D4_EVERSION)
		st = D4_END;
	if (st != D4_OK)
		pack_end(p);
	return st == D4_END ? D4_OK : st;
}

enum d4_status
d4_spool_pack(struct d4_spool_packer *p, struct d4_spool_writer *w,
    uint64_t sent, uint64_t behind)
{
	struct spool_seg *s;
	enum d4_status st;

	if (p->w != NULL) {
		if (p->w != w)
			return D4_AGAIN;
		s = pack_segment(p, w);
		if (s != NULL)
			return pack_step(p, s);
		pack_end(p);
	}
	s = pack_find(w, sent, behind);
	if (s == NULL)
		return D4_AGAIN;
	st = pack_begin(p, w, s->first);
	if (st == D4_OK)
		return D4_OK;
	s->packed = true;
	pack_end(p);
	/* A header that cannot be read is the reader's to report. */
	return st == D4_ENOMEM || st == D4_EIO ? st : D4_OK;
}
