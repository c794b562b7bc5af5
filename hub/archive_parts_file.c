/* Part files on the disk: a bounded number of them is open. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "hub/archive_parts_room.h"

/* Dirty files above which all of the disk is synced. */
#define SYNC_SINGLE 16u

enum d4_status
parts_io_status(int e)
{
	return e == ENOSPC || e == EDQUOT || e == EFBIG ? D4_ENOSPC : D4_EIO;
}

void
parts_path(const struct parts *p, const struct part *part, char *out, size_t n)
{
	(void)snprintf(out, n, "%s/%020llu.part", p->dir,
	    (unsigned long long)part->number);
}

/* ---- descriptors: a bounded number of them ---- */

void
part_close(struct parts *p, struct part *part)
{
	if (part->fd < 0)
		return;
	TAILQ_REMOVE(&p->open, part, by_open);
	p->n_open--;
	(void)close(part->fd);
	part->fd = -1;
}

enum d4_status
part_open(struct parts *p, struct part *part, int flags)
{
	char path[4096];

	if (part->fd >= 0) {
		TAILQ_REMOVE(&p->open, part, by_open);
		TAILQ_INSERT_TAIL(&p->open, part, by_open);
		return D4_OK;
	}
	while (p->n_open >= p->conf->open_files)
		part_close(p, TAILQ_FIRST(&p->open));
	parts_path(p, part, path, sizeof(path));
	part->fd = open(
	    path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (part->fd < 0)
		return parts_io_status(errno);
	TAILQ_INSERT_TAIL(&p->open, part, by_open);
	p->n_open++;
	return D4_OK;
}

/* ---- writing ---- */

void
part_clean(struct parts *p, struct part *part)
{
	if (!part->dirty)
		return;
	TAILQ_REMOVE(&p->dirty, part, by_dirty);
	p->n_dirty--;
	part->dirty = false;
}

/* All of it, or nothing: a short write is taken back. */
enum d4_status
part_write(struct parts *p, struct part *part, struct iovec *iov, int n)
{
	size_t want = 0;
	ssize_t put;
	int saved;

	for (int i = 0; i < n; i++)
		want += iov[i].iov_len;
	do
		put = writev(part->fd, iov, n);
	while (put < 0 && errno == EINTR);
	if (put == (ssize_t)want) {
		part->file += want;
		p->bytes += want;
		if (!part->dirty) {
			TAILQ_INSERT_TAIL(&p->dirty, part, by_dirty);
			p->n_dirty++;
		}
		part->dirty = true;
		return D4_OK;
	}
	saved = put < 0 ? errno : ENOSPC;
	if (put > 0 && ftruncate(part->fd, (off_t)part->file) != 0)
		return D4_EIO;
	errno = saved;
	return parts_io_status(saved);
}

enum d4_status
part_begin(struct parts *p, struct part *part)
{
	struct iovec iov;
	struct d4_buf head;
	enum d4_status st;
	char path[4096];

	d4_buf_init(&head, PART_HEAD_MAX);
	st = part_head_put(&part->head, &head, &part->seed);
	if (st == D4_OK)
		st = part_open(p, part, O_CREAT | O_EXCL);
	if (st == D4_OK) {
		p->made = true;
		iov = (struct iovec){head.p, head.n};
		st = part_write(p, part, &iov, 1);
		if (st != D4_OK) {
			part_close(p, part);
			parts_path(p, part, path, sizeof(path));
			(void)unlink(path);
		}
	}
	d4_buf_fini(&head);
	return st;
}

/* ---- durable ---- */

static enum d4_status
commit_each(struct parts *p)
{
	struct part *part;

	while ((part = TAILQ_FIRST(&p->dirty)) != NULL) {
		enum d4_status st = part_open(p, part, 0);

		if (st != D4_OK)
			return st;
		if (fdatasync(part->fd) != 0)
			return parts_io_status(errno);
		part_clean(p, part);
	}
	return D4_OK;
}

/* Many files: one call for all of them. */
static enum d4_status
commit_all(struct parts *p)
{
	if (syncfs(p->fd) != 0)
		return parts_io_status(errno);
	while (!TAILQ_EMPTY(&p->dirty))
		part_clean(p, TAILQ_FIRST(&p->dirty));
	return D4_OK;
}

enum d4_status
parts_commit(struct parts *p)
{
	enum d4_status st;

	if (p->n_dirty == 0)
		return D4_OK;
	st = p->n_dirty > SYNC_SINGLE ? commit_all(p) : commit_each(p);
	if (st == D4_OK && p->made && fsync(p->fd) != 0)
		st = parts_io_status(errno);
	if (st == D4_OK)
		p->made = false;
	return st;
}
