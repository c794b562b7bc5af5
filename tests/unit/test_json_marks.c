#include "guard.h"
#include "sanitizers/json_marks.h"
#include "test.h"

#define MOST  300u
#define WORDS (MOST / SAN_JSON_BLOCK + 1)

static bool
marked(struct d4_slice s, size_t at)
{
	uint8_t c = at < s.n ? s.p[at] : 0;

	return c == '"' || c == '\\' || c < ' ' || c >= 0x80;
}

static void
check(struct d4_slice s, const uint64_t *bits)
{
	for (size_t i = 0; i < san_json_marks_words(s.n) * 64; i++) {
		if ((bits[i / 64] >> i % 64 & 1) != marked(s, i))
			fail_msg("byte %zu of %zu: %d", i, s.n, !marked(s, i));
	}
}

/* In two ways, with nothing to read in front of the text or behind it. */
static void
marks_of(struct d4_slice text)
{
	uint64_t bits[WORDS], same[WORDS];
	struct guard g;
	struct d4_slice s = guard_new(&g, text);

	san_json_marks_plain(s.p, s.n, bits);
	check(s, bits);
	san_json_marks(s.p, s.n, same);
	assert_memory_equal(
	    same, bits, san_json_marks_words(s.n) * sizeof(bits[0]));
	guard_free(&g);
}

static void
each_byte_that_ends_a_run_has_a_bit(void **state)
{
	uint8_t text[MOST];

	(void)state;
	for (size_t n = 0; n <= MOST; n++) {
		memset(text, 'x', n);
		marks_of(d4_slice_of(text, n));
		for (size_t i = 0; i < n; i++)
			text[i] = (uint8_t)(i * 37 + n);
		marks_of(d4_slice_of(text, n));
	}
}

static void
the_next_one_is_found_from_everywhere(void **state)
{
	uint8_t text[MOST];

	(void)state;
	for (size_t n = 1; n < MOST; n += 13) {
		uint64_t bits[WORDS];
		size_t at = n * 5 / 7;

		memset(text, 'x', n);
		text[at] = '"';
		san_json_marks(text, n, bits);
		for (size_t i = 0; i <= n; i++)
			assert_int_equal(
			    san_json_marks_next(bits, i), i <= at ? at
							  : n > i ? n
								  : i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_byte_that_ends_a_run_has_a_bit),
	    cmocka_unit_test(the_next_one_is_found_from_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
