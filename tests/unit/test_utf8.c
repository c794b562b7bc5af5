#include "guard.h"
#include "sanitizers/utf8.h"
#include "test.h"

/* What RFC 3629 says of a sequence of n bytes, in few words. */
static bool
model(const uint8_t *b, size_t n)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	static const uint8_t head[] = {0, 0, 0xc0, 0xe0, 0xf0};
	static const uint8_t mask[] = {0, 0, 0xe0, 0xf0, 0xf8};
	uint32_t c = b[0] & ~(uint32_t)mask[n] & 0xff;

	if ((b[0] & mask[n]) != head[n])
		return false;
	for (size_t i = 1; i < n; i++) {
		if (b[i] >> 6 != 2)
			return false;
		c = c << 6 | (b[i] & 0x3f);
	}
	return c >= least[n] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

static void
every_sequence_is_judged_as_the_standard_has_it(void **state)
{
	static const uint8_t tail[] = {
	    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
	const size_t t = COUNT(tail);

	(void)state;
	for (size_t i = 0; i < 128 * t * t * t; i++) {
		uint8_t b[4] = {(uint8_t)(0x80 + i / (t * t * t)),
		    tail[i / (t * t) % t], tail[i / t % t], tail[i % t]};
		size_t want = 0;

		for (size_t n = 2; n <= 4 && want == 0; n++)
			want = model(b, n) ? n : 0;
		assert_int_equal(san_utf8_sequence(b, b + 4), want);
	}
}

static void
nothing_behind_the_end_is_read(void **state)
{
	static const char *const rows[] = {
	    "\xc3", "\xe2\x82", "\xf0\x9f\x98", "a\xc3", "\xc3\xa4\xe2"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct guard g;
		struct d4_slice s = guard_new(&g, d4_slice_str(rows[i]));

		assert_false(san_utf8_ok(s));
		guard_free(&g);
	}
}

static void
whole_texts_are_taken_or_not(void **state)
{
	(void)state;
	assert_true(san_utf8_ok(d4_slice_str("plain")));
	assert_true(san_utf8_ok(d4_slice_str("b\xc3\xbc"
					     "cher \xe2\x82\xac \xf0\x9f\x98"
					     "\x80")));
	assert_false(san_utf8_ok(d4_slice_str("latin-1 \xfc")));
	assert_false(san_utf8_ok(d4_slice_str("\xed\xa0\x80")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sequence_is_judged_as_the_standard_has_it),
	    cmocka_unit_test(nothing_behind_the_end_is_read),
	    cmocka_unit_test(whole_texts_are_taken_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
