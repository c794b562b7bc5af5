#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "box.h"

static char dir[64], inside[80], outside[80];

static int
do_read_outside(void)
{
	return open(outside, O_RDONLY);
}

static int
do_read_passwd(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static int
do_read_inside(void)
{
	return open(inside, O_RDONLY);
}

static int
do_write_inside(void)
{
	int fd = open(inside, O_WRONLY | O_TRUNC);

	return fd < 0 ? -1 : (int)write(fd, "x", 1);
}

static int
do_create_rename_remove(void)
{
	char a[100], b[100];
	int fd;

	(void)snprintf(a, sizeof(a), "%s/in/new", dir);
	(void)snprintf(b, sizeof(b), "%s/in/renamed", dir);
	fd = open(a, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return -1;
	if (rename(a, b) != 0 || unlink(b) != 0)
		return -1;
	if (mkdir(a, 0700) != 0)
		return -1;
	return rmdir(a);
}

static int
do_symlink_escape(void)
{
	char a[100];

	(void)snprintf(a, sizeof(a), "%s/in/link", dir);
	return open(a, O_RDONLY);
}

/* What is open already stays usable. */
static int
do_read_open_fd(void)
{
	char c;

	return (int)pread(OLD_FILE, &c, 1, 0);
}

static void
without_lists_nothing_can_be_opened(void **state)
{
	const struct d4_sandbox box = {.read = NULL};

	(void)state;
	assert_int_equal(in_box(NULL, do_read_outside), 0);
	assert_int_equal(in_box(NULL, do_read_passwd), 0);
	assert_int_equal(in_box(NULL, do_create_rename_remove), 0);
	assert_int_equal(in_box(&box, do_read_outside), EACCES);
	assert_int_equal(in_box(&box, do_read_passwd), EACCES);
	assert_int_equal(in_box(&box, do_create_rename_remove), EACCES);
	assert_int_equal(in_box(&box, do_read_open_fd), 0);
}

static void
only_listed_files_can_be_read(void **state)
{
	char in[80];
	const char *const folder[] = {in, NULL}, *const file[] = {inside, NULL};
	struct d4_sandbox box = {.read = folder};

	(void)state;
	(void)snprintf(in, sizeof(in), "%s/in", dir);
	assert_int_equal(in_box(&box, do_read_inside), 0);
	assert_int_equal(in_box(&box, do_read_outside), EACCES);
	assert_int_equal(in_box(&box, do_symlink_escape), EACCES);
	assert_int_equal(in_box(&box, do_write_inside), EACCES);
	assert_int_equal(in_box(&box, do_create_rename_remove), EACCES);
	box.read = file;
	assert_int_equal(in_box(&box, do_read_inside), 0);
	assert_int_equal(in_box(&box, do_read_outside), EACCES);
}

static void
only_listed_folders_can_be_written(void **state)
{
	char in[80];
	const char *const folder[] = {in, NULL}, *const file[] = {inside, NULL};
	struct d4_sandbox box = {.write = folder};

	(void)state;
	(void)snprintf(in, sizeof(in), "%s/in", dir);
	assert_int_equal(in_box(&box, do_write_inside), 0);
	assert_int_equal(in_box(&box, do_create_rename_remove), 0);
	assert_int_equal(in_box(&box, do_read_outside), EACCES);
	box.write = file;
	assert_int_equal(in_box(&box, do_write_inside), 0);
	assert_int_equal(in_box(&box, do_create_rename_remove), EACCES);
}

static void
a_missing_path_is_an_error_that_names_it(void **state)
{
	const char *const list[] = {"/nonexistent/d4", NULL};
	const struct d4_sandbox box = {.read = list, .best_effort = true};
	const char *why = NULL;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		enum d4_status st = d4_sandbox_enter(&box, &why);

		_exit(st == D4_EIO && why == list[0] ? 0 : 1);
	}
	assert_int_equal(box_reap(pid), 0);
}

static int
set_up(void **state)
{
	char link[100];
	int a, b;

	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/d4-box.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(inside, sizeof(inside), "%s/in", dir);
	if (mkdir(inside, 0700) != 0)
		return -1;
	(void)snprintf(inside, sizeof(inside), "%s/in/file", dir);
	(void)snprintf(outside, sizeof(outside), "%s/out", dir);
	(void)snprintf(link, sizeof(link), "%s/in/link", dir);
	a = open(inside, O_RDWR | O_CREAT, 0600);
	b = open(outside, O_RDWR | O_CREAT, 0600);
	if (write(a, "in", 2) != 2 || write(b, "out", 3) != 3 ||
	    symlink("../out", link) != 0)
		return -1;
	/* A file that is open before the sandbox is entered. */
	return dup2(b, OLD_FILE) == OLD_FILE ? 0 : -1;
}

static int
tear_down(void **state)
{
	char path[100];

	(void)state;
	(void)unlink(inside);
	(void)unlink(outside);
	(void)snprintf(path, sizeof(path), "%s/in/link", dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/in", dir);
	(void)rmdir(path);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_lists_nothing_can_be_opened),
	    cmocka_unit_test(only_listed_files_can_be_read),
	    cmocka_unit_test(only_listed_folders_can_be_written),
	    cmocka_unit_test(a_missing_path_is_an_error_that_names_it),
	};

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1) {
		(void)puts("skipped: this kernel has no landlock");
		return 77;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
