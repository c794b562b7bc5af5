/* Frames made by tests/support/d4.py, byte-equal to the D4 C client's. */
#include "test.h"
#include "libd4/frame.h"
#include "libd4/hmac.h"

#define WIRE_MAX 32768u

static void
check_frame(const char *name, struct d4_slice key, struct d4_slice wire)
{
	uint8_t again[D4_HEADER_LEN];
	struct d4_slice in = wire;
	struct d4_parser *p = NULL;
	struct d4_hmac *h = NULL;
	struct d4_frame f;

	assert_int_equal(d4_hmac_new(key, &h), D4_OK);
	assert_int_equal(d4_parser_new(D4_PAYLOAD_MAX, &p), D4_OK);
	if (d4_parser_feed(p, &in, &f) != D4_OK || in.n != 0)
		fail_msg("%s is not one whole frame", name);
	assert_int_equal(d4_hmac_check(h, f.wire, f.payload), D4_OK);
	memset(f.header.hmac, 0, sizeof(f.header.hmac));
	d4_header_encode(&f.header, again);
	assert_int_equal(d4_hmac_seal(h, again, f.payload), D4_OK);
	assert_memory_equal(again, wire.p, sizeof(again));
	d4_parser_free(p);
	d4_hmac_free(h);
}

static void
every_golden_frame_is_read_and_sealed_to_the_same_bytes(void **state)
{
	static uint8_t wire[WIRE_MAX];
	uint8_t key[256];
	char *text, *line, *rest;
	unsigned frames = 0;
	size_t n;

	(void)state;
	text = (char *)test_read("tests/golden/frames.txt", &n);
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *name, *hex;
		size_t n_key, n_wire;

		if (line[0] == '#' || line[0] == '\0')
			continue;
		name = strsep(&line, " ");
		hex = strsep(&line, " ");
		n_key = test_hex(hex, key, sizeof(key));
		n_wire = test_hex(line, wire, sizeof(wire));
		check_frame(
		    name, d4_slice_of(key, n_key), d4_slice_of(wire, n_wire));
		frames++;
	}
	assert_int_equal(frames, 7);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		every_golden_frame_is_read_and_sealed_to_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
