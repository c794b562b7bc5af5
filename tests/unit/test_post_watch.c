#include "test.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tmpdir.h"
#include "relay/post_watch.h"

struct folder {
	char dir[64];
};

static int
setup(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	tmpdir_make(f->dir, sizeof(f->dir));
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct folder *f = *state;

	tmpdir_remove(f->dir);
	free(f);
	return 0;
}

/* Adds bytes to a file of the folder, made when it is not there. */
static void
grow(const struct folder *f, const char *name, const char *text)
{
	char path[160];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

/* How it is now, once that can be told. */
static void
settled(const struct folder *f, struct post_watch *w)
{
	for (int i = 0; i < 1000; i++) {
		post_watch_take(w, f->dir);
		if (w->on)
			return;
		(void)usleep(10000);
	}
	fail();
}

#define FIRST  "00000000000000000001.seg"
#define SECOND "00000000000000000009.seg"

static void
nothing_new_is_the_same(void **state)
{
	struct folder *f = *state;
	struct post_watch w;

	grow(f, FIRST, "a");
	grow(f, SECOND, "b");
	post_watch_take(&w, f->dir);
	assert_false(w.on); /* a change in the same tick could not be seen */
	settled(f, &w);
	assert_int_equal(w.last, 9);
	assert_true(post_watch_same(&w, f->dir));
	assert_true(post_watch_same(&w, f->dir));
}

static void
a_longer_or_a_new_segment_is_seen(void **state)
{
	struct folder *f = *state;
	struct post_watch w;

	grow(f, FIRST, "a");
	settled(f, &w);
	grow(f, FIRST, "a");
	assert_false(post_watch_same(&w, f->dir));
	settled(f, &w);
	assert_true(post_watch_same(&w, f->dir));
	grow(f, SECOND, "b");
	assert_false(post_watch_same(&w, f->dir));
}

static void
what_cannot_be_told_is_not_the_same(void **state)
{
	struct folder *f = *state;
	struct post_watch w;

	post_watch_take(&w, f->dir);
	assert_false(w.on);
	assert_false(post_watch_same(&w, f->dir));
	grow(f, FIRST, "a");
	settled(f, &w);
	assert_false(post_watch_same(&w, "/nonexistent"));
	post_watch_take(&w, "/nonexistent");
	assert_false(w.on);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_new_is_the_same),
	    TEST(a_longer_or_a_new_segment_is_seen),
	    TEST(what_cannot_be_told_is_not_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
