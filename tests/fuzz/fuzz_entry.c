/*
 * Name, value pairs, each as a length byte and so many bytes, as a queue
 * entry; what is accepted is written and read back the same.
 */
#include <assert.h>
#include <string.h>
#include "libd4/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAIRS_MAX 32u

static size_t
fuzz_pairs(struct d4_slice in, struct d4_slice out[2 * PAIRS_MAX])
{
	size_t n = 0;

	while (n < 2 * (size_t)PAIRS_MAX && in.n != 0) {
		size_t len = d4_slice_skip(&in, 1).p[0];

		out[n++] = d4_slice_skip(&in, len < in.n ? len : in.n);
	}
	return n / 2;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_slice pairs[2 * PAIRS_MAX], again[2 * D4_ENTRY_FIELDS];
	struct d4_entry_text text;
	struct d4_entry e, back;
	size_t n = fuzz_pairs(d4_slice_of(data, size), pairs);
	char key[256];

	if (d4_entry_parse(pairs, n, &e) != D4_OK)
		return 0;
	d4_entry_fields(&e, &text, again);
	if (d4_entry_parse(again, D4_ENTRY_FIELDS, &back) != D4_OK)
		assert(0);
	assert(e.seq == back.seq && e.n == back.n && e.type == back.type);
	assert(e.t_hdr_s == back.t_hdr_s && e.t_rx_us == back.t_rx_us);
	assert(d4_uuid_eq(&e.sess, &back.sess));
	assert(d4_uuid_eq(&e.sensor, &back.sensor));
	assert(d4_slice_eq(e.data, back.data) && d4_slice_eq(e.ext, back.ext));
	assert(d4_slice_eq(e.meta, back.meta));
	assert(e.ref.segment == back.ref.segment);
	assert(e.ref.store == back.ref.store && e.ref.crc == back.ref.crc);
	assert(e.ref.offset == back.ref.offset);
	assert(e.ref.length == back.ref.length);
	assert(d4_slice_eq(e.peer, back.peer));
	if (d4_queue_key(e.type, e.ext, d4_queue_shard(&e.sensor, 16), key,
		sizeof(key)) != D4_OK)
		assert(0);
	return 0;
}
