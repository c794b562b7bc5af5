/* Answers of MISP: any bytes as JSON, as CSV, under any status. */
#include <assert.h>
#include <string.h>
#include "libd4/uuid.h"
#include "misp-export/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_uuid(void *arg, const struct d4_uuid *u)
{
	(void)u;
	(*(size_t *)arg)++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reply_in in = {.body = {data, size}};
	size_t n = 0;
	struct reply r;

	in.status = size > 0 ? data[0] * 4L : 0;
	for (int i = 0; i < 8; i++) {
		static const long status[] = {200, 403, 404, 405, 413, 500};

		in.status = i < 6 ? status[i] : in.status;
		in.location = i % 2 != 0;
		in.csv = i == 7;
		reply_read(&in, &r);
		assert(memchr(r.why, '\0', sizeof(r.why)) != NULL);
		for (size_t k = 0; k < r.n; k++)
			assert(r.error[k].index < REPLY_ERRORS);
		reply_fini(&r);
	}
	(void)reply_uuids(d4_slice_of(data, size), on_uuid, &n);
	return 0;
}
