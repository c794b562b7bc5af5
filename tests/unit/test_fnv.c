#include "test.h"
#include "libd4/fnv.h"

/* From the authors' own test vectors. */
static void
hashes_are_those_of_its_authors(void **state)
{
	(void)state;
	assert_int_equal(d4_fnv32(D4_FNV32, d4_slice_str("")), 0x811c9dc5);
	assert_int_equal(d4_fnv32(D4_FNV32, d4_slice_str("a")), 0xe40c292c);
	assert_int_equal(
	    d4_fnv32(D4_FNV32, d4_slice_str("foobar")), 0xbf9cf968);
	assert_int_equal(d4_fnv64(D4_FNV64, d4_slice_str("a")),
	    UINT64_C(0xaf63dc4c8601ec8c));
	assert_int_equal(d4_fnv64(D4_FNV64, d4_slice_str("foobar")),
	    UINT64_C(0x85944171f73967e8));
}

static void
bytes_may_come_in_parts(void **state)
{
	uint32_t h = d4_fnv32(D4_FNV32, d4_slice_str("foo"));
	uint64_t w = d4_fnv64(D4_FNV64, d4_slice_str("foo"));

	(void)state;
	assert_int_equal(d4_fnv32(h, d4_slice_str("bar")), 0xbf9cf968);
	assert_int_equal(
	    d4_fnv64(w, d4_slice_str("bar")), UINT64_C(0x85944171f73967e8));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hashes_are_those_of_its_authors),
	    cmocka_unit_test(bytes_may_come_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
