/* d4-core compatibility: captures, and what may be removed, with a real Redis.
 */
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include "compat_world.h"

#define SESS "07000000-0000-0000-0000-000000000000"

/* ---- captures ---- */

#define GLOBAL "123456789012345678901234"

/* The path of the one capture, that is or will be; and what is in it. */
static void
capture_is(const char *path, const char *want)
{
	char got[512];
	gzFile f = gzopen(path, "rb"); /* plain files are read as they are */
	int n;

	assert_non_null(f);
	n = gzread(f, got, sizeof(got) - 1);
	assert_true(n >= 0);
	got[n] = '\0';
	assert_int_equal(gzclose(f), Z_OK);
	assert_string_equal(got, want);
}

/* What a killed process wrote and did not acknowledge is written over. */
static void
a_capture_goes_on_where_redis_has_it(void **state)
{
	struct box *b = *state;
	char path[COMPAT_PATH], item[512];
	int fd;

	core_say(b, "HSET d4:queues 1 1");
	core_say(b, "SADD analyzer:1 q1");
	hub_puts(b, 1, "", 1, GLOBAL "one");
	hub_puts(b, 1, "", 2, GLOBAL "two");
	compat_queues(&b->c);
	compat_read(&b->c);
	compat_read(&b->c);
	assert_int_equal(b->c.n_captures, 1);
	(void)snprintf(path, sizeof(path), "%s", b->c.capture[0].path);
	capture_is(path, GLOBAL "onetwo");
	box_end(b);
	fd = open(path, O_WRONLY | O_APPEND);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "garbage", 7), 7);
	assert_int_equal(close(fd), 0);
	box_begin(b);
	assert_int_equal(b->c.n_captures, 1);
	hub_puts(b, 1, "", 3, GLOBAL "six");
	compat_queues(&b->c);
	compat_read(&b->c);
	compat_read(&b->c);
	core_items(b, "analyzer:1:q1", item);
	assert_string_equal(item, ""); /* not yet: it is open */
	compat_captures_due(&b->c, SESS);
	assert_int_equal(b->c.n_captures, 0);
	core_items(b, "analyzer:1:q1", item);
	assert_int_equal(strncmp(item, path, strlen(path)), 0);
	assert_string_equal(item + strlen(path), ".gz");
	capture_is(item, GLOBAL "onetwosix");
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(core_number(b, "HLEN d4:compat:file"), 0);
}

static void
a_capture_that_somebody_removed_is_accounted(void **state)
{
	struct box *b = *state;
	char item[512];

	core_say(b, "HSET d4:queues 1 1");
	core_say(b, "SADD analyzer:1 q1");
	hub_puts(b, 1, "", 1, GLOBAL "one");
	compat_queues(&b->c);
	compat_read(&b->c);
	compat_read(&b->c);
	assert_int_equal(unlink(b->c.capture[0].path), 0);
	compat_captures_due(&b->c, SESS);
	assert_int_equal(b->c.n_captures, 0);
	assert_int_equal(noted(b, "compat.gone"), 1);
	core_items(b, "analyzer:1:q1", item);
	assert_string_equal(item, "");
}

/* Without a queue that wants them there are no files. */
static void
a_capture_that_nobody_wants_is_none(void **state)
{
	struct box *b = *state;

	core_say(b, "HSET d4:queues 1 1");
	hub_puts(b, 1, "", 1, GLOBAL "one");
	compat_queues(&b->c);
	compat_read(&b->c);
	compat_read(&b->c);
	assert_int_equal(b->c.n_captures, 0);
	b->c.queue[0].pending = true;
	compat_read(&b->c);
	assert_false(b->c.queue[0].pending); /* acknowledged all the same */
}

/* ---- retention ---- */

static void
files_are_ours_since_we_make_them(void **state)
{
	struct box *b = *state;
	struct compat_queue q = {.kind = COMPAT_JA3, .item = "ja3-jl"};
	uint64_t first;

	compat_since(&b->c, &q);
	first = b->c.keep_since[1];
	assert_true(first > 1700000000);
	core_say(b, "HSET d4:compat:since ja3-jl 7");
	compat_since(&b->c, &q);
	assert_int_equal(b->c.keep_since[1], 7);
	/* We were away for long: others may have made some. */
	core_say(b, "HSET d4:compat told_seen 1700000000");
	compat_since(&b->c, &q);
	assert_true(b->c.keep_since[1] >= first);
	q.worker = true;
	compat_since(&b->c, &q);
	assert_int_equal(b->c.keep_since[1], 0);
	assert_int_equal(core_number(b, "HLEN d4:compat:since"), 0);
}

static void
a_path_is_unread_while_it_is_an_item(void **state)
{
	struct box *b = *state;
	char items[512];

	core_say(b, "SADD analyzer:254:ja3-jl q1");
	core_say(b, "SADD analyzer_uuid_group:254:ja3-jl q2");
	core_say(b, "SELECT 2");
	core_say(b, "RPUSH analyzer:ja3-jl:q1 /x/1 /x/2 /x/3");
	core_say(b, "RPUSH analyzer:ja3-jl:q2 /x/2");
	core_say(b, "SELECT 0");
	assert_true(compat_unread(&b->c, "/x/2"));
	assert_true(compat_unread(&b->c, "/x/3"));
	assert_false(compat_unread(&b->c, "/x/4"));
	compat_unread_drop(&b->c, "ja3-jl", "/x/2");
	core_items(b, "analyzer:ja3-jl:q1", items);
	assert_string_equal(items, "/x/3,/x/1");
	core_items(b, "analyzer:ja3-jl:q2", items);
	assert_string_equal(items, "");
	/* Of the next walk: the lists are read again. */
	compat_unread_clear(&b->c);
	assert_false(compat_unread(&b->c, "/x/2"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_capture_goes_on_where_redis_has_it),
	    T(a_capture_that_somebody_removed_is_accounted),
	    T(a_capture_that_nobody_wants_is_none),
	    T(files_are_ours_since_we_make_them),
	    T(a_path_is_unread_while_it_is_an_item),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
