/*
 * A session's frames, whole and in pieces. The input is a script: type, two
 * bytes of length, payload, and so on; each frame is sealed, so that bytes
 * get behind the HMAC. The first byte says how the wire is cut; its highest
 * bit that one byte of the wire is flipped (where the second byte says).
 */
#include "tests/support/intake_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_WIRE (256u << 10)

static void
make_wire(struct d4_buf *wire, struct d4_slice in)
{
	while (in.n >= 3 && wire->n < FUZZ_WIRE / 2) {
		const uint8_t *head = d4_slice_skip(&in, 3).p;
		size_t n = ((size_t)head[1] << 8 | head[2]) % SCRIPT_PAYLOAD;

		if (n > in.n)
			n = in.n;
		script_frame(wire, head[0], d4_slice_skip(&in, n));
	}
}

static void
run_session(struct script *s, struct d4_slice wire, size_t step)
{
	enum d4_status st = D4_OK;

	script_init(s);
	while (wire.n != 0 && st == D4_OK)
		st = intake_feed(&s->in,
		    d4_slice_skip(&wire, wire.n < step ? wire.n : step));
	assert(st == D4_OK || st == D4_EDENIED);
	assert((st == D4_EDENIED) == (s->in.refused != D4_R_NONE));
	if (st == D4_OK)
		(void)intake_finish(&s->in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script whole, cut;
	struct d4_buf wire;

	if (size < 2)
		return 0;
	d4_buf_init(&wire, FUZZ_WIRE);
	make_wire(&wire, d4_slice_of(data + 2, size - 2));
	if ((data[0] & 0x80) != 0 && wire.n != 0)
		wire.p[data[1] * wire.n / 256] ^= 1;
	run_session(&whole, d4_buf_slice(&wire), SIZE_MAX);
	run_session(&cut, d4_buf_slice(&wire), 1u + (data[0] & 0x7f));
	assert(whole.in.refused == cut.in.refused);
	assert(whole.in.frames == cut.in.frames);
	assert(whole.records == cut.records && whole.bad == cut.bad);
	assert(whole.hash == cut.hash);
	script_fini(&whole);
	script_fini(&cut);
	d4_buf_fini(&wire);
	return 0;
}
