#include <unistd.h>
#include <sys/stat.h>
#include "test.h"
#include "libd4/kit/file.h"
#include "tmpdir.h"

static char dir[64];

static int
make_dir(void **state)
{
	(void)state;
	tmpdir_make(dir, sizeof(dir));
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	tmpdir_remove(dir);
	return 0;
}

static char *
put(const char *content, size_t n, unsigned mode)
{
	char *path = d4_path(dir, "a");

	assert_non_null(path);
	assert_int_equal(
	    d4_file_replace(path, d4_slice_of(content, n), mode), D4_OK);
	return path;
}

static void
what_is_replaced_is_read_back_with_its_mode(void **state)
{
	char *path = put("old", 3, 0644);
	struct d4_buf b;
	struct stat sb;

	(void)state;
	free(path);
	path = put("new content", 11, 0640);
	d4_buf_init(&b, 100);
	assert_int_equal(d4_file_read(path, &b), D4_OK);
	assert_true(d4_slice_eqs(d4_buf_slice(&b), "new content"));
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0640);
	d4_buf_fini(&b);
	free(path);
}

static void
a_file_over_the_limit_is_refused_and_one_at_it_is_not(void **state)
{
	char *path = put("12345", 5, 0600);
	struct d4_buf b;

	(void)state;
	d4_buf_init(&b, 5);
	assert_int_equal(d4_file_read(path, &b), D4_OK);
	d4_buf_fini(&b);
	d4_buf_init(&b, 4);
	assert_int_equal(d4_file_read(path, &b), D4_ETOOBIG);
	d4_buf_fini(&b);
	free(path);
}

static void
a_missing_file_and_a_missing_folder_are_told_apart(void **state)
{
	struct d4_buf b;

	(void)state;
	d4_buf_init(&b, 10);
	assert_int_equal(d4_file_read("/nonexistent/x", &b), D4_ENOENT);
	assert_int_equal(d4_file_read("/tmp", &b), D4_EIO);
	d4_buf_fini(&b);
	assert_int_equal(
	    d4_file_replace("/nonexistent/x", d4_slice_str("a"), 0600), D4_EIO);
}

static void
a_secret_that_others_can_read_is_not_read(void **state)
{
	static const unsigned wide[] = {0640, 0604, 0660, 0700, 0666, 04600};
	char *path;
	struct d4_buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		path = put("secret\n", 7, wide[i]);
		d4_buf_init(&b, 100);
		assert_int_equal(d4_secret_read(path, &b), D4_EPERM);
		assert_null(b.p);
		free(path);
	}
}

static void
a_secret_loses_one_newline(void **state)
{
	char *path = put("secret\n\n", 8, 0600);
	struct d4_buf b;

	(void)state;
	d4_buf_init(&b, 100);
	assert_int_equal(d4_secret_read(path, &b), D4_OK);
	assert_true(d4_slice_eqs(d4_buf_slice(&b), "secret\n"));
	d4_buf_wipe(&b);
	free(path);
}

static void
a_master_key_is_32_bytes_or_64_digits(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		enum d4_status st;
		uint8_t last;
	} rows[] = {
	    {"0123456789abcdef0123456789abcdef", 32, D4_OK, 'f'},
	    {"0123456789abcdef0123456789abcde\n", 32, D4_OK, '\n'},
	    {"0123456789abcdef0123456789abcdef\n", 33, D4_OK, 'f'},
	    {"0123456789abcdef0123456789ABCDEF"
	     "0123456789abcdef0123456789abcdef\n",
		65, D4_OK, 0xef},
	    {"0123456789abcdef0123456789abcdef"
	     "0123456789abcdef0123456789abcdeg\n",
		65, D4_EMALFORMED, 0},
	    {"0123456789abcdef0123456789abcdef"
	     "0123456789abcdef0123456789abcdef12",
		66, D4_EMALFORMED, 0},
	    {"short", 5, D4_EMALFORMED, 0},
	    {"", 0, D4_EMALFORMED, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *path = put(rows[i].text, rows[i].n, 0600);
		uint8_t key[32] = {0};

		assert_int_equal(d4_master_read(path, key), rows[i].st);
		assert_int_equal(key[31], rows[i].last);
		free(path);
	}
}

static void
folders_are_made_all_the_way_and_a_file_is_no_folder(void **state)
{
	char *deep = d4_path(dir, "p/q/r"), *file = put("x", 1, 0600);
	char *above = d4_path(dir, "p/q"), *slash = d4_path(dir, "s//");
	mode_t old = umask(0077);
	struct stat sb;

	(void)state;
	assert_int_equal(d4_dir_make(deep, 0750), D4_OK);
	assert_int_equal(d4_dir_make(deep, 0750), D4_OK);
	assert_int_equal(d4_dir_make(slash, 0750), D4_OK);
	(void)umask(old);
	assert_int_equal(stat(slash, &sb), 0);
	assert_int_equal(sb.st_mode, S_IFDIR | 0700);
	assert_int_equal(stat(deep, &sb), 0);
	assert_int_equal(sb.st_mode, S_IFDIR | 0700);
	/* The accounts of wash and post must get there. */
	assert_int_equal(stat(above, &sb), 0);
	assert_int_equal(sb.st_mode, S_IFDIR | 0755);
	assert_int_equal(d4_dir_make(file, 0750), D4_EIO);
	free(deep);
	free(above);
	free(slash);
	free(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_replaced_is_read_back_with_its_mode),
	    cmocka_unit_test(
		a_file_over_the_limit_is_refused_and_one_at_it_is_not),
	    cmocka_unit_test(
		a_missing_file_and_a_missing_folder_are_told_apart),
	    cmocka_unit_test(a_secret_that_others_can_read_is_not_read),
	    cmocka_unit_test(a_secret_loses_one_newline),
	    cmocka_unit_test(a_master_key_is_32_bytes_or_64_digits),
	    cmocka_unit_test(
		folders_are_made_all_the_way_and_a_file_is_no_folder),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
