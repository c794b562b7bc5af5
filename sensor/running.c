#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/crc32c.h"
#include "libd4/kit/file.h"
#include "sensor/running.h"

#define RUNNING_ORDER 0x01020304u
#define RUNNING_BOOT  "/proc/sys/kernel/random/boot_id"

static const uint8_t running_magic[8] = "d4run01\n";

/*
 * struct running_page -- the file, less than a sector. Written by this machine
 * for itself: numbers in its own order. crc: of all behind it. boot: which
 * start of the machine.
 */
struct running_page {
	uint8_t magic[8];
	uint32_t order, crc;
	char boot[40];
	struct running_left left;
};

_Static_assert(sizeof(struct running_page) <= 512, "a sector");

struct running {
	int fd;
	struct running_page page;
	uint64_t synced_ms;
	bool stale;
};

static uint32_t
running_crc(const struct running_page *page)
{
	const size_t from = offsetof(struct running_page, boot);

	return d4_crc32c(
	    0, d4_slice_of((const uint8_t *)page + from, sizeof(*page) - from));
}

/* Which start of the machine this is; empty: unknown. */
static void
running_boot(char out[40])
{
	struct d4_buf b;

	memset(out, 0, 40);
	d4_buf_init(&b, 64);
	if (d4_file_read(RUNNING_BOOT, &b) == D4_OK && b.n < 40)
		memcpy(out, b.p, b.n);
	d4_buf_fini(&b);
}

static enum d4_status
running_write(struct running *r)
{
	ssize_t n;

	r->page.crc = running_crc(&r->page);
	n = pwrite(r->fd, &r->page, sizeof(r->page), 0);
	if (n == (ssize_t)sizeof(r->page)) {
		r->stale = true;
		return D4_OK;
	}
	if (n >= 0)
		errno = ENOSPC;
	return errno == ENOSPC || errno == EDQUOT ? D4_ENOSPC : D4_EIO;
}

/* ---- those before us ---- */

/* D4_END: it ended as it should, or never began. */
static enum d4_status
running_read(int fd, const struct d4_uuid *uuid, struct running_left *out)
{
	struct running_page page = {.crc = 0};
	char boot[sizeof(page.boot)];
	ssize_t n = pread(fd, &page, sizeof(page), 0);

	if (n < 0)
		return D4_EIO;
	if (n == 0)
		return D4_END;
	running_boot(boot);
	*out = page.left;
	out->rebooted = memcmp(boot, page.boot, sizeof(boot)) != 0;
	if (n != (ssize_t)sizeof(page) || page.order != RUNNING_ORDER ||
	    memcmp(page.magic, running_magic, sizeof(running_magic)) != 0 ||
	    page.crc != running_crc(&page))
		*out = (struct running_left){.damaged = true, .uuid = *uuid};
	return D4_OK;
}

/*
 * A file of that name, ours alone now; D4_AGAIN: another sensor's. Its
 * predecessor is told of.
 */
static enum d4_status
running_take(const char *path, bool make, const struct d4_uuid *uuid,
    const struct running_owner *owner, int *out)
{
	int fd = open(
	    path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (make ? O_CREAT : 0), 0600);
	struct running_left left;
	enum d4_status st = D4_EIO;

	if (fd < 0)
		return errno == ENOENT ? D4_ENOENT : D4_EIO;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		st = running_read(fd, uuid, &left);
	else if (errno == EWOULDBLOCK)
		st = D4_AGAIN;
	if (st == D4_OK)
		st = owner->left(owner->arg, &left);
	if ((st == D4_OK || st == D4_END) && ftruncate(fd, 0) == 0) {
		*out = fd;
		return D4_OK;
	}
	(void)close(fd);
	return st == D4_OK || st == D4_END ? D4_EIO : st;
}

/* Every slot that is there; the first free one is ours. */
static enum d4_status
running_slots(const char *dir, const struct d4_uuid *uuid,
    const struct running_owner *owner, int *out)
{
	enum d4_status st = D4_AGAIN, one;
	int fd = -1;

	for (unsigned i = 0; i < RUNNING_SLOTS; i++) {
		char name[sizeof(RUNNING_NAME) + 16];
		char *path;

		(void)snprintf(name, sizeof(name),
		    i == 0 ? RUNNING_NAME : RUNNING_NAME ".%u", i);
		path = d4_path(dir, name);
		if (path == NULL)
			return D4_ENOMEM;
		one = running_take(path, st != D4_OK, uuid, owner, &fd);
		free(path);
		if (one == D4_OK && st == D4_OK)
			(void)close(fd);
		else if (one == D4_OK)
			*out = fd;
		if (st != D4_OK)
			st = one;
	}
	return st;
}

/* ---- ours ---- */

enum d4_status
running_open(const char *dir, const struct d4_uuid *uuid,
    const struct running_owner *owner, struct running **out)
{
	struct running *r = calloc(1, sizeof(*r));
	enum d4_status st;

	if (r == NULL)
		return D4_ENOMEM;
	r->fd = -1;
	memcpy(r->page.magic, running_magic, sizeof(running_magic));
	r->page.order = RUNNING_ORDER;
	r->page.left.uuid = *uuid;
	r->page.left.begun_us = r->page.left.known_us = d4_now_us();
	running_boot(r->page.boot);
	st = running_slots(dir, uuid, owner, &r->fd);
	if (st == D4_OK)
		st = running_write(r);
	if (st == D4_OK)
		st = running_sync(r);
	if (st != D4_OK) {
		running_close(r, true);
		return st;
	}
	*out = r;
	return D4_OK;
}

void
running_close(struct running *r, bool ended)
{
	int saved = errno;

	if (r == NULL)
		return;
	if (r->fd >= 0) {
		if (ended && ftruncate(r->fd, 0) < 0)
			r->stale = true; /* it is told of once too often */
		(void)close(r->fd);
	}
	free(r);
	errno = saved;
}

enum d4_status
running_note(struct running *r, const struct running_state *now)
{
	if (r == NULL || memcmp(&r->page.left.state, now, sizeof(*now)) == 0)
		return D4_OK;
	r->page.left.state = *now;
	r->page.left.known_us = d4_now_us();
	return running_write(r);
}

enum d4_status
running_sync(struct running *r)
{
	uint64_t now = d4_mono_ms();

	if (r == NULL || !r->stale ||
	    (r->synced_ms != 0 && now - r->synced_ms < RUNNING_SYNC))
		return D4_OK;
	if (fdatasync(r->fd) < 0)
		return D4_EIO;
	r->stale = false;
	r->synced_ms = now;
	return D4_OK;
}
