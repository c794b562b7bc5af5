/* JSON files: what is taken comes out as whole JSON lines, and no others. */
#include <assert.h>
#include <string.h>
#include <jansson.h>
#include "sensor/folder_item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_slice in = d4_slice_of(data, size), rest;
	struct d4_buf out;

	d4_buf_init(&out, 2 * size + 2);
	if (folder_json(in, &out) == D4_OK) {
		rest = d4_buf_slice(&out);
		assert(rest.n != 0 && rest.p[rest.n - 1] == '\n');
		while (rest.n != 0) {
			const uint8_t *nl = memchr(rest.p, '\n', rest.n);
			size_t n = (size_t)(nl - rest.p) + 1;
			struct d4_slice line = d4_slice_skip(&rest, n);
			json_t *v = json_loadb((const char *)line.p, line.n,
			    JSON_DECODE_ANY | JSON_ALLOW_NUL |
				JSON_DECODE_INT_AS_REAL,
			    NULL);

			assert(v != NULL);
			json_decref(v);
		}
	}
	d4_buf_fini(&out);
	return 0;
}
