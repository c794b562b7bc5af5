#include "sanitizers/find_marks.h"
#include "test.h"
#include "ways.h"

#define RUNS 20000u

static struct san_ends ends = {2, {{0}}};

static const char *
row_of(char out[SAN_PIECE + 1], size_t at, const char *text)
{
	memset(out, 'x', SAN_PIECE);
	out[SAN_PIECE] = '\0';
	memcpy(out + at, text, strlen(text));
	return out;
}

/* All ways say the same. */
static uint64_t
marks(const char *text, const struct san_ends *e)
{
	static uint64_t (*const way[])(
	    const uint8_t *, const struct san_ends *) = WAYS(san_find_marks);
	static const struct san_ends any = {.n = SAN_MASKS_ENDS + 1};
	const uint8_t *p = (const uint8_t *)text;
	uint64_t m = san_find_marks(p, e);

	for (unsigned k = 0; k < COUNT(way); k++) {
		if (ways_has(k))
			assert_int_equal(way[k](p, e != NULL ? e : &any), m);
	}
	return m;
}

static void
the_first_mark_of_an_address_is_one_wherever_it_stands(void **state)
{
	static const struct {
		const char *text;
		size_t mark;
	} rows[] = {{"10.1.2.3", 2}, {"10-111-222-3", 2}, {"0.0.0.0", 1},
	    {"::1", 0}, {"2001:db8::", 4}, {"a:b:c:d:e:f:1:2", 1}, {"1:2::", 1},
	    {"ABCD:ABCD:ABCD::", 4}, {"1:2222:3333:", 1}};
	char text[SAN_PIECE + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = strlen(rows[i].text);

		for (size_t at = 0; at + n <= SAN_PIECE; at++) {
			uint64_t m =
			    marks(row_of(text, at, rows[i].text), NULL);

			assert_true((m >> (at + rows[i].mark) & 1) != 0);
		}
	}
}

/* In the middle, so that nothing depends on what stands behind. */
static void
what_no_address_has_is_no_mark(void **state)
{
	static const char *const rows[] = {"1.2", "1.2.3", "1.2.3.x", "10..1",
	    "1234.5678.9012.3456", "\"a\":\"b\"", "09:30:00", "12:00",
	    "a:12345:b:", "http://", "2001:db8x", "a-b-c-d"};
	char text[SAN_PIECE + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(marks(row_of(text, 20, rows[i]), NULL), 0);
}

static void
a_number_ends_as_it_is_asked(void **state)
{
	char text[SAN_PIECE + 1];

	(void)state;
	memset(ends.c[0], '0', SAN_PIECE);
	memset(ends.c[1], 'a', SAN_PIECE);
	assert_int_equal(
	    marks(row_of(text, 20, "10.1.2.3"), &ends), UINT64_C(1) << 22);
	assert_int_equal(
	    marks(row_of(text, 20, "A.1.2.3"), &ends), UINT64_C(1) << 21);
	assert_int_equal(marks(row_of(text, 20, "11.1.2.3"), &ends), 0);
	/* a colon is one in any case */
	assert_int_equal(marks(row_of(text, 20, "1::2"), &ends),
	    UINT64_C(3) << 21 & ~(UINT64_C(1) << 22));
}

static void
all_ways_are_the_same(void **state)
{
	static const char known[] = "0123456789abcdefAF::::....----x ";
	uint32_t seed = 1;

	(void)state;
	for (unsigned run = 0; run < RUNS; run++) {
		char text[SAN_PIECE];

		for (size_t i = 0; i < SAN_PIECE; i++) {
			seed = seed * 1664525u + 1013904223u;
			text[i] = known[(seed >> 20) % (sizeof(known) - 1)];
		}
		(void)marks(text, run % 2 == 0 ? NULL : &ends);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		the_first_mark_of_an_address_is_one_wherever_it_stands),
	    cmocka_unit_test(what_no_address_has_is_no_mark),
	    cmocka_unit_test(a_number_ends_as_it_is_asked),
	    cmocka_unit_test(all_ways_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
