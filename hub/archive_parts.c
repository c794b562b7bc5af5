#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "hub/archive_parts_room.h"
#include "libd4/kit/crc32c.h"
#include "libd4/kit/file.h"

#define REST_MS    2000u /* without a frame, after its time */
#define ROOM_EVERY 64u   /* entries between two looks at the free space */

/* ---- one part ---- */

struct part *
part_new(const struct part_head *head)
{
	struct part *part = calloc(1, sizeof(*part));

	if (part == NULL)
		return NULL;
	part->fd = -1;
	d4_buf_init(&part->text, D4_META_TYPE + D4_META_MAX);
	d4_buf_init(&part->opening, D4_ENTRY_MAX);
	if (d4_buf_add(&part->text, head->ext.p, head->ext.n) != D4_OK ||
	    d4_buf_add(&part->text, head->meta.p, head->meta.n) != D4_OK) {
		part_free(part);
		return NULL;
	}
	part->head = *head;
	part->head.ext = d4_slice_of(part->text.p, head->ext.n);
	part->head.meta = d4_slice_of(part->text.p + head->ext.n, head->meta.n);
	return part;
}

void
part_free(struct part *part)
{
	if (part == NULL)
		return;
	if (part->fd >= 0)
		(void)close(part->fd);
	d4_buf_fini(&part->text);
	d4_buf_fini(&part->opening);
	free(part);
}

/* ---- all of them ---- */

static unsigned
bucket_of(const struct part_head *h)
{
	uint32_t crc =
	    d4_crc32c(h->type, d4_slice_of(h->sensor.b, D4_UUID_LEN));

	return d4_crc32c(crc, h->ext) % PARTS_BUCKETS;
}

static bool
same_stream(const struct part_head *a, const struct part_head *b)
{
	return d4_uuid_eq(&a->sensor, &b->sensor) && a->type == b->type &&
	       d4_slice_eq(a->ext, b->ext);
}

static void
parts_insert(struct parts *p, struct part *part)
{
	struct part **at = &p->bucket[bucket_of(&part->head)];

	part->chain = *at;
	*at = part;
	p->n++;
}

static void
parts_remove(struct parts *p, struct part *part)
{
	struct part **at = &p->bucket[bucket_of(&part->head)];

	while (*at != part)
		at = &(*at)->chain;
	*at = part->chain;
	p->n--;
	p->bytes -= part->file;
}

static struct part *
parts_find(struct parts *p, const struct part_head *h)
{
	struct part *part = p->bucket[bucket_of(h)];

	while (part != NULL && (part->ended || !same_stream(&part->head, h) ||
				   !d4_slice_eq(part->head.meta, h->meta)))
		part = part->chain;
	return part;
}

/* Is the name of its file free, on the disk and among the parts? */
static bool
name_free(struct parts *p, const struct part_head *h, bool opened)
{
	const struct part *part = p->bucket[bucket_of(h)];
	struct archive_name name;
	char path[4096];

	for (; part != NULL; part = part->chain) {
		if (same_stream(&part->head, h) && part->head.nth == h->nth &&
		    part->head.t_us / 1000000 == h->t_us / 1000000)
			return false;
	}
	if (archive_name(h, opened, d4_pack_ext(p->conf->pack), &name) != D4_OK)
		return true;
	(void)snprintf(
	    path, sizeof(path), "%s/%s/%s", p->conf->dir, name.dir, name.file);
	return access(path, F_OK) != 0;
}

static enum d4_status
parts_make(struct parts *p, struct part_head *h, const struct parts_entry *in,
    struct part **out)
{
	struct part *part;
	enum d4_status st;

	while (!name_free(p, h, in->opening != 0))
		h->nth++;
	part = part_new(h);
	if (part == NULL)
		return D4_ENOMEM;
	part->number = p->next++;
	part->opened = in->opening != 0;
	part->end_us = archive_slot_end(h->t_us, p->conf->every_us);
	st = d4_buf_add(&part->opening, in->e->data.p, in->opening);
	if (st == D4_OK)
		st = part_begin(p, part);
	if (st != D4_OK) {
		part_free(part);
		return st;
	}
	parts_insert(p, part);
	*out = part;
	return D4_OK;
}

static void
part_end(struct parts *p, struct part *part)
{
	part->ended = true;
	d4_buf_fini(&part->opening);
	TAILQ_INSERT_TAIL(&p->ended, part, by_end);
}

/* May this entry follow in the same file? */
static bool
part_fits(const struct part *part, const struct parts_entry *in)
{
	const struct d4_type_row *row =
	    part_type_ok(part->head.type, part->head.ext);

	if (in->e->t_rx_us >= part->end_us)
		return false;
	return row != NULL && (row->opening == D4_OPENING_EACH ||
				  d4_slice_eq(d4_buf_slice(&part->opening),
				      d4_slice_of(in->e->data.p, in->opening)));
}

/* A disk that is shared with Redis must not become full. */
static bool
parts_room(struct parts *p)
{
	struct statvfs fs;

	if (p->looked++ % ROOM_EVERY != 0 || p->conf->reserve == 0 ||
	    fstatvfs(p->fd, &fs) != 0)
		return true;
	if ((uint64_t)fs.f_bavail * fs.f_frsize >= p->conf->reserve)
		return true;
	p->looked = 0; /* the next one looks again */
	return false;
}

/* The oldest that still takes records, when there are too many. */
static void
parts_bound(struct parts *p)
{
	struct part *oldest = NULL;

	if (p->n < PARTS_MAX)
		return;
	for (unsigned b = 0; b < PARTS_BUCKETS; b++) {
		for (struct part *at = p->bucket[b]; at != NULL;
		     at = at->chain) {
			if (!at->ended &&
			    (oldest == NULL || at->number < oldest->number))
				oldest = at;
		}
	}
	if (oldest != NULL)
		part_end(p, oldest);
}

enum d4_status
parts_put(struct parts *p, const struct parts_entry *in)
{
	const struct d4_entry *e = in->e;
	struct part_head head = {
	    e->sensor, e->type, e->ext, e->meta, e->t_rx_us, 0};
	struct part_frame f = {
	    e->sess, e->seq, e->n, e->t_rx_us, in->opening, e->data};
	uint8_t fixed[PART_FRAME];
	struct part *part = parts_find(p, &head);
	struct iovec iov[2] = {
	    {fixed, PART_FRAME}, {(void *)(uintptr_t)e->data.p, e->data.n}};
	enum d4_status st = D4_OK;

	if (!parts_room(p)) {
		errno = ENOSPC;
		return D4_ENOSPC;
	}
	if (part != NULL && !part_fits(part, in)) {
		part_end(p, part);
		part = NULL;
	}
	if (part == NULL) {
		parts_bound(p);
		st = parts_make(p, &head, in, &part);
	}
	if (st == D4_OK)
		st = part_open(p, part, 0);
	if (st != D4_OK)
		return st;
	part_frame_put(&f, part->seed, fixed);
	st = part_write(p, part, iov, 2);
	if (st != D4_OK)
		return st;
	part->put_ms = in->now_ms;
	part->frames++;
	part->records += e->n;
	part->bytes += e->data.n - in->opening;
	return D4_OK;
}

/* ---- their end ---- */

void
parts_due(struct parts *p, uint64_t now_us, uint64_t now_ms)
{
	for (unsigned b = 0; b < PARTS_BUCKETS; b++) {
		for (struct part *at = p->bucket[b]; at != NULL;
		     at = at->chain) {
			if (!at->ended && now_us >= at->end_us &&
			    now_ms - at->put_ms >= REST_MS)
				part_end(p, at);
		}
	}
}

void
parts_end(struct parts *p)
{
	for (unsigned b = 0; b < PARTS_BUCKETS; b++) {
		for (struct part *at = p->bucket[b]; at != NULL;
		     at = at->chain) {
			if (!at->ended)
				part_end(p, at);
		}
	}
}

struct part *
parts_first(const struct parts *p)
{
	return TAILQ_FIRST(&p->ended);
}

void
parts_later(struct parts *p, struct part *part)
{
	TAILQ_REMOVE(&p->ended, part, by_end);
	TAILQ_INSERT_TAIL(&p->ended, part, by_end);
}

void
parts_adopt(struct parts *p, struct part *part)
{
	parts_insert(p, part);
	p->bytes += part->file;
	if (part->number >= p->next)
		p->next = part->number + 1;
	part_end(p, part);
}

enum d4_status
parts_done(struct parts *p, struct part *part)
{
	char path[4096];
	enum d4_status st = D4_OK;

	parts_path(p, part, path, sizeof(path));
	if (unlink(path) != 0 && errno != ENOENT)
		st = D4_EIO;
	part_close(p, part);
	part_clean(p, part);
	TAILQ_REMOVE(&p->ended, part, by_end);
	parts_remove(p, part);
	part_free(part);
	return st;
}

/* ---- begin and end ---- */

/* One process at a time; the lock goes with the process. */
static enum d4_status
parts_lock(struct parts *p)
{
	p->fd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->fd < 0)
		return D4_EIO;
	if (flock(p->fd, LOCK_EX | LOCK_NB) == 0)
		return D4_OK;
	return errno == EWOULDBLOCK ? D4_EEXIST : D4_EIO;
}

enum d4_status
parts_new(const struct archive_conf *conf, struct parts **out)
{
	struct parts *p = calloc(1, sizeof(*p));
	enum d4_status st = D4_ENOMEM;

	if (p == NULL)
		return D4_ENOMEM;
	p->conf = conf;
	p->fd = -1;
	p->next = 1;
	TAILQ_INIT(&p->open);
	TAILQ_INIT(&p->ended);
	TAILQ_INIT(&p->dirty);
	p->dir = d4_path(conf->dir, PARTS_DIR);
	if (p->dir != NULL)
		st = d4_dir_make(p->dir, 0700);
	if (st == D4_OK)
		st = parts_lock(p);
	if (st != D4_OK) {
		parts_free(p);
		return st;
	}
	*out = p;
	return D4_OK;
}

void
parts_free(struct parts *p)
{
	int saved = errno;

	if (p == NULL)
		return;
	for (unsigned b = 0; b < PARTS_BUCKETS; b++) {
		while (p->bucket[b] != NULL) {
			struct part *part = p->bucket[b];

			p->bucket[b] = part->chain;
			part_free(part);
		}
	}
	if (p->fd >= 0)
		(void)close(p->fd);
	free(p->dir);
	free(p);
	errno = saved;
}

size_t
parts_count(const struct parts *p)
{
	return p->n;
}

uint64_t
parts_bytes(const struct parts *p)
{
	return p->bytes;
}

size_t
parts_open(const struct parts *p)
{
	return p->n_open;
}

const char *
parts_dir(const struct parts *p)
{
	return p->dir;
}
