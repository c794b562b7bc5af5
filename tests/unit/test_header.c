#include "test.h"
#include "guard.h"
#include "libd4/header.h"

/* version, type, UUID, timestamp, HMAC, size: each byte another value. */
static void
sample(uint8_t wire[D4_HEADER_LEN])
{
	for (unsigned i = 0; i < D4_HEADER_LEN; i++)
		wire[i] = (uint8_t)(i + 0x80);
	wire[0] = 1;
	wire[1] = 8;
}

static void
each_field_is_read_from_its_offset_little_endian(void **state)
{
	uint8_t wire[D4_HEADER_LEN];
	struct d4_header h;

	(void)state;
	sample(wire);
	assert_int_equal(d4_header_decode(wire, &h), D4_OK);
	assert_int_equal(h.version, 1);
	assert_int_equal(h.type, 8);
	assert_memory_equal(h.uuid.b, wire + 2, D4_UUID_LEN);
	assert_true(h.timestamp_s == 0x9998979695949392ULL);
	assert_memory_equal(h.hmac, wire + 26, D4_HMAC_LEN);
	assert_true(h.size == 0xbdbcbbbaU);
}

static void
what_was_decoded_encodes_to_the_same_bytes(void **state)
{
	uint8_t wire[D4_HEADER_LEN], again[D4_HEADER_LEN];
	struct d4_header h;

	(void)state;
	for (unsigned type = 1; type < 256; type++) {
		sample(wire);
		wire[1] = (uint8_t)type;
		assert_int_equal(d4_header_decode(wire, &h), D4_OK);
		d4_header_encode(&h, again);
		assert_memory_equal(again, wire, sizeof(wire));
	}
}

static void
other_versions_and_type_0_are_refused_untouched(void **state)
{
	static const struct {
		uint8_t version, type;
		enum d4_status st;
	} rows[] = {
	    {0, 8, D4_EVERSION},
	    {2, 8, D4_EVERSION},
	    {255, 0, D4_EVERSION},
	    {1, 0, D4_EMALFORMED},
	};
	uint8_t wire[D4_HEADER_LEN];
	struct d4_header h, marker;

	(void)state;
	memset(&marker, 0xee, sizeof(marker));
	for (size_t i = 0; i < COUNT(rows); i++) {
		sample(wire);
		wire[0] = rows[i].version;
		wire[1] = rows[i].type;
		h = marker;
		assert_int_equal(d4_header_decode(wire, &h), rows[i].st);
		assert_memory_equal(&h, &marker, sizeof(h));
	}
}

static void
it_reads_62_bytes_and_no_more(void **state)
{
	uint8_t wire[D4_HEADER_LEN];
	struct d4_header h;
	struct d4_slice s;
	struct guard g;

	(void)state;
	sample(wire);
	s = guard_new(&g, d4_slice_of(wire, sizeof(wire)));
	assert_int_equal(d4_header_decode(s.p, &h), D4_OK);
	guard_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_field_is_read_from_its_offset_little_endian),
	    cmocka_unit_test(what_was_decoded_encodes_to_the_same_bytes),
	    cmocka_unit_test(other_versions_and_type_0_are_refused_untouched),
	    cmocka_unit_test(it_reads_62_bytes_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
