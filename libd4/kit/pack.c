#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <zlib.h>
#include <zstd.h>
#include "libd4/kit/pack.h"

#define PACK_OUT  65536u
#define PACK_SYNC (1u << 20) /* bytes, then the disk is asked to begin */
#define PACK_GZIP 16         /* zlib: a gzip header, window of 32 KiB */
#define PACK_ZSTD 3

#define PACK_ZSTD_MAX 19 /* above it memory is another matter */

struct d4_pack;

/* A way of packing: all of in, and at the end what is left inside. */
struct pack_kind {
	const char *ext;
	enum d4_status (*begin)(struct d4_pack *f);
	bool (*level)(struct d4_pack *f, int level);
	enum d4_status (*put)(struct d4_pack *f, struct d4_slice in, bool end);
	void (*free)(struct d4_pack *f);
};

/*
 * struct d4_pack
 * Shape:  bytes: written to fd; synced: of those, what the disk has begun.
 */
struct d4_pack {
	const struct pack_kind *kind;
	int fd;
	EVP_MD_CTX *sum;
	uint64_t bytes, synced;
	z_stream gzip;
	ZSTD_CCtx *zstd;
	uint8_t out[PACK_OUT];
};

static enum d4_status
pack_status(int e)
{
	return e == ENOSPC || e == EDQUOT || e == EFBIG ? D4_ENOSPC : D4_EIO;
}

/* Bytes as they are to be in the file. */
static enum d4_status
pack_put(struct d4_pack *f, struct d4_slice s)
{
	ssize_t n;

	if (s.n != 0 && EVP_DigestUpdate(f->sum, s.p, s.n) != 1)
		return D4_ECRYPTO;
	while (s.n != 0) {
		n = write(f->fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pack_status(errno);
		(void)d4_slice_skip(&s, (size_t)n);
		f->bytes += (uint64_t)n;
	}
	if (f->bytes - f->synced >= PACK_SYNC) {
		/* Only a beginning: the end's fsync says whether it worked. */
		(void)sync_file_range(f->fd, (off64_t)f->synced,
		    (off64_t)(f->bytes - f->synced), SYNC_FILE_RANGE_WRITE);
		f->synced = f->bytes;
	}
	return D4_OK;
}

/* ---- as it is ---- */

static enum d4_status
plain_begin(struct d4_pack *f)
{
	(void)f;
	return D4_OK;
}

static bool
plain_level(struct d4_pack *f, int level)
{
	(void)f;
	(void)level;
	return false;
}

static enum d4_status
plain_put(struct d4_pack *f, struct d4_slice in, bool end)
{
	(void)end;
	return pack_put(f, in);
}

static void
plain_free(struct d4_pack *f)
{
	(void)f;
}

/* ---- gzip ---- */

static enum d4_status
gzip_begin(struct d4_pack *f)
{
	return deflateInit2(&f->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
		   MAX_WBITS + PACK_GZIP, 8, Z_DEFAULT_STRATEGY) == Z_OK
	           ? D4_OK
	           : D4_ENOMEM;
}

static bool
gzip_level(struct d4_pack *f, int level)
{
	return level <= Z_BEST_COMPRESSION &&
	       deflateParams(&f->gzip, level, Z_DEFAULT_STRATEGY) == Z_OK;
}

static enum d4_status
gzip_put(struct d4_pack *f, struct d4_slice in, bool end)
{
	enum d4_status st = D4_OK;
	int r = Z_OK;

	/* zlib reads it only, and says so with ZLIB_CONST alone. */
	f->gzip.next_in = (Bytef *)(uintptr_t)in.p;
	f->gzip.avail_in = (uInt)in.n;
	do {
		f->gzip.next_out = f->out;
		f->gzip.avail_out = PACK_OUT;
		r = deflate(&f->gzip, end ? Z_FINISH : Z_NO_FLUSH);
		if (r == Z_STREAM_ERROR)
			return D4_EIO;
		st = pack_put(
		    f, d4_slice_of(f->out, PACK_OUT - f->gzip.avail_out));
	} while (st == D4_OK &&
		 (f->gzip.avail_out == 0 || (end && r != Z_STREAM_END)));
	return st;
}

static void
gzip_free(struct d4_pack *f)
{
	(void)deflateEnd(&f->gzip);
}

/* ---- zstd ---- */

static enum d4_status
zstd_begin(struct d4_pack *f)
{
	f->zstd = ZSTD_createCCtx();
	if (f->zstd == NULL ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(
		f->zstd, ZSTD_c_compressionLevel, PACK_ZSTD)) != 0 ||
	    ZSTD_isError(
		ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_checksumFlag, 1)) != 0)
		return D4_ENOMEM;
	return D4_OK;
}

static bool
zstd_level(struct d4_pack *f, int level)
{
	return level <= PACK_ZSTD_MAX &&
	       ZSTD_isError(ZSTD_CCtx_setParameter(
		   f->zstd, ZSTD_c_compressionLevel, level)) == 0;
}

static enum d4_status
zstd_put(struct d4_pack *f, struct d4_slice in, bool end)
{
	ZSTD_inBuffer from = {in.p, in.n, 0};
	enum d4_status st = D4_OK;
	size_t left;

	do {
		ZSTD_outBuffer to = {f->out, PACK_OUT, 0};

		left = ZSTD_compressStream2(
		    f->zstd, &to, &from, end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left) != 0)
			return D4_EIO;
		st = pack_put(f, d4_slice_of(f->out, to.pos));
	} while (st == D4_OK && (from.pos < from.size || (end && left != 0)));
	return st;
}

static void
zstd_free(struct d4_pack *f)
{
	(void)ZSTD_freeCCtx(f->zstd);
}

static const struct pack_kind kinds[] = {
    [D4_PACK_PLAIN] = {"", plain_begin, plain_level, plain_put, plain_free},
    [D4_PACK_GZIP] = {".gz", gzip_begin, gzip_level, gzip_put, gzip_free},
    [D4_PACK_ZSTD] = {".zst", zstd_begin, zstd_level, zstd_put, zstd_free},
};

/* ---- files ---- */

const char *
d4_pack_ext(enum d4_pack_kind pack)
{
	return kinds[pack].ext;
}

/* For nobody else: the folder may be a web server's, and it is not public. */
static enum d4_status
pack_create(struct d4_pack *f, const char *path)
{
	f->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (f->fd < 0)
		return errno == EEXIST ? D4_EEXIST : pack_status(errno);
	return D4_OK;
}

enum d4_status
d4_pack_open(const char *path, enum d4_pack_kind pack, struct d4_pack **out)
{
	struct d4_pack *f = calloc(1, sizeof(*f));
	enum d4_status st;

	if (f == NULL)
		return D4_ENOMEM;
	f->kind = &kinds[pack];
	f->fd = -1;
	f->sum = EVP_MD_CTX_new();
	st =
	    f->sum != NULL && EVP_DigestInit_ex(f->sum, EVP_sha256(), NULL) == 1
		? D4_OK
		: D4_ENOMEM;
	if (st == D4_OK)
		st = f->kind->begin(f);
	if (st == D4_OK)
		st = pack_create(f, path);
	if (st != D4_OK) {
		d4_pack_close(f);
		return st;
	}
	*out = f;
	return D4_OK;
}

enum d4_status
d4_pack_level(struct d4_pack *f, unsigned level)
{
	if (level == 0)
		return D4_OK;
	return level <= INT_MAX && f->kind->level(f, (int)level) ? D4_OK
	                                                         : D4_EINVAL;
}

enum d4_status
d4_pack_write(struct d4_pack *f, struct d4_slice bytes)
{
	return f->kind->put(f, bytes, false);
}

enum d4_status
d4_pack_finish(
    struct d4_pack *f, unsigned mode, uint64_t *bytes, char sum[D4_PACK_SUM])
{
	enum d4_status st = f->kind->put(f, (struct d4_slice){0}, true);
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (st == D4_OK && fchmod(f->fd, (mode_t)mode) != 0)
		st = D4_EIO;
	if (st == D4_OK && fsync(f->fd) != 0)
		st = pack_status(errno);
	if (st == D4_OK && EVP_DigestFinal_ex(f->sum, md, &n) != 1)
		st = D4_ECRYPTO;
	if (st != D4_OK)
		return st;
	d4_slice_hex(d4_slice_of(md, n), sum);
	*bytes = f->bytes;
	return D4_OK;
}

void
d4_pack_close(struct d4_pack *f)
{
	int saved = errno;

	if (f == NULL)
		return;
	f->kind->free(f);
	EVP_MD_CTX_free(f->sum);
	if (f->fd >= 0)
		(void)close(f->fd);
	free(f);
	errno = saved;
}
