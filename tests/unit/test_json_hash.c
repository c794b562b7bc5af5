#include "guard.h"
#include "sanitizers/json_hash.h"
#include "test.h"

#define MOST 40u

/* The same bytes have the same hash, wherever they stand. */
static uint64_t
hash_of(const uint8_t *p, size_t n)
{
	struct guard g;
	struct d4_slice s = guard_new(&g, d4_slice_of(p, n));
	uint64_t h = san_json_hash(s);

	assert_int_equal(h, san_json_hash(d4_slice_of(p, n)));
	guard_free(&g);
	return h;
}

static void
every_byte_and_the_length_count(void **state)
{
	uint8_t text[MOST];

	(void)state;
	for (size_t n = 1; n <= MOST; n++) {
		uint64_t h;

		memset(text, 'a', sizeof(text));
		h = hash_of(text, n);
		assert_true(h != hash_of(text, n - 1));
		for (size_t i = 0; i < n; i++) {
			text[i] ^= 1;
			assert_true(h != hash_of(text, n));
			text[i] ^= 1;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_byte_and_the_length_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
