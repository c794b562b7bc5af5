#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/overflow.h"

#define FOLDER_MAX 128u

/* Up to n bytes at off; *got less only at the end of the file. */
static enum d4_status
read_at(int fd, uint64_t off, uint8_t *p, size_t n, size_t *got)
{
	*got = 0;
	while (*got < n) {
		ssize_t k = pread(fd, p + *got, n - *got, (off_t)(off + *got));

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return D4_EIO;
		if (k == 0)
			break;
		*got += (size_t)k;
	}
	return D4_OK;
}

void
d4_overflow_close(struct d4_overflow_file *f)
{
	int saved = errno;

	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = -1;
	errno = saved;
}

/* Is it the file that its name says, of this queue? */
static enum d4_status
file_check(struct d4_overflow_file *f, const struct d4_overflow_head *want)
{
	uint8_t bytes[D4_OVERFLOW_HEAD];
	struct d4_overflow_head head;
	enum d4_status st;
	struct stat sb;
	size_t got;

	if (fstat(f->fd, &sb) != 0)
		return D4_EIO;
	if (!S_ISREG(sb.st_mode) || sb.st_size > D4_OVERFLOW_FILE)
		return D4_ECHECKSUM;
	st = read_at(f->fd, 0, bytes, sizeof(bytes), &got);
	if (st == D4_OK)
		st = d4_overflow_head_get(
		    d4_slice_of(bytes, got), &head, &f->seed);
	if (st == D4_AGAIN)
		return D4_ECHECKSUM;
	if (st == D4_OK &&
	    (head.store != want->store || head.segment != want->segment ||
		head.origin != want->origin))
		return D4_ECHECKSUM;
	return st;
}

/* root/QUEUE/SHARD/SEGMENT, from checked parts only. */
static enum d4_status
file_path(const char *root, const char *key, uint64_t segment, char **out)
{
	char folder[FOLDER_MAX], name[D4_OVERFLOW_NAME];
	enum d4_status st = d4_overflow_folder(key, folder, sizeof(folder));
	char *path = NULL;

	if (st != D4_OK)
		return D4_EMALFORMED;
	d4_overflow_name(segment, name);
	if (asprintf(&path, "%s/%s/%s", root, folder, name) < 0)
		return D4_ENOMEM;
	*out = path;
	return D4_OK;
}

static enum d4_status
file_open(struct d4_overflow_file *f, const char *root, const char *key,
    const struct d4_ref *ref)
{
	const struct d4_overflow_head want = {.store = ref->store,
	    .segment = ref->segment,
	    .origin = d4_overflow_origin(key)};
	enum d4_status st;
	uint64_t store;
	char *path;

	d4_overflow_close(f);
	st = d4_overflow_store(root, false, &store);
	if (st == D4_EIO || st == D4_ENOMEM)
		return st;
	if (st != D4_OK || store != ref->store)
		return D4_ENOTSUP;
	st = file_path(root, key, ref->segment, &path);
	if (st != D4_OK)
		return st;
	/* A fifo would keep us for ever: O_NONBLOCK; a link leads away. */
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	free(path);
	if (f->fd < 0)
		return errno == ENOENT ? D4_ENOENT : D4_EIO;
	f->segment = ref->segment;
	st = file_check(f, &want);
	if (st != D4_OK)
		d4_overflow_close(f);
	return st;
}

/* Does what stands there belong to this entry? */
static bool
entry_agrees(const struct d4_overflow_entry *have, const struct d4_entry *e)
{
	return d4_uuid_eq(&have->sensor, &e->sensor) && have->seq == e->seq &&
	       have->n == e->n && have->t_rx_us == e->t_rx_us &&
	       have->data.n == e->ref.length && have->crc == e->ref.crc;
}

enum d4_status
d4_overflow_read(struct d4_overflow_file *f, const char *root, const char *key,
    struct d4_entry *e, struct d4_buf *buf)
{
	size_t want = D4_OVERFLOW_FIXED + (size_t)e->ref.length, used;
	struct d4_overflow_entry have;
	enum d4_status st = D4_OK;

	if (f->fd < 0 || f->segment != e->ref.segment)
		st = file_open(f, root, key, &e->ref);
	buf->n = 0;
	if (st == D4_OK)
		st = d4_buf_reserve(buf, want);
	if (st == D4_OK)
		st = read_at(f->fd, e->ref.offset, buf->p, want, &buf->n);
	if (st != D4_OK)
		return st;
	st = d4_overflow_entry_get(d4_buf_slice(buf), f->seed, &have, &used);
	if (st != D4_OK || !entry_agrees(&have, e))
		return D4_ECHECKSUM;
	e->data = have.data;
	return D4_OK;
}
