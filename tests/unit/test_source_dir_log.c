#include "libd4/kit/file.h"
#include "relay/source_dir.h"
#include "test.h"
#include "tmpfixture.h"

#define LOG in_dir("x.files")

static struct dir_file
file_of(uint64_t number)
{
	struct dir_file f = {
	    .id = {1, number % 7, number * 3, number}, .number = number};

	(void)snprintf(
	    f.name, sizeof(f.name), "a file %llu", (unsigned long long)number);
	return f;
}

static void
what_was_begun_is_known_after_a_restart(void **state)
{
	struct dir_log log = {.fd = -1};
	struct dir_file f;

	(void)state;
	assert_int_equal(dir_log_open(&log, LOG), D4_OK);
	assert_null(log.last);
	for (uint64_t i = 1; i <= 50; i++) {
		f = file_of(i);
		assert_null(dir_log_find(&log, &f.id));
		assert_int_equal(dir_log_begin(&log, &f), D4_OK);
	}
	for (int again = 0; again < 2; again++) {
		assert_int_equal(log.n, 50);
		assert_int_equal(log.last->number, 50);
		for (uint64_t i = 1; i <= 50; i++) {
			f = file_of(i);
			assert_non_null(dir_log_find(&log, &f.id));
			assert_string_equal(
			    dir_log_find(&log, &f.id)->name, f.name);
			f.id.size++;
			assert_null(dir_log_find(&log, &f.id));
		}
		dir_log_close(&log);
		assert_int_equal(dir_log_open(&log, LOG), D4_OK);
	}
	dir_log_close(&log);
}

static void
a_torn_last_line_was_not_begun(void **state)
{
	struct dir_log log = {.fd = -1};
	struct dir_file f = file_of(1);
	FILE *to;

	(void)state;
	assert_int_equal(dir_log_open(&log, LOG), D4_OK);
	assert_int_equal(dir_log_begin(&log, &f), D4_OK);
	dir_log_close(&log);
	to = fopen(LOG, "a");
	assert_non_null(to);
	assert_true(fputs("2 1 2 6 2 a fi", to) >= 0);
	assert_int_equal(fclose(to), 0);
	assert_int_equal(dir_log_open(&log, LOG), D4_OK);
	assert_int_equal(log.n, 1);
	f = file_of(3);
	assert_int_equal(dir_log_begin(&log, &f), D4_OK);
	dir_log_close(&log);
	assert_int_equal(dir_log_open(&log, LOG), D4_OK);
	assert_int_equal(log.n, 2);
	assert_int_equal(log.last->number, 3);
	dir_log_close(&log);
}

static void
what_is_no_such_file_is_not_written_over(void **state)
{
	static const char *const texts[] = {
	    "something else\n",
	    "d4 source files 1\n1 2 3\n",
	    "d4 source files 1\n1 2 3 4 5 \n",
	    "d4 source files 1\n0 2 3 4 5 x\n",
	    "d4 source files 1\n-1 2 3 4 5 x\n",
	    "d4 source files 1\n99999999999999999999 2 3 4 5 x\n",
	    "d4 source files 1\n\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct dir_log log = {.fd = -1};
		struct d4_buf b;

		assert_int_equal(
		    d4_file_replace(LOG, d4_slice_str(texts[i]), 0600), D4_OK);
		assert_int_equal(dir_log_open(&log, LOG), D4_EMALFORMED);
		dir_log_close(&log);
		d4_buf_init(&b, 4096);
		assert_int_equal(d4_file_read(LOG, &b), D4_OK);
		assert_true(d4_slice_eqs(d4_buf_slice(&b), texts[i]));
		d4_buf_fini(&b);
	}
}

static void
files_that_are_gone_are_forgotten_when_it_pays(void **state)
{
	struct dir_log log = {.fd = -1};
	struct dir_file f, there[3];

	(void)state;
	assert_int_equal(dir_log_open(&log, LOG), D4_OK);
	for (uint64_t i = 1; i <= 1010; i++) {
		f = file_of(i);
		assert_int_equal(dir_log_begin(&log, &f), D4_OK);
		if (i == 500)
			assert_int_equal(dir_log_trim(&log, NULL, 0), D4_OK);
	}
	assert_int_equal(log.n, 1010);
	there[0] = file_of(7);
	there[1] = file_of(700);
	there[2] = file_of(5000); /* never begun */
	assert_int_equal(dir_log_trim(&log, there, 3), D4_OK);
	assert_int_equal(log.n, 3);
	assert_int_equal(log.last->number, 1010);
	assert_non_null(dir_log_find(&log, &there[1].id));
	assert_null(dir_log_find(&log, &there[2].id));
	dir_log_close(&log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_was_begun_is_known_after_a_restart, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_torn_last_line_was_not_begun, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		what_is_no_such_file_is_not_written_over, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		files_that_are_gone_are_forgotten_when_it_pays, setup,
		teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
