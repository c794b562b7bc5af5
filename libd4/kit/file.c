#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include "libd4/kit/file.h"

#define FILE_CHUNK 65536u

static enum d4_status
file_status(int err)
{
	if (err == ENOENT)
		return D4_ENOENT;
	if (err == ENOSPC || err == EDQUOT)
		return D4_ENOSPC;
	return D4_EIO;
}

/* read(2) again after a signal. */
static ssize_t
file_read_some(int fd, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Appends all of fd; one byte more than the limit is D4_ETOOBIG. */
static enum d4_status
file_slurp(int fd, struct d4_buf *out)
{
	uint8_t extra;
	size_t room;
	ssize_t n;

	while (out->n < out->max) {
		room = out->max - out->n;
		if (room > FILE_CHUNK)
			room = FILE_CHUNK;
		if (d4_buf_reserve(out, room) != D4_OK)
			return D4_ENOMEM;
		n = file_read_some(fd, out->p + out->n, room);
		if (n <= 0)
			return n == 0 ? D4_OK : file_status(errno);
		out->n += (size_t)n;
	}
	n = file_read_some(fd, &extra, 1);
	if (n < 0)
		return file_status(errno);
	return n == 0 ? D4_OK : D4_ETOOBIG;
}

static enum d4_status
file_open(const char *path, int *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return file_status(errno);
	*out = fd;
	return D4_OK;
}

/* close(2) that keeps errno for the caller. */
static void
file_close(int fd)
{
	int saved = errno;

	(void)close(fd);
	errno = saved;
}

enum d4_status
d4_file_read(const char *path, struct d4_buf *out)
{
	enum d4_status st;
	int fd = -1;

	st = file_open(path, &fd);
	if (st != D4_OK)
		return st;
	st = file_slurp(fd, out);
	file_close(fd);
	return st;
}

static enum d4_status
file_write_all(int fd, struct d4_slice s)
{
	while (s.n != 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_status(errno);
		(void)d4_slice_skip(&s, (size_t)n);
	}
	return D4_OK;
}

enum d4_status
d4_dir_sync(const char *path)
{
	enum d4_status st = D4_OK;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		st = file_status(errno);
	if (fd >= 0)
		file_close(fd);
	return st;
}

enum d4_status
d4_file_remove(const char *dir, const char *name)
{
	char *path = d4_path(dir, name);
	enum d4_status st = D4_OK;

	if (path == NULL)
		return D4_ENOMEM;
	if (unlink(path) != 0)
		st = errno == ENOENT ? D4_ENOENT : D4_EIO;
	free(path);
	return st == D4_OK ? d4_dir_sync(dir) : st;
}

/* The folder of path is made durable too: it holds the new name. */
static enum d4_status
file_sync_folder(const char *path)
{
	char *copy = strdup(path);
	enum d4_status st;

	if (copy == NULL)
		return D4_ENOMEM;
	st = d4_dir_sync(dirname(copy));
	free(copy);
	return st;
}

static enum d4_status
file_fill(int fd, struct d4_slice content, unsigned mode)
{
	enum d4_status st = file_write_all(fd, content);

	if (st == D4_OK && fchmod(fd, (mode_t)mode) != 0)
		st = D4_EIO;
	if (st == D4_OK && fsync(fd) != 0)
		st = file_status(errno);
	return st;
}

enum d4_status
d4_file_replace(const char *path, struct d4_slice content, unsigned mode)
{
	enum d4_status st;
	char *tmp = NULL;
	int fd;

	if (asprintf(&tmp, "%s.XXXXXX", path) < 0)
		return D4_ENOMEM;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		st = errno == ENOSPC ? D4_ENOSPC : D4_EIO;
		free(tmp);
		return st;
	}
	st = file_fill(fd, content, mode);
	if (close(fd) != 0 && st == D4_OK)
		st = D4_EIO;
	if (st == D4_OK && rename(tmp, path) != 0)
		st = file_status(errno);
	if (st != D4_OK) {
		int saved = errno;

		(void)unlink(tmp);
		errno = saved;
	}
	free(tmp);
	return st == D4_OK ? file_sync_folder(path) : st;
}

/* Who may know a secret: its owner alone, and that is root or us. */
static enum d4_status
file_check_secret(int fd)
{
	struct stat sb;

	if (fstat(fd, &sb) != 0)
		return D4_EIO;
	if (!S_ISREG(sb.st_mode) || (sb.st_mode & 07177) != 0)
		return D4_EPERM;
	if (sb.st_uid != 0 && sb.st_uid != geteuid())
		return D4_EPERM;
	return D4_OK;
}

enum d4_status
d4_secret_read(const char *path, struct d4_buf *out)
{
	enum d4_status st;
	int fd = -1;

	/* Grown once: a realloc would leave a copy of the secret behind. */
	if (out->max <= FILE_CHUNK &&
	    d4_buf_reserve(out, out->max - out->n) != D4_OK)
		return D4_ENOMEM;
	st = file_open(path, &fd);
	if (st == D4_OK)
		st = file_check_secret(fd);
	if (st == D4_OK)
		st = file_slurp(fd, out);
	if (fd >= 0)
		file_close(fd);
	if (st != D4_OK) {
		d4_buf_wipe(out);
		return st;
	}
	if (out->n != 0 && out->p[out->n - 1] == '\n')
		out->n--;
	return D4_OK;
}

static enum d4_status
file_master_hex(const uint8_t *p, uint8_t key[32])
{
	for (size_t i = 0; i < 64; i++) {
		if (d4_hex_value(p[i]) < 0)
			return D4_EMALFORMED;
	}
	for (size_t i = 0; i < 32; i++)
		key[i] = (uint8_t)(d4_hex_value(p[2 * i]) * 16 +
				   d4_hex_value(p[2 * i + 1]));
	return D4_OK;
}

enum d4_status
d4_master_read(const char *path, uint8_t key[32])
{
	enum d4_status st;
	struct d4_buf b;

	d4_buf_init(&b, 65);
	st = d4_secret_read(path, &b);
	/* 32 raw bytes whose last one is a newline lose it: put it back. */
	if (st == D4_OK && b.n == 31 && b.p[31] == '\n')
		b.n = 32;
	if (st == D4_OK && b.n == 32)
		memcpy(key, b.p, 32);
	else if (st == D4_OK && b.n == 64)
		st = file_master_hex(b.p, key);
	else if (st == D4_OK || st == D4_ETOOBIG)
		st = D4_EMALFORMED;
	d4_buf_wipe(&b);
	return st;
}

/* What is there already is left as it is. */
static enum d4_status
dir_above(char *path)
{
	for (char *s = strchr(path + 1, '/'); s != NULL;
	     s = strchr(s + 1, '/')) {
		*s = '\0';
		/* In a sandbox chmod is refused, and what the umask left of it
		 * is right: there all is below a folder of ours. */
		if (mkdir(path, 0755) == 0)
			(void)chmod(path, 0755);
		else if (errno != EEXIST)
			return D4_EIO;
		*s = '/';
	}
	return D4_OK;
}

enum d4_status
d4_dir_above(const char *path)
{
	char *p = strdup(path);
	enum d4_status st;

	if (p == NULL)
		return D4_ENOMEM;
	st = p[0] != '\0' ? dir_above(p) : D4_OK;
	free(p);
	return st;
}

enum d4_status
d4_dir_make(const char *path, unsigned mode)
{
	size_t n = strlen(path);
	enum d4_status st = D4_OK;
	struct stat sb;
	char *p;

	while (n > 1 && path[n - 1] == '/')
		n--; /* what stands behind it is not below it */
	p = strndup(path, n);
	if (p == NULL)
		return D4_ENOMEM;
	if (n > 0)
		st = dir_above(p);
	if (st == D4_OK && mkdir(p, (mode_t)mode) != 0 && errno != EEXIST)
		st = D4_EIO;
	if (st == D4_OK && stat(p, &sb) == 0 && !S_ISDIR(sb.st_mode)) {
		errno = ENOTDIR;
		st = D4_EIO;
	}
	free(p);
	return st;
}

char *
d4_path(const char *dir, const char *name)
{
	char *out = NULL;

	if (asprintf(&out, "%s/%s", dir, name) < 0)
		return NULL;
	return out;
}
