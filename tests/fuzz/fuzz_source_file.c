#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "relay/source_file.h"

#define MAX 1000000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Any bytes as a file, gzip or not, of lines and as a capture: records are
 * numbered without a gap, the limit holds, and it comes to an end.
 */
static void
try_file(const char *dir, const struct d4_cutter_kind *kind)
{
	struct source_file *f = NULL;
	uint64_t n = 0;

	if (source_file_new(dir, "f", kind, MAX, &f) != D4_OK)
		abort();
	while (source_file_next(f) == D4_OK) {
		assert(f->cut.seq == n);
		assert(f->cut.out.n <= f->cut.out.max);
		n += f->cut.n;
	}
	assert(f->end && f->unpacked <= MAX);
	source_file_free(f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char dir[] = "/tmp/d4-fuzz.XXXXXX";
	static char path[64];
	FILE *to;

	if (path[0] == '\0') {
		if (mkdtemp(dir) == NULL)
			abort();
		(void)snprintf(path, sizeof(path), "%s/f", dir);
	}
	to = fopen(path, "wb");
	if (to == NULL || fwrite(data, 1, size, to) != size || fclose(to) != 0)
		abort();
	try_file(dir, &d4_cutter_lines);
	try_file(dir, &d4_cutter_pcap);
	(void)unlink(path);
	return 0;
}
