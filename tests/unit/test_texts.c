#include "guard.h"
#include "sanitizers/texts.h"
#include "test.h"
#include "ways.h"

#define MOST 150u

static const struct san_texts texts = {
    .b = {"10.1.2.3", "3.2.1.10", "167838211", "0a010203"}, .n = {8, 8, 9, 8}};

/* All ways say the same. */
static bool
has(const struct san_texts *t, const char *text, size_t n)
{
	static bool (*const way[])(struct d4_slice, const struct san_texts *) =
	    WAYS(san_texts);
	struct guard g;
	struct d4_slice s = guard_new(&g, d4_slice_of(text, n));
	bool is = san_texts_has(s, t);

	for (unsigned k = 0; k < COUNT(way); k++) {
		if (ways_has(k))
			assert_int_equal(way[k](s, t), is);
	}
	guard_free(&g);
	return is;
}

static void
a_text_is_found_wherever_it_stands(void **state)
{
	char line[MOST];

	(void)state;
	for (unsigned k = 0; k < SAN_TEXTS; k++) {
		for (size_t at = 0; at + texts.n[k] <= MOST; at++) {
			memset(line, 'x', sizeof(line));
			memcpy(line + at, texts.b[k], texts.n[k]);
			assert_true(has(&texts, line, MOST));
			assert_true(has(&texts, line, at + texts.n[k]));
			assert_false(has(&texts, line, at + texts.n[k] - 1));
		}
	}
}

static void
case_and_dashes_are_the_same(void **state)
{
	static const char *const rows[] = {"0A010203", "10-1-2-3", "10.1-2.3",
	    "110.1.2.34", "ec2-3-2-1-10.example", "x0a010203f"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_true(has(&texts, rows[i], strlen(rows[i])));
}

static void
what_differs_in_one_byte_is_not_found(void **state)
{
	static const char *const rows[] = {"", "10.1.2.", "11.1.2.3",
	    "10-1.2.4", "0b010203", "0a010204", "3.2.1.1", "10.1.20.34",
	    "10.112.3", "10,1.2.3", "10.1/2.3", "0a01\r203", "167838212"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_false(has(&texts, rows[i], strlen(rows[i])));
}

/* In each place, and one byte of it behind the end. */
static void
a_pair_is_seen_in_either_order(void **state)
{
	static bool (*const way[])(struct d4_slice, uint8_t, uint8_t) =
	    WAYS(san_texts_pair);
	char line[2 * SAN_TEXTS_LONG];

	(void)state;
	memset(line, 'b', sizeof(line));
	for (size_t n = SAN_TEXTS_LONG; n < sizeof(line); n += 37) {
		struct d4_slice s = d4_slice_of(line, n);

		for (size_t at = 0; at < n; at++) {
			line[at] = 'a';
			line[at + 1] = 'c';
			for (unsigned k = 0; k < COUNT(way); k++) {
				if (!ways_has(k))
					continue;
				assert_int_equal(
				    way[k](s, 'a', 'c'), at + 1 < n);
				assert_int_equal(
				    way[k](s, 'c', 'a'), at + 1 < n);
				assert_false(way[k](s, 'd', 'a'));
			}
			assert_int_equal(
			    san_texts_pair(s, 'a', 'c'), at + 1 < n);
			line[at] = line[at + 1] = 'b';
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_is_found_wherever_it_stands),
	    cmocka_unit_test(case_and_dashes_are_the_same),
	    cmocka_unit_test(what_differs_in_one_byte_is_not_found),
	    cmocka_unit_test(a_pair_is_seen_in_either_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
