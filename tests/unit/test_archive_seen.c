/* What the archive remembers, and its file. */
#include <sys/stat.h>
#include "hub/archive_seen_file.h"
#include "test.h"
#include "tmpfixture.h"

static struct d4_uuid
session(uint32_t n)
{
	return (struct d4_uuid){{(uint8_t)(n >> 24), (uint8_t)(n >> 16),
	    (uint8_t)(n >> 8), (uint8_t)n, 9}};
}

static struct archive_seen *
some(uint32_t first, uint32_t n)
{
	struct archive_seen *s = NULL;

	assert_int_equal(seen_new(&s), D4_OK);
	for (uint32_t i = first; i < first + n; i++) {
		const struct d4_uuid u = session(i);

		assert_int_equal(seen_add(s, &u, i * 1000ull), D4_OK);
	}
	return s;
}

static void
records_up_to_the_last_are_there(void **state)
{
	struct archive_seen *s = some(1, 3);
	const struct d4_uuid two = session(2), four = session(4);

	(void)state;
	assert_true(seen_has(s, &two, 2000));
	assert_true(seen_has(s, &two, 0));
	assert_false(seen_has(s, &two, 2001));
	assert_false(seen_has(s, &four, 0));
	assert_int_equal(seen_add(s, &two, 7), D4_OK); /* never backwards */
	assert_true(seen_has(s, &two, 2000));
	seen_free(s);
}

static void
the_session_that_was_used_longest_ago_is_forgotten(void **state)
{
	struct archive_seen *s = some(0, SEEN_MAX);
	const struct d4_uuid zero = session(0), one = session(1);
	const struct d4_uuid more = session(SEEN_MAX);

	(void)state;
	assert_int_equal(seen_add(s, &zero, 5), D4_OK);
	assert_int_equal(seen_add(s, &more, 5), D4_OK);
	assert_int_equal(seen_sessions(s), SEEN_MAX);
	assert_true(seen_has(s, &zero, 5));
	assert_false(seen_has(s, &one, 0));
	seen_free(s);
}

/* All of them, and in turn: as many more forget the same ones. */
static void
a_file_holds_all_in_turn(void **state)
{
	struct archive_seen *s = some(0, SEEN_MAX), *t = some(0, 0);
	const struct d4_uuid zero = session(0), one = session(1);
	const struct d4_uuid more = session(SEEN_MAX);
	struct stat sb;

	(void)state;
	assert_int_equal(seen_add(s, &zero, 5), D4_OK);
	assert_int_equal(seen_save(s, in_dir("seen")), D4_OK);
	assert_int_equal(stat(in_dir("seen"), &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0640);
	assert_int_equal(seen_load(t, in_dir("seen")), D4_OK);
	assert_int_equal(seen_sessions(t), SEEN_MAX);
	assert_true(seen_has(t, &one, 1000));
	assert_false(seen_has(t, &one, 1001));
	assert_int_equal(seen_add(t, &more, 1), D4_OK);
	assert_true(seen_has(t, &zero, 5));
	assert_false(seen_has(t, &one, 0));
	seen_free(s);
	seen_free(t);
}

static void
what_is_there_is_added_to(void **state)
{
	struct archive_seen *s = some(1, 2), *t = some(2, 2);
	const struct d4_uuid one = session(1), two = session(2);
	struct d4_buf b;

	(void)state;
	assert_int_equal(seen_add(t, &two, 9000), D4_OK);
	d4_buf_init(&b, 4096);
	assert_int_equal(seen_put(s, &b), D4_OK);
	assert_int_equal(seen_get(d4_buf_slice(&b), t), D4_OK);
	assert_int_equal(seen_sessions(t), 3);
	assert_true(seen_has(t, &one, 1000));
	assert_true(seen_has(t, &two, 9000));
	d4_buf_fini(&b);
	seen_free(s);
	seen_free(t);
}

static void
any_changed_byte_and_any_cut_is_refused(void **state)
{
	struct archive_seen *s = some(1, 3), *t = some(0, 0);
	struct d4_buf b;

	(void)state;
	d4_buf_init(&b, 4096);
	assert_int_equal(seen_put(s, &b), D4_OK);
	for (size_t i = 0; i < b.n; i++) {
		assert_int_not_equal(seen_get(d4_slice_of(b.p, i), t), D4_OK);
		b.p[i] ^= 1;
		assert_int_not_equal(seen_get(d4_buf_slice(&b), t), D4_OK);
		b.p[i] ^= 1;
	}
	assert_int_equal(seen_sessions(t), 0);
	assert_int_equal(seen_load(t, in_dir("none")), D4_ENOENT);
	d4_buf_fini(&b);
	seen_free(s);
	seen_free(t);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(records_up_to_the_last_are_there),
	    T(the_session_that_was_used_longest_ago_is_forgotten),
	    T(a_file_holds_all_in_turn),
	    T(what_is_there_is_added_to),
	    T(any_changed_byte_and_any_cut_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
