#include "test.h"
#include <fcntl.h>
#include <unistd.h>
#include "sensor/running.h"
#include "tmpfixture.h"

static const struct d4_uuid uuid = {.b = {1, 2, 3}};

/* What was told of those before. */
struct told {
	struct running_left left[RUNNING_SLOTS];
	size_t n;
	bool refuse;
};

static enum d4_status
on_left(void *arg, const struct running_left *left)
{
	struct told *t = arg;

	if (t->refuse)
		return D4_ENOSPC;
	assert_true(t->n < RUNNING_SLOTS);
	t->left[t->n++] = *left;
	return D4_OK;
}

static struct running *
begin(struct told *t)
{
	const struct running_owner owner = {on_left, t};
	struct running *r = NULL;

	assert_int_equal(running_open(dir, &uuid, &owner, &r), D4_OK);
	return r;
}

static void
one_that_ended_leaves_nothing(void **state)
{
	const struct running_state held = {.records = 7};
	struct told t = {.n = 0};
	struct running *r = begin(&t);

	(void)state;
	assert_int_equal(running_note(r, &held), D4_OK);
	running_close(r, true);
	running_close(begin(&t), true);
	assert_int_equal(t.n, 0);
	/* There may be none at all. */
	assert_int_equal(running_note(NULL, &held), D4_OK);
	assert_int_equal(running_sync(NULL), D4_OK);
	running_close(NULL, true);
}

static void
one_that_did_not_end_is_told_of_once_with_its_last_state(void **state)
{
	const struct running_state first = {.records = 7};
	const struct running_state last = {
	    .records = 5, .bytes = 500, .dropped = 2, .uncut = 9};
	struct told t = {.n = 0};
	struct running *r = begin(&t);

	(void)state;
	assert_int_equal(running_note(r, &first), D4_OK);
	assert_int_equal(running_note(r, &last), D4_OK);
	assert_int_equal(running_sync(r), D4_OK);
	running_close(r, false);
	running_close(begin(&t), true);
	assert_int_equal(t.n, 1);
	assert_memory_equal(&t.left[0].state, &last, sizeof(last));
	assert_true(d4_uuid_eq(&t.left[0].uuid, &uuid));
	assert_true(t.left[0].begun_us <= t.left[0].known_us);
	assert_false(t.left[0].damaged || t.left[0].rebooted);
	running_close(begin(&t), true);
	assert_int_equal(t.n, 1);
}

static void
what_cannot_be_noted_is_told_of_again(void **state)
{
	const struct running_state held = {.records = 7};
	struct told t = {.n = 0};
	struct running *r = begin(&t);

	(void)state;
	assert_int_equal(running_note(r, &held), D4_OK);
	running_close(r, false);
	t.refuse = true;
	running_close(begin(&t), true); /* another file is its own */
	t.refuse = false;
	running_close(begin(&t), true);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.left[0].state.records, 7);
}

static void
several_use_a_folder_and_each_is_told_of(void **state)
{
	struct running *r[RUNNING_SLOTS];
	struct told t = {.n = 0};
	struct running *more = NULL;

	(void)state;
	for (unsigned i = 0; i < RUNNING_SLOTS; i++) {
		const struct running_state held = {.records = i + 1};

		r[i] = begin(&t);
		assert_int_equal(running_note(r[i], &held), D4_OK);
	}
	assert_int_equal(t.n, 0);
	assert_int_equal(running_open(dir, &uuid,
			     &(struct running_owner){on_left, &t}, &more),
	    D4_AGAIN);
	for (unsigned i = 0; i < RUNNING_SLOTS; i++)
		running_close(r[i], i % 2 == 0);
	running_close(begin(&t), true);
	assert_int_equal(t.n, RUNNING_SLOTS / 2);
	for (unsigned i = 0; i < RUNNING_SLOTS / 2; i++)
		assert_int_equal(t.left[i].state.records, 2 * i + 2);
}

/* Overwrites n bytes of the file at that place, or cuts it off there. */
static void
damage(off_t at, size_t n)
{
	int fd = open(in_dir(RUNNING_NAME), O_RDWR);
	static const uint8_t bytes[64] = {0x5a, 0x5a, 0x5a, 0x5a};

	assert_true(fd >= 0);
	if (n == 0)
		assert_int_equal(ftruncate(fd, at), 0);
	else
		assert_int_equal(pwrite(fd, bytes, n, at), n);
	(void)close(fd);
}

static void
a_damaged_file_says_that_something_is_unknown(void **state)
{
	static const struct {
		off_t at;
		size_t n;
		bool damaged, rebooted;
	} rows[] = {
	    {0, 4, true, false},  /* magic */
	    {8, 4, true, false},  /* order */
	    {12, 4, true, false}, /* crc */
	    {90, 4, true, false}, /* a number */
	    {40, 0, true, false}, /* cut off */
	    {1, 0, true, false},
	};
	const struct running_state held = {.records = 7};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct told t = {.n = 0};
		struct running *r = begin(&t);

		assert_int_equal(running_note(r, &held), D4_OK);
		running_close(r, false);
		damage(rows[i].at, rows[i].n);
		running_close(begin(&t), true);
		assert_int_equal(t.n, 1);
		assert_int_equal(t.left[0].damaged, rows[i].damaged);
		assert_int_equal(t.left[0].state.records, 0);
	}
}

static void
a_folder_that_cannot_be_written_is_an_error(void **state)
{
	const struct running_owner owner = {on_left, NULL};
	struct running *r = NULL;

	(void)state;
	assert_int_equal(
	    running_open(in_dir("not-there"), &uuid, &owner, &r), D4_ENOENT);
	assert_null(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_that_ended_leaves_nothing),
	    TEST(one_that_did_not_end_is_told_of_once_with_its_last_state),
	    TEST(what_cannot_be_noted_is_told_of_again),
	    TEST(several_use_a_folder_and_each_is_told_of),
	    TEST(a_damaged_file_says_that_something_is_unknown),
	    TEST(a_folder_that_cannot_be_written_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
