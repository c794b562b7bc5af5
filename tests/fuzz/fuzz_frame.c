/* Bytes as frames, whole and in pieces (the first byte says how long). */
#include <assert.h>
#include <stdlib.h>
#include "libd4/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAYLOAD_MAX 5000u

struct fuzz_frames {
	uint64_t n, payload, hash;
	enum d4_status end;
	size_t held;
};

static struct fuzz_frames
fuzz_parse(struct d4_slice s, size_t step)
{
	struct fuzz_frames sum = {.end = D4_AGAIN};
	struct d4_parser *p = NULL;
	struct d4_frame f;

	if (d4_parser_new(PAYLOAD_MAX, &p) != D4_OK)
		abort();
	while (s.n != 0 && sum.end == D4_AGAIN) {
		struct d4_slice in = d4_slice_skip(&s, s.n < step ? s.n : step);

		while ((sum.end = d4_parser_feed(p, &in, &f)) == D4_OK) {
			assert(f.header.size == f.payload.n);
			assert(f.payload.n <= PAYLOAD_MAX);
			sum.n++;
			sum.payload += f.payload.n;
			for (size_t i = 0; i < f.payload.n; i++)
				sum.hash = (sum.hash ^ f.payload.p[i]) * 31;
			sum.hash ^= f.header.timestamp_s + f.wire[26];
		}
	}
	sum.held = sum.end == D4_AGAIN ? d4_parser_held(p) : 0;
	d4_parser_free(p);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_frames whole, cut;
	struct d4_slice s;

	if (size == 0)
		return 0;
	s = d4_slice_of(data + 1, size - 1);
	whole = fuzz_parse(s, SIZE_MAX);
	cut = fuzz_parse(s, 1u + data[0]);
	assert(whole.n == cut.n && whole.payload == cut.payload);
	assert(whole.hash == cut.hash && whole.end == cut.end);
	assert(whole.held == cut.held);
	return 0;
}
