#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/wire.h"
#include "relay/frames.h"

static void
every_type_has_its_kind_and_size(void **state)
{
	(void)state;
	assert_int_equal(frames_kind_of(1, 1u << 28 | 1), FRAMES_PCAP_LE);
	assert_int_equal(frames_kind_of(1, 2u << 28 | 1), FRAMES_PCAP_BE);
	assert_int_equal(frames_kind_of(1, 3u << 28 | 1), FRAMES_PCAP_LE);
	assert_int_equal(frames_kind_of(1, 4u << 28 | 1), FRAMES_PCAP_BE);
	assert_int_equal(frames_kind_of(8, 0), FRAMES_LINES);
	assert_int_equal(frames_max(1), 16322);
	assert_int_equal(frames_max(3), 10000);
	assert_int_equal(frames_max(8), 10000);
	assert_int_equal(frames_max(254), 16322);
}

static void
expect(
    enum frames_kind kind, struct d4_slice *rest, enum d4_status st, size_t n)
{
	struct d4_slice payload = {NULL, 0};

	assert_int_equal(frames_next(kind, 10, rest, &payload), st);
	assert_int_equal(payload.n, n);
}

static void
lines_are_cut_at_their_ends_and_never_inside(void **state)
{
	struct d4_slice rest = d4_slice_str("abc\ndef\nghi\n"
					    "0123456789ABC\nx\nlast");

	(void)state;
	expect(FRAMES_LINES, &rest, D4_OK, 8);
	expect(FRAMES_LINES, &rest, D4_OK, 4);
	expect(FRAMES_LINES, &rest, D4_OK, 14);
	expect(FRAMES_LINES, &rest, D4_OK, 2);
	expect(FRAMES_LINES, &rest, D4_EMALFORMED, 4);
	expect(FRAMES_LINES, &rest, D4_END, 0);
}

static size_t
put_packet(uint8_t *p, enum frames_kind kind, uint32_t n)
{
	memset(p, 0, 16 + (size_t)n);
	if (kind == FRAMES_PCAP_LE) {
		d4_put_le32(p + 8, n);
	} else {
		p[10] = (uint8_t)(n >> 8);
		p[11] = (uint8_t)n;
	}
	return 16 + (size_t)n;
}

static void
packets_are_cut_at_their_ends_in_either_byte_order(void **state)
{
	static const enum frames_kind kinds[] = {
	    FRAMES_PCAP_LE, FRAMES_PCAP_BE};
	struct d4_slice rest, payload;
	uint8_t data[512];
	size_t n;

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		n = put_packet(data, kinds[k], 4);
		n += put_packet(data + n, kinds[k], 4);
		n += put_packet(data + n, kinds[k], 300);
		rest = d4_slice_of(data, n + 7);
		assert_int_equal(
		    frames_next(kinds[k], 50, &rest, &payload), D4_OK);
		assert_int_equal(payload.n, 40);
		assert_int_equal(
		    frames_next(kinds[k], 50, &rest, &payload), D4_OK);
		assert_int_equal(payload.n, 316);
		assert_int_equal(
		    frames_next(kinds[k], 50, &rest, &payload), D4_EMALFORMED);
		assert_int_equal(rest.n, 0);
	}
}

static void
a_record_over_a_million_bytes_is_too_big(void **state)
{
	size_t n = 1000001;
	uint8_t *data = malloc(n + 3);
	struct d4_slice rest, payload;

	(void)state;
	assert_non_null(data);
	memset(data, 'x', n + 3);
	data[n - 1] = '\n';
	data[n + 2] = '\n';
	rest = d4_slice_of(data, n + 3);
	assert_int_equal(
	    frames_next(FRAMES_LINES, 10000, &rest, &payload), D4_ETOOBIG);
	assert_int_equal(payload.n, n);
	assert_int_equal(
	    frames_next(FRAMES_LINES, 10000, &rest, &payload), D4_OK);
	assert_int_equal(payload.n, 3);
	data[n - 2] = '\n';
	rest = d4_slice_of(data, n - 1);
	assert_int_equal(
	    frames_next(FRAMES_LINES, 10000, &rest, &payload), D4_OK);
	assert_int_equal(payload.n, 1000000);
	free(data);
}

/* The TLS records that a write of n bytes becomes: is any too short? */
static void
expect_records(size_t n)
{
	for (; n > 16384; n -= 16384)
		continue;
	assert_true(n == 0 || n >= 62);
}

/* The sizes that wire.md names as lost, and all around the borders. */
static void
no_record_of_a_frame_is_too_short(void **state)
{
	(void)state;
	for (size_t frame = 62; frame < 200000; frame++) {
		size_t head = frames_head(frame);

		assert_true(head < frame && head < 128);
		expect_records(head);
		expect_records(frame - head);
	}
	assert_true(frames_head(62 + 16323) > 0);
	assert_true(frames_head(62 + 16383) > 0);
	assert_true(frames_head(62 + 32707) > 0);
	assert_int_equal(frames_head(62 + 16322), 0);
	assert_int_equal(frames_head(62 + 16384), 0);
	assert_int_equal(frames_head(62 + 1000000), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_type_has_its_kind_and_size),
	    cmocka_unit_test(lines_are_cut_at_their_ends_and_never_inside),
	    cmocka_unit_test(
		packets_are_cut_at_their_ends_in_either_byte_order),
	    cmocka_unit_test(a_record_over_a_million_bytes_is_too_big),
	    cmocka_unit_test(no_record_of_a_frame_is_too_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
