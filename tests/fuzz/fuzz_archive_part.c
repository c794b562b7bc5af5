/*
 * A part file of the archive: what is accepted is written and read back the
 * same, and its extended type is one that may be a folder's name.
 */
#include <assert.h>
#include <string.h>
#include "hub/archive_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_head(const struct part_head *h, struct d4_slice bytes)
{
	struct archive_name name;
	struct d4_buf again;
	uint32_t seed;

	d4_buf_init(&again, PART_HEAD_MAX);
	assert(part_head_put(h, &again, &seed) == D4_OK);
	assert(again.n == bytes.n && again.n >= PART_HEAD);
	assert(memcmp(again.p + PART_HEAD, bytes.p + PART_HEAD,
		   again.n - PART_HEAD) == 0);
	d4_buf_fini(&again);
	if (archive_name(h, false, ".gz", &name) == D4_OK)
		assert(strstr(name.dir, "..") == NULL ||
		       memchr(h->ext.p, '.', h->ext.n) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_slice at = d4_slice_of(data, size);
	uint8_t again[PART_FRAME];
	struct part_frame f;
	struct part_head h;
	uint32_t seed = 0;
	size_t used = 0;

	if (part_head_get(at, &h, &seed, &used) != D4_OK)
		return 0;
	fuzz_head(&h, d4_slice_skip(&at, used));
	while (part_frame_get(at, seed, &f, &used) == D4_OK) {
		assert(used <= at.n && f.opening <= f.data.n);
		part_frame_put(&f, seed, again);
		assert(memcmp(again, at.p, PART_FRAME) == 0);
		(void)d4_slice_skip(&at, used);
	}
	return 0;
}
