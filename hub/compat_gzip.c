#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include "hub/compat_gzip.h"

#define PIECE  65536u
#define WINDOW (15 + 16) /* zlib: gzip's header */
#define LEVEL  1         /* captures are large, and a queue waits */

static enum d4_status
write_all(int fd, const uint8_t *p, size_t n)
{
	while (n != 0) {
		ssize_t got = write(fd, p, n);

		if (got < 0 && errno != EINTR)
			return D4_EIO;
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
	return D4_OK;
}

/* What zlib has for us; flush: Z_NO_FLUSH or Z_FINISH. */
static enum d4_status
deflate_out(z_stream *z, int to, int flush)
{
	uint8_t out[PIECE];
	enum d4_status st = D4_OK;

	do {
		z->next_out = out;
		z->avail_out = sizeof(out);
		if (deflate(z, flush) == Z_STREAM_ERROR)
			return D4_EIO;
		st = write_all(to, out, sizeof(out) - z->avail_out);
	} while (st == D4_OK && z->avail_out == 0);
	return st;
}

static enum d4_status
deflate_file(int from, int to)
{
	z_stream z = {0};
	uint8_t in[PIECE];
	enum d4_status st = D4_OK;
	ssize_t n = 1;

	if (deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW, 8,
		Z_DEFAULT_STRATEGY) != Z_OK)
		return D4_ENOMEM;
	while (st == D4_OK && n > 0) {
		n = read(from, in, sizeof(in));
		if (n < 0) {
			st = D4_EIO;
			break;
		}
		z.next_in = in;
		z.avail_in = (unsigned)n;
		st = deflate_out(&z, to, n == 0 ? Z_FINISH : Z_NO_FLUSH);
	}
	(void)deflateEnd(&z);
	return st;
}

enum d4_status
compat_gzip(const char *from, const char *to)
{
	char part[1100];
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), out;
	enum d4_status st;

	if (in < 0)
		return D4_EIO;
	(void)snprintf(part, sizeof(part), "%s.part", to);
	out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    0640);
	st = out >= 0 ? deflate_file(in, out) : D4_EIO;
	if (st == D4_OK && fdatasync(out) < 0)
		st = D4_EIO;
	if (out >= 0)
		(void)close(out);
	(void)close(in);
	if (st == D4_OK && rename(part, to) < 0)
		st = D4_EIO;
	if (st != D4_OK)
		(void)unlink(part);
	return st;
}
