#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "libd4/kit/file.h"
#include "sensor/ring_file.h"
#include "sensor/ring_parts.h"

#define RING_ORDER 0x01020304u

static const uint8_t ring_magic[8] = "d4ring1\n";

/* Room for a frame's struct, at the least, where the memory ends. */
static bool
file_fits(const struct ring *r, uint64_t pos, size_t n)
{
	return pos % RING_ALIGN == 0 && ring_stretch(r, pos) >= n;
}

static bool
file_frame_ok(
    const struct ring_file_conf *conf, const struct ring *r, uint64_t pos)
{
	const struct ring_frame *f = ring_at(r, pos);

	if (!file_fits(r, pos, sizeof(*f)) || f->magic != RING_FRAME ||
	    f->pos != pos || f->len <= D4_HEADER_LEN || f->len > RING_WIRE ||
	    sizeof(*f) + ring_round(f->len) > ring_stretch(r, pos))
		return false;
	return conf->check(conf->arg, ring_bytes(f));
}

/* Where the mark at pos leads to, or pos itself. */
static uint64_t
file_skip(const struct ring *r, uint64_t pos)
{
	const struct ring_frame *f = ring_at(r, pos);

	if (!file_fits(r, pos, RING_ALIGN) || f->magic != RING_SKIP ||
	    f->pos != pos || f->len == 0 || f->len > r->size / RING_ALIGN)
		return pos;
	return pos + (uint64_t)f->len * RING_ALIGN;
}

/* The next whole frame behind a damaged place; `end` when there is none. */
static uint64_t
file_search(const struct ring_file_conf *conf, const struct ring *r,
    uint64_t pos, uint64_t end)
{
	while (pos < end && !file_frame_ok(conf, r, pos))
		pos += RING_ALIGN;
	return pos < end ? pos : end;
}

/*
 * A frame that is whole. *was: records before the next one, as they were
 * numbered; a gap is counted, and closed, so that it is counted once.
 */
static uint64_t
file_accept(
    struct ring *r, uint64_t pos, uint64_t *was, struct ring_found *found)
{
	struct ring_frame *f = ring_at(r, pos);

	if (f->base > *was)
		found->damaged += f->base - *was;
	*was = f->base + f->records;
	f->base = r->top->base;
	r->top->base += f->records;
	r->waiting.frames++;
	r->waiting.records += f->records;
	r->waiting.bytes += f->len;
	r->made++;
	return pos + sizeof(*f) + ring_round(f->len);
}

/*
 * From the tail on, frame by frame. After a power failure some may be
 * damaged, and there may be more than the head knows of.
 */
static void
file_walk(
    const struct ring_file_conf *conf, struct ring *r, struct ring_found *found)
{
	uint64_t pos = r->tail, end = r->tail + r->size, to;
	uint64_t known = r->top->head, base = r->top->base;
	uint64_t was = r->top->tail_base;

	if (known < pos || known > end)
		known = pos;
	r->top->base = was;
	while (pos < end) {
		if (file_frame_ok(conf, r, pos)) {
			pos = file_accept(r, pos, &was, found);
			continue;
		}
		to = file_skip(r, pos);
		if (to == pos && pos < known) {
			to = file_search(conf, r, pos + RING_ALIGN, known);
			ring_put_skip(r, pos, to - pos);
		}
		if (to == pos || to > end)
			break;
		pos = to;
	}
	if (was < base)
		found->damaged += base - was;
	r->head = pos;
	r->next = r->tail;
	found->held = r->waiting;
}

/* ---- the file ---- */

static enum d4_status
file_error(int e)
{
	errno = e;
	return e == ENOSPC || e == EDQUOT || e == EFBIG ? D4_ENOSPC : D4_EIO;
}

static enum d4_status
file_map(struct ring *r, size_t bytes, size_t room)
{
	void *mem;

	r->size = bytes;
	r->room = room;
	mem = mmap(
	    NULL, ring_mapped(r), PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (mem == MAP_FAILED)
		return errno == ENOMEM ? D4_ENOMEM : D4_EIO;
	r->top = mem;
	r->mem = (uint8_t *)mem + RING_HEAD;
	return D4_OK;
}

/* An empty ring; the magic is last: half a file is no file. */
static enum d4_status
file_make(const struct ring_file_conf *conf, struct ring *r)
{
	size_t bytes =
	    ring_round(conf->bytes < RING_MIN ? RING_MIN : conf->bytes);
	enum d4_status st;
	int e;

	if (ftruncate(r->fd, 0) < 0)
		return D4_EIO;
	e = posix_fallocate(
	    r->fd, 0, (off_t)(RING_HEAD + bytes + D4_OPENING_MAX));
	if (e != 0) {
		if (ftruncate(r->fd, 0) < 0) /* what it got is given back */
			e = errno;
		return file_error(e);
	}
	st = file_map(r, bytes, D4_OPENING_MAX);
	if (st != D4_OK)
		return st;
	r->top->order = RING_ORDER;
	r->top->frame_size = sizeof(struct ring_frame);
	r->top->size = bytes;
	r->top->room = D4_OPENING_MAX;
	memcpy(r->top->owner, conf->owner, sizeof(r->top->owner));
	ring_note(r);
	memcpy(r->top->magic, ring_magic, sizeof(ring_magic));
	return D4_OK;
}

static enum d4_status
file_known(const struct ring_head *h, const struct stat *sb)
{
	if (h->order != RING_ORDER ||
	    h->frame_size != sizeof(struct ring_frame) ||
	    h->size > RING_FILE_MAX || h->size < RING_MIN ||
	    h->size % RING_ALIGN != 0 ||
	    (h->room != 0 && h->room != D4_OPENING_MAX) ||
	    (uint64_t)sb->st_size != RING_HEAD + h->size + h->room ||
	    h->opening_n > (h->room != 0 ? D4_OPENING_MAX : RING_SMALL))
		return D4_EVERSION;
	return D4_OK;
}

/* Takes up a file that is there. */
static enum d4_status
file_recover(const struct ring_file_conf *conf, struct ring *r,
    const struct ring_head *h, struct ring_found *found)
{
	enum d4_status st = file_map(r, (size_t)h->size, h->room);

	if (st != D4_OK)
		return st;
	/* The tail is written first: half written, its shadow is right. */
	r->tail = r->top->tail;
	if (r->top->tail_not != ~r->tail)
		r->tail = ~r->top->tail_not;
	if (r->tail % RING_ALIGN != 0)
		return D4_EVERSION;
	found->book = r->top->book;
	file_walk(conf, r, found);
	return D4_OK;
}

/* An empty file of another owner or size is made anew. */
static enum d4_status
file_use(const struct ring_file_conf *conf, struct ring *r,
    const struct ring_head *h, struct ring_found *found)
{
	bool mine = memcmp(h->owner, conf->owner, sizeof(h->owner)) == 0;
	enum d4_status st;

	/* Without its key nobody can tell whether frames are whole. */
	if (!mine && h->tail != h->head)
		return D4_EEXIST;
	st = file_recover(conf, r, h, found);
	if (st != D4_OK || r->waiting.frames != 0)
		return st;
	(void)munmap(r->top, ring_mapped(r));
	r->top = NULL;
	r->tail = r->next = r->head = 0;
	st = file_make(conf, r);
	if (st == D4_OK)
		r->top->book = found->book;
	return st;
}

static enum d4_status
file_open(
    const struct ring_file_conf *conf, struct ring *r, struct ring_found *found)
{
	char *path = d4_path(conf->dir, RING_FILE_NAME);
	struct ring_head h = {.size = 0};
	enum d4_status st;
	struct stat sb;

	if (path == NULL)
		return D4_ENOMEM;
	r->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	if (r->fd < 0 || flock(r->fd, LOCK_EX | LOCK_NB) < 0 ||
	    fstat(r->fd, &sb) < 0)
		return D4_EIO;
	if (pread(r->fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h) ||
	    memcmp(h.magic, ring_magic, sizeof(ring_magic)) != 0)
		return sb.st_size == 0 || h.magic[0] == 0 ? file_make(conf, r)
		                                          : D4_EVERSION;
	st = file_known(&h, &sb);
	return st == D4_OK ? file_use(conf, r, &h, found) : st;
}

enum d4_status
ring_open(const struct ring_file_conf *conf, struct ring_found *found,
    struct ring **out)
{
	struct ring *r = calloc(1, sizeof(*r));
	enum d4_status st;
	int saved;

	if (r == NULL)
		return D4_ENOMEM;
	r->fd = -1;
	*found = (struct ring_found){.damaged = 0};
	st = file_open(conf, r, found);
	if (st != D4_OK) {
		saved = errno;
		ring_free(r);
		errno = saved;
		return st;
	}
	if (r->waiting.frames == 0)
		r->top->opening_n = 0;
	ring_note(r);
	*out = r;
	return ring_sync(r);
}

enum d4_status
ring_sync(struct ring *r)
{
	uint64_t made = r->made;

	/* A tail or a book that is old only means to send, or say, it twice. */
	if (r->fd < 0 || made == r->synced)
		return D4_OK;
	if (fdatasync(r->fd) < 0)
		return D4_EIO;
	r->synced = made;
	return D4_OK;
}

uint64_t
ring_settled(const struct ring *r)
{
	if (r->fd < 0)
		return r->agreed;
	return r->synced > r->gone ? r->synced : r->gone;
}

bool
ring_durable(const struct ring *r)
{
	return r->fd >= 0;
}

static uint8_t *
file_opening(const struct ring *r)
{
	return r->room != 0 ? r->mem + r->size : r->top->opening;
}

struct d4_slice
ring_opening(const struct ring *r)
{
	return d4_slice_of(file_opening(r), r->top->opening_n);
}

enum d4_status
ring_set_opening(struct ring *r, struct d4_slice opening)
{
	if (opening.n > (r->room != 0 ? r->room : RING_SMALL))
		return D4_ETOOBIG;
	if (opening.n != 0)
		memcpy(file_opening(r), opening.p, opening.n);
	r->top->opening_n = (uint32_t)opening.n;
	return D4_OK;
}
