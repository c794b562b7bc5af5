#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>
#include <openssl/rand.h>
#include "libd4/kit/file.h"
#include "libd4/kit/overflow.h"

static enum d4_status
write_status(int err)
{
	if (err == EEXIST)
		return D4_EEXIST;
	return err == ENOSPC || err == EDQUOT ? D4_ENOSPC : D4_EIO;
}

static void
writer_close(struct d4_overflow_writer *w)
{
	int saved = errno;

	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
	errno = saved;
}

/* All of both pieces at off, or not. */
static enum d4_status
write_both(int fd, struct iovec iov[2], uint64_t off)
{
	size_t all = iov[0].iov_len + iov[1].iov_len, done = 0;

	while (done < all) {
		struct iovec *v = iov[0].iov_len != 0 ? iov : iov + 1;
		ssize_t n =
		    pwritev(fd, v, v == iov ? 2 : 1, (off_t)(off + done));
		size_t head;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return write_status(errno);
		done += (size_t)n;
		head = (size_t)n < iov[0].iov_len ? (size_t)n : iov[0].iov_len;
		iov[0].iov_base = (uint8_t *)iov[0].iov_base + head;
		iov[0].iov_len -= head;
		n -= (ssize_t)head;
		iov[1].iov_base = (uint8_t *)iov[1].iov_base + n;
		iov[1].iov_len -= (size_t)n;
	}
	return D4_OK;
}

/* The name is durable with the folder. */
static enum d4_status
sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum d4_status st = D4_OK;
	int saved;

	if (fd < 0)
		return D4_EIO;
	if (fsync(fd) != 0)
		st = write_status(errno);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return st;
}

static enum d4_status
writer_begin(struct d4_overflow_writer *w, const char *dir)
{
	uint8_t head[D4_OVERFLOW_HEAD];
	struct iovec iov[2] = {{head, sizeof(head)}, {head, 0}};
	enum d4_status st;

	w->seed = d4_overflow_head_put(&w->head, head);
	st = write_both(w->fd, iov, 0);
	if (st == D4_OK && fdatasync(w->fd) != 0)
		st = write_status(errno);
	if (st == D4_OK)
		st = sync_folder(dir);
	w->off = D4_OVERFLOW_HEAD;
	return st;
}

enum d4_status
d4_overflow_create(const char *dir, struct d4_overflow_head *head,
    struct d4_overflow_writer *out)
{
	struct d4_overflow_writer w = {.fd = -1};
	char name[D4_OVERFLOW_NAME];
	enum d4_status st;
	char *path;

	if (RAND_bytes((uint8_t *)&head->salt, sizeof(head->salt)) != 1)
		return D4_ECRYPTO;
	w.head = *head;
	d4_overflow_name(head->segment, name);
	path = d4_path(dir, name);
	if (path == NULL)
		return D4_ENOMEM;
	w.fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	st = w.fd >= 0 ? writer_begin(&w, dir) : write_status(errno);
	if (st != D4_OK && w.fd >= 0) {
		writer_close(&w);
		(void)unlink(path);
	}
	free(path);
	if (st == D4_OK)
		*out = w;
	return st;
}

enum d4_status
d4_overflow_append(struct d4_overflow_writer *w,
    const struct d4_overflow_entry *e, struct d4_ref *ref)
{
	uint8_t fixed[D4_OVERFLOW_FIXED];
	struct iovec iov[2] = {
	    {fixed, sizeof(fixed)}, {(void *)(uintptr_t)e->data.p, e->data.n}};
	enum d4_status st;
	uint32_t crc;
	int saved;

	if (w->off + sizeof(fixed) + e->data.n > D4_OVERFLOW_FILE)
		return D4_ETOOBIG;
	crc = d4_overflow_entry_put(e, w->seed, fixed);
	st = write_both(w->fd, iov, w->off);
	if (st != D4_OK) {
		/* What cannot be cut off is a torn tail, and no harm. */
		saved = errno;
		if (ftruncate(w->fd, (off_t)w->off) != 0)
			st = D4_EIO;
		errno = saved;
		return st;
	}
	*ref = (struct d4_ref){.store = w->head.store,
	    .segment = w->head.segment,
	    .offset = (uint32_t)w->off,
	    .length = (uint32_t)e->data.n,
	    .crc = crc};
	w->off += sizeof(fixed) + e->data.n;
	w->dirty = true;
	return D4_OK;
}

enum d4_status
d4_overflow_sync(struct d4_overflow_writer *w)
{
	if (!w->dirty)
		return D4_OK;
	if (fdatasync(w->fd) != 0)
		return write_status(errno);
	w->dirty = false;
	return D4_OK;
}

void
d4_overflow_finish(struct d4_overflow_writer *w)
{
	writer_close(w);
	w->dirty = false;
}
