#include <stdlib.h>
#include <zstd.h>
#include "libd4/kit/spool_zstd.h"

/*
 * The cheapest: what waits is compressed beside the work on what comes
 * (ADR 0014).
 */
#define ZSTD_LEVEL 1

struct spool_zstd {
	ZSTD_CCtx *in;
	ZSTD_DCtx *out;
};

enum d4_status
spool_zstd_new(struct spool_zstd **out)
{
	struct spool_zstd *z = calloc(1, sizeof(*z));

	if (z == NULL)
		return D4_ENOMEM;
	*out = z;
	return D4_OK;
}

void
spool_zstd_free(struct spool_zstd *z)
{
	if (z == NULL)
		return;
	(void)ZSTD_freeCCtx(z->in);
	(void)ZSTD_freeDCtx(z->out);
	free(z);
}

enum d4_status
spool_zstd_pack(struct spool_zstd *z, struct d4_slice data, struct d4_buf *out)
{
	enum d4_status st;
	size_t n;

	if (z->in == NULL)
		z->in = ZSTD_createCCtx();
	if (z->in == NULL)
		return D4_ENOMEM;
	st = d4_buf_reserve(out, ZSTD_compressBound(data.n));
	if (st != D4_OK)
		return st;
	n = ZSTD_compressCCtx(z->in, out->p + out->n, out->cap - out->n, data.p,
	    data.n, ZSTD_LEVEL);
	if (ZSTD_isError(n))
		return D4_ENOMEM;
	out->n += n;
	return D4_OK;
}

enum d4_status
spool_zstd_unpack(
    struct spool_zstd *z, struct d4_spool_entry *e, struct d4_buf *out)
{
	unsigned long long size =
	    ZSTD_getFrameContentSize(e->data.p, e->data.n);
	enum d4_status st;
	size_t n;

	/* Unknown and error are the two largest numbers. */
	if (size > D4_SPOOL_ENTRY || e->opening > size ||
	    ZSTD_findFrameCompressedSize(e->data.p, e->data.n) != e->data.n)
		return D4_ECHECKSUM;
	if (z->out == NULL)
		z->out = ZSTD_createDCtx();
	if (z->out == NULL)
		return D4_ENOMEM;
	out->n = 0;
	st = d4_buf_reserve(out, (size_t)size + 1);
	if (st != D4_OK)
		return st;
	n = ZSTD_decompressDCtx(
	    z->out, out->p, (size_t)size, e->data.p, e->data.n);
	if (ZSTD_isError(n) || n != size)
		return D4_ECHECKSUM;
	out->n = n;
	e->data = d4_buf_slice(out);
	e->packed = false;
	return D4_OK;
}
