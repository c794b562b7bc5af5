#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/spool_dir.h"

void
spool_segs_fini(struct spool_segs *s)
{
	free(s->list);
	*s = (struct spool_segs){.n = 0};
}

enum d4_status
spool_segs_add(struct spool_segs *s, uint64_t first, uint64_t bytes)
{
	struct spool_seg *list;
	size_t cap;

	if (s->n == s->cap) {
		cap = s->cap == 0 ? 16 : 2 * s->cap;
		list = reallocarray(s->list, cap, sizeof(*list));
		if (list == NULL)
			return D4_ENOMEM;
		s->list = list;
		s->cap = cap;
	}
	s->list[s->n++] = (struct spool_seg){.first = first, .bytes = bytes};
	return D4_OK;
}

void
spool_seg_note(struct spool_seg *s, const struct d4_spool_entry *e)
{
	bool one = s->last == 0;

	if (one || e->t_first_us < s->t_first_us)
		s->t_first_us = e->t_first_us;
	if (e->t_last_us > s->t_last_us)
		s->t_last_us = e->t_last_us;
	/* One that never expires (0) keeps them all: 0 - 1 is the latest. */
	if (one || e->expires_s - 1 > s->expires_s - 1)
		s->expires_s = e->expires_s;
	if (s->base == UINT64_MAX)
		s->base = e->base;
	s->last = e->seq;
}

void
spool_seg_base(struct spool_seg *s, const struct d4_spool_lane *head)
{
	s->base = head != NULL ? head->base : UINT64_MAX;
}

void
spool_seg_ragged(struct spool_seg *s, uint64_t next)
{
	s->last = next - 1;
}

static int
spool_seg_compare(const void *a, const void *b)
{
	const struct spool_seg *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static enum d4_status
spool_dir_scan(DIR *d, struct spool_segs *out)
{
	enum d4_status st = D4_OK;
	struct dirent *e;
	struct stat sb;
	uint64_t first;

	while (st == D4_OK && (e = readdir(d)) != NULL) {
		if (!d4_spool_name_seq(e->d_name, &first))
			continue;
		if (fstatat(dirfd(d), e->d_name, &sb, 0) != 0)
			continue; /* trimmed just now */
		st = out->n < SPOOL_SEGMENTS_MAX
		         ? spool_segs_add(out, first, (uint64_t)sb.st_size)
		         : D4_ETOOBIG;
	}
	return st;
}

static DIR *
spool_dir_open(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL && fd >= 0)
		(void)close(fd);
	return d;
}

enum d4_status
spool_dir_list(int dirfd, struct spool_segs *out)
{
	DIR *d = spool_dir_open(dirfd);
	enum d4_status st;

	if (d == NULL)
		return D4_EIO;
	out->n = 0;
	st = spool_dir_scan(d, out);
	(void)closedir(d);
	if (st == D4_OK && out->n > 1)
		qsort(out->list, out->n, sizeof(*out->list), spool_seg_compare);
	return st;
}

enum d4_status
spool_dir_clean(int dirfd)
{
	DIR *d = spool_dir_open(dirfd);
	struct dirent *e;

	if (d == NULL)
		return D4_EIO;
	while ((e = readdir(d)) != NULL) {
		if (strspn(e->d_name, "0123456789") == 20 &&
		    strncmp(e->d_name + 20, ".seg.", 5) == 0)
			(void)unlinkat(dirfd, e->d_name, 0);
	}
	(void)closedir(d);
	return D4_OK;
}

enum d4_status
spool_read_at(int fd, uint64_t off, size_t n, struct d4_buf *buf, size_t *got)
{
	enum d4_status st;
	size_t done = 0;

	st = d4_buf_reserve(buf, n);
	if (st != D4_OK)
		return st;
	while (done < n) {
		ssize_t k =
		    pread(fd, buf->p + buf->n, n - done, (off_t)(off + done));

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return D4_EIO;
		if (k == 0)
			break;
		buf->n += (size_t)k;
		done += (size_t)k;
	}
	*got = done;
	return D4_OK;
}
