/* The archive's memory: what is accepted is written back the same. */
#include <assert.h>
#include <stdlib.h>
#include "hub/archive_seen_file.h"

#define FILE_MAX (1u << 21)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum d4_status
is_there(void *arg, const struct d4_uuid *sess, uint64_t last)
{
	assert(seen_has(arg, sess, last));
	return D4_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct archive_seen *s = NULL, *again = NULL;
	struct d4_buf out;

	d4_buf_init(&out, FILE_MAX);
	if (seen_new(&s) != D4_OK || seen_new(&again) != D4_OK)
		abort();
	if (seen_get(d4_slice_of(data, size), s) != D4_OK) {
		assert(seen_sessions(s) == 0);
	} else {
		assert(seen_put(s, &out) == D4_OK);
		/* A session that is twice in it is one. */
		assert(out.n <= size);
		assert(seen_get(d4_buf_slice(&out), again) == D4_OK);
		assert(seen_sessions(s) == seen_sessions(again));
		assert(seen_each(s, is_there, again) == D4_OK);
	}
	seen_free(s);
	seen_free(again);
	d4_buf_fini(&out);
	return 0;
}
