#include <stdint.h>
#include <stdlib.h>
#include "libd4/kit/spool_format.h"
#include "libd4/kit/spool_zstd.h"

/* Packed data of any bytes: the limits hold, and the opening fits. */
static void
unpack(struct d4_spool_entry e)
{
	struct spool_zstd *z = NULL;
	struct d4_buf out;

	if (spool_zstd_new(&z) != D4_OK)
		return;
	d4_buf_init(&out, D4_SPOOL_ENTRY + 1);
	if (spool_zstd_unpack(z, &e, &out) == D4_OK &&
	    (e.packed || e.data.n > D4_SPOOL_ENTRY || e.opening > e.data.n))
		abort();
	d4_buf_fini(&out);
	spool_zstd_free(z);
}

/*
 * A segment of any bytes: its header, and the walk over its entries, once as
 * a file that still grows and once as a finished one. The walk must end, and
 * only move forward; entries must lie inside the file and rise.
 */
static void
walk(struct d4_slice file, bool final)
{
	struct spool_walk w = {.final = final, .seed = spool_seed(file)};
	struct d4_spool_lane lane;
	struct d4_spool_entry e;
	struct d4_buf meta;
	uint64_t last = 0;
	enum d4_status st;
	size_t skipped, before;

	d4_buf_init(&meta, SPOOL_JSON_MAX);
	if (spool_lane_decode(file, &meta, &lane, &w.off) != D4_OK)
		w.off = 0;
	do {
		before = w.off;
		st = spool_walk_next(&w, file, &e, &skipped);
		if (w.off > file.n || w.off < before)
			abort();
		if (st != D4_AGAIN && w.off == before)
			abort();
		if (st != D4_OK)
			continue;
		if (e.seq <= last || (e.opening > e.data.n && !e.packed) ||
		    e.data.p + e.data.n > file.p + file.n)
			abort();
		last = e.seq;
		if (e.packed && final)
			unpack(e);
	} while (st != D4_AGAIN);
	d4_buf_fini(&meta);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_spool_entry raw = {
	    .packed = true, .data = d4_slice_of(data, size)};

	unpack(raw); /* a checksum would stand before it */
	walk(d4_slice_of(data, size), false);
	walk(d4_slice_of(data, size), true);
	return 0;
}
