#include "guard.h"
#include "sanitizers/texts.h"
#include "test.h"

#define MOST 150u

static const struct san_texts texts = {
    .b = {"10.1.2.3", "3.2.1.10", "7-", "0a010203"}, .n = {8, 8, 1, 8}};

/* Both ways say the same; what stands there is never denied. */
static unsigned
may(const char *text, size_t n)
{
	struct guard g;
	struct d4_slice s = guard_new(&g, d4_slice_of(text, n));
	unsigned plain = san_texts_plain(s, &texts);

	assert_int_equal(san_texts_may(s, &texts), plain);
	guard_free(&g);
	return plain;
}

static void
a_text_is_seen_wherever_it_stands(void **state)
{
	char line[MOST];

	(void)state;
	for (unsigned k = 0; k < SAN_TEXTS; k++) {
		for (size_t at = 0; at + texts.n[k] <= MOST; at++) {
			memset(line, 'x', sizeof(line));
			memcpy(line + at, texts.b[k], texts.n[k]);
			assert_int_equal(may(line, MOST) >> k & 1, 1);
			assert_int_equal(
			    may(line, at + texts.n[k]) >> k & 1, 1);
		}
	}
}

static void
what_begins_or_ends_otherwise_is_not_seen(void **state)
{
	static const char *const rows[] = {"", "10.1.2.", "11.1.2.3",
	    "10-1.2.4", "0b010203", "0a010204", "3.2.1.1", "10.1.20.34"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned is = may(rows[i], strlen(rows[i]));

		/* one of one byte may always be */
		assert_int_equal(is, 1u << 2);
	}
	assert_int_equal(may("0A010203", 8), 1u << 2 | 1u << 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_is_seen_wherever_it_stands),
	    cmocka_unit_test(what_begins_or_ends_otherwise_is_not_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
