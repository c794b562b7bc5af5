/* Files of the quarantine: any bytes; what is taken is written the same. */
#include <assert.h>
#include <string.h>
#include "libd4/kit/crc32c.h"
#include "libd4/wire.h"
#include "relay/quarantine_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
an_entry(struct d4_slice in)
{
	struct quarantine_entry e;
	struct d4_buf out;

	if (quarantine_get_entry(in, &e) != D4_OK)
		return;
	assert(e.opening.n + e.record.n < in.n);
	d4_buf_init(&out, QUARANTINE_FRONT + QUARANTINE_ENTRY);
	assert(quarantine_put_entry(&e, &out) == D4_OK);
	assert(d4_slice_eq(d4_buf_slice(&out), in));
	d4_buf_fini(&out);
}

/* The same with the sum that it should have: behind it there is more to find.
 */
static void
a_summed_entry(const uint8_t *data, size_t size)
{
	struct d4_buf b;

	d4_buf_init(&b, QUARANTINE_FRONT + QUARANTINE_ENTRY);
	if (size >= QUARANTINE_FRONT && d4_buf_add(&b, data, size) == D4_OK) {
		d4_put_le32(b.p, (uint32_t)(size - QUARANTINE_FRONT));
		d4_put_le32(
		    b.p + 4, d4_crc32c(0, d4_slice_of(b.p + QUARANTINE_FRONT,
					      size - QUARANTINE_FRONT)));
		an_entry(d4_buf_slice(&b));
	}
	d4_buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[QUARANTINE_HEAD];
	struct quarantine_head h;

	an_entry(d4_slice_of(data, size));
	a_summed_entry(data, size);
	if (size < QUARANTINE_HEAD || quarantine_get_head(data, &h) != D4_OK)
		return 0;
	quarantine_put_head(&h, again);
	assert(memcmp(again, data, 6) == 0);
	assert(strlen(h.ext) == data[5]);
	return 0;
}
