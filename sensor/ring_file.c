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

/* ---- the file ---- */

static enum d4_status
file_error(int e)
{
	errno = e;
	return e == ENOSPC || e == EDQUOT || e == EFBIG ? D4_ENOSPC : D4_EIO;
}

enum d4_status
ring_map(struct ring *r, size_t bytes, size_t room)
{
	int again = r->top != NULL ? MAP_FIXED : 0;
	void *mem;

	r->size = bytes;
	r->room = room;
	mem = mmap(r->top, ring_mapped(r), PROT_READ | PROT_WRITE,
	    MAP_SHARED | again, r->fd, 0);
	if (mem == MAP_FAILED)
		return errno == ENOMEM ? D4_ENOMEM : D4_EIO;
	r->top = mem;
	r->mem = (uint8_t *)mem + RING_HEAD;
	ring_guard(mem, ring_mapped(r), r->fd);
	return D4_OK;
}

enum d4_status
ring_extend(struct ring *r)
{
	int e = posix_fallocate(r->fd, 0, (off_t)ring_mapped(r));

	return e == 0 ? D4_OK : file_error(e);
}

/* An empty ring; the magic is last: half a file is no file. */
static enum d4_status
file_make(const struct ring_file_conf *conf, struct ring *r)
{
	size_t bytes =
	    ring_round(conf->bytes < RING_MIN ? RING_MIN : conf->bytes);
	enum d4_status st;
	int saved;

	if (ftruncate(r->fd, 0) < 0)
		return D4_EIO;
	r->size = bytes;
	r->room = D4_OPENING_MAX;
	st = ring_extend(r);
	if (st != D4_OK) {
		saved = errno;
		/* What it got is given back. */
		return ftruncate(r->fd, 0) < 0 ? D4_EIO : file_error(saved);
	}
	st = ring_map(r, bytes, D4_OPENING_MAX);
	if (st != D4_OK)
		return st;
	r->now = (struct ring_head){.book = r->now.book};
	r->top->order = RING_ORDER;
	r->top->frame_size = sizeof(struct ring_frame);
	r->top->size = bytes;
	r->top->room = D4_OPENING_MAX;
	memcpy(r->top->owner, conf->owner, sizeof(r->top->owner));
	ring_note(r);
	memcpy(r->top->magic, ring_magic, sizeof(ring_magic));
	r->now = *r->top;
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
	    (uint64_t)sb->st_size > RING_HEAD + h->size + h->room ||
	    h->opening_n > (h->room != 0 ? D4_OPENING_MAX : RING_SMALL))
		return D4_EVERSION;
	return D4_OK;
}

/* Takes up a file that is there; somebody may have cut it off. */
static enum d4_status
file_recover(
    struct ring *r, const struct ring_head *h, struct ring_found *found)
{
	enum d4_status st = D4_OK;
	struct stat sb;

	r->size = (size_t)h->size;
	r->room = h->room;
	if (fstat(r->fd, &sb) < 0 || (uint64_t)sb.st_size < ring_mapped(r))
		st = ring_extend(r);
	if (st == D4_OK)
		st = ring_map(r, r->size, r->room);
	if (st != D4_OK)
		return st;
	/* The tail is written first: half written, its shadow is right. */
	r->tail = r->top->tail;
	if (r->top->tail_not != ~r->tail)
		r->tail = ~r->top->tail_not;
	if (r->tail % RING_ALIGN != 0)
		return D4_EVERSION;
	r->head = r->top->head;
	r->now = *r->top;
	found->book = r->now.book;
	ring_walk(r, found);
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
	st = file_recover(r, h, found);
	if (st != D4_OK || r->waiting.frames != 0)
		return st;
	(void)munmap(r->top, ring_mapped(r));
	r->top = NULL;
	r->tail = r->next = r->head = 0;
	return file_make(conf, r);
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
	r->check = conf->check;
	r->arg = conf->arg;
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
	r->faults = ring_guard_faults();
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
