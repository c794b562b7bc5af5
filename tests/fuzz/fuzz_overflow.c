/*
 * A segment of the overflow: the first byte says from where its entries are
 * walked. What is accepted is written and read back the same. The bytes are
 * a queue's key, too: no accepted one leads out of its folder.
 */
#include <assert.h>
#include <string.h>
#include "libd4/kit/overflow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_key(const uint8_t *data, size_t size)
{
	char key[128], out[128];
	size_t n = size < sizeof(key) - 1 ? size : sizeof(key) - 1;
	const char *slash;

	memcpy(key, data, n);
	key[n] = '\0';
	if (d4_overflow_folder(key, out, sizeof(out)) != D4_OK)
		return;
	slash = strchr(out, '/');
	assert(slash != NULL && strchr(slash + 1, '/') == NULL);
	assert(out[0] >= '0' && out[0] <= '9');
	assert(slash[1] >= '0' && slash[1] <= '9');
}

static void
fuzz_entries(struct d4_slice at, uint32_t seed)
{
	struct d4_overflow_entry e;
	uint8_t again[D4_OVERFLOW_FIXED];
	size_t used;

	while (d4_overflow_entry_get(at, seed, &e, &used) == D4_OK) {
		assert(used <= at.n && e.data.n == used - sizeof(again));
		assert(d4_overflow_entry_put(&e, seed, again) == e.crc);
		assert(memcmp(again, at.p, sizeof(again)) == 0);
		(void)d4_slice_skip(&at, used);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_overflow_head head;
	struct d4_slice file;
	uint32_t seed = 0;
	size_t from;

	if (size == 0)
		return 0;
	fuzz_key(data, size);
	from = D4_OVERFLOW_HEAD + (size_t)data[0];
	file = d4_slice_of(data + 1, size - 1);
	if (d4_overflow_head_get(file, &head, &seed) != D4_OK)
		return 0;
	(void)d4_slice_skip(&file, from < file.n ? from : file.n);
	fuzz_entries(file, seed);
	return 0;
}
