#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <openssl/evp.h>
#include "relay/source_file.h"

#define GZIP_ANY (15 + 16) /* zlib: largest window, gzip only */

/* A block without a rest in base64: three bytes are four, and a NUL. */
#define FILE_WHOLE (CUT_BLOCK / 3 * 3)
#define FILE_TEXT  (CUT_BLOCK / 3 * 4 + 8)

/* ---- opening ---- */

static enum d4_status
file_errno(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return D4_ENOENT;
	case EXDEV: /* RESOLVE_BENEATH */
	case ELOOP: /* RESOLVE_NO_SYMLINKS */
	case ENAMETOOLONG:
	case EINVAL:
		return D4_EDENIED;
	case ENXIO: /* a socket */
	case EISDIR:
		return D4_EINVAL;
	case EACCES:
	case EPERM:
		return D4_EPERM;
	default:
		return D4_EIO;
	}
}

/* O_NONBLOCK: a fifo must not hold us. */
static enum d4_status
file_open(const char *dir, const char *path, int *out)
{
	struct open_how how = {
	    .flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
	    .resolve =
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	enum d4_status st = D4_OK;
	int top, saved;
	long fd;

	top = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return D4_EIO;
	fd = syscall(SYS_openat2, top, path, &how, sizeof(how));
	if (fd < 0)
		st = file_errno();
	saved = errno;
	(void)close(top);
	errno = saved;
	if (st == D4_OK)
		*out = (int)fd;
	return st;
}

static enum d4_status
file_look(struct source_file *f)
{
	struct stat sb;

	if (fstat(f->fd, &sb) != 0)
		return D4_EIO;
	if (!S_ISREG(sb.st_mode))
		return D4_EINVAL;
	f->size = (uint64_t)sb.st_size;
	f->mtime_s = sb.st_mtime > 0 ? (uint64_t)sb.st_mtime : 0;
	f->mtime_ns = f->mtime_s * 1000000000 + (uint64_t)sb.st_mtim.tv_nsec;
	f->dev = sb.st_dev;
	f->ino = sb.st_ino;
	return D4_OK;
}

void
source_file_free(struct source_file *f)
{
	if (f == NULL)
		return;
	if (f->fd >= 0)
		(void)close(f->fd);
	if (f->gzip)
		(void)inflateEnd(&f->z);
	source_cut_fini(&f->cut);
	free(f->in);
	free(f->block);
	free(f->text);
	free(f);
}

enum d4_status
source_file_new(const char *dir, const char *path,
    const struct d4_cutter_kind *kind, uint64_t max, struct source_file **out)
{
	struct source_file *f = calloc(1, sizeof(*f));
	enum d4_status st;

	if (f == NULL)
		return D4_ENOMEM;
	f->fd = -1;
	f->max = max;
	st = source_cut_init(&f->cut, kind);
	if (st == D4_OK)
		st = file_open(dir, path, &f->fd);
	if (st == D4_OK)
		st = file_look(f);
	f->in = malloc(FILE_READ_MAX);
	f->block = malloc(CUT_BLOCK);
	if (st == D4_OK && (f->in == NULL || f->block == NULL))
		st = D4_ENOMEM;
	if (st != D4_OK) {
		source_file_free(f);
		return st;
	}
	*out = f;
	return D4_OK;
}

enum d4_status
source_file_whole(struct source_file *f, bool plain)
{
	f->plain = plain;
	f->text = malloc(FILE_TEXT);
	return f->text != NULL ? D4_OK : D4_ENOMEM;
}

/* ---- bytes ---- */

static void
file_broken(struct source_file *f, enum d4_reason why)
{
	f->why = why;
	f->end = true;
}

/* Up to n bytes of the file; 0: none are left, or it broke. */
static size_t
file_read(struct source_file *f, uint8_t *to, size_t n)
{
	size_t got = 0;
	ssize_t r;

	while (got < n) {
		r = read(f->fd, to + got, n - got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			file_broken(f, D4_R_FILE_READ);
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	f->taken += got;
	return got;
}

static bool
file_fill(struct source_file *f)
{
	if (f->at_in < f->n_in)
		return true;
	f->at_in = 0;
	f->n_in = file_read(f, f->in, FILE_READ_MAX);
	return f->n_in > 0;
}

/* A member ended; another may follow, anything else breaks the file. */
static void
file_member_end(struct source_file *f)
{
	f->member = false;
	if (!file_fill(f))
		f->end = true;
	else if (inflateReset(&f->z) != Z_OK)
		file_broken(f, D4_R_INTERNAL);
	else
		f->member = true;
}

static size_t
file_inflate(struct source_file *f, size_t max)
{
	int r = Z_OK;

	f->z.next_out = f->block;
	f->z.avail_out = (uInt)max;
	while (f->z.avail_out > 0 && !f->end) {
		if (!file_fill(f)) {
			if (!f->end)
				file_broken(f, D4_R_FILE_GZIP);
			break;
		}
		f->z.next_in = f->in + f->at_in;
		f->z.avail_in = (uInt)(f->n_in - f->at_in);
		r = inflate(&f->z, Z_NO_FLUSH);
		f->at_in = f->n_in - f->z.avail_in;
		if (r == Z_STREAM_END)
			file_member_end(f);
		else if (r != Z_OK)
			file_broken(f, D4_R_FILE_GZIP);
	}
	return max - f->z.avail_out;
}

/* Which of both it is, by its first bytes. */
static bool
file_begin(struct source_file *f)
{
	if (!file_fill(f))
		return false;
	if (f->plain || f->n_in < 2 || f->in[0] != 0x1f || f->in[1] != 0x8b)
		return true;
	if (inflateInit2(&f->z, GZIP_ANY) != Z_OK) {
		file_broken(f, D4_R_INTERNAL);
		return false;
	}
	f->gzip = f->member = true;
	return true;
}

static size_t
file_plain(struct source_file *f, size_t max)
{
	size_t n = 0, more;

	while (n < max && file_fill(f)) {
		more = f->n_in - f->at_in;
		if (more > max - n)
			more = max - n;
		memcpy(f->block + n, f->in + f->at_in, more);
		f->at_in += more;
		n += more;
	}
	if (n < max)
		f->end = true;
	return n;
}

/* Bytes of the next block, never more of the file than its limit. */
static size_t
file_block(struct source_file *f)
{
	size_t max = f->text != NULL ? FILE_WHOLE : CUT_BLOCK;
	size_t n = f->gzip ? file_inflate(f, max) : file_plain(f, max);

	if (n > f->max - f->unpacked) {
		n = (size_t)(f->max - f->unpacked);
		file_broken(f, D4_R_FILE_TOOBIG);
	}
	f->unpacked += n;
	return n;
}

/* The next block, as the cutter gets it. */
static struct d4_slice
file_bytes(struct source_file *f)
{
	size_t n = file_block(f);
	int text;

	if (f->text == NULL)
		return d4_slice_of(f->block, n);
	text = EVP_EncodeBlock(f->text, f->block, (int)n);
	return d4_slice_of(f->text, (size_t)text);
}

bool
source_file_over(const struct source_file *f)
{
	return f->end && !source_cut_full(&f->cut);
}

enum d4_status
source_file_next(struct source_file *f)
{
	bool full = source_cut_full(&f->cut);
	enum d4_status st;

	if (source_file_over(f))
		return D4_END;
	source_cut_begin(&f->cut);
	if (!full && f->taken == 0 && !file_begin(f)) {
		f->end = true;
		return f->why == D4_R_NONE ? D4_END : D4_OK;
	}
	if (full)
		st = source_cut_go(&f->cut);
	else
		st = source_cut_feed(&f->cut, file_bytes(f));
	if (f->cut.dead)
		f->end = true; /* no need to read what is not understood */
	if (st == D4_OK && source_file_over(f))
		st = source_cut_end(&f->cut, f->why == D4_R_NONE);
	return st;
}
