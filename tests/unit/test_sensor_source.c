#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "sensor/source.h"
#include "tmpdir.h"

/* A source, and what it has told; more is wanted as soon as it gave. */
struct world {
	char dir[64], path[96];
	struct event_base *base;
	struct source *s;
	struct d4_buf got;
	unsigned cuts, drops, ends;
	const char *why;
	size_t taken;
};

/* What nobody can give again is announced before it is read. */
static void
on_take(void *arg, size_t n)
{
	struct world *w = arg;

	w->taken = n;
}

static void
on_give(void *arg, struct d4_slice bytes)
{
	struct world *w = arg;

	if (w->s->conf.kind != NULL && w->s->conf.kind->stream)
		assert_true(w->taken >= bytes.n);
	w->taken = 0;
	assert_int_equal(d4_buf_add(&w->got, bytes.p, bytes.n), D4_OK);
	source_want(w->s, 0);
}

/* Shown as |. */
static void
on_cut(void *arg)
{
	struct world *w = arg;

	assert_int_equal(d4_buf_add(&w->got, "|", 1), D4_OK);
	w->cuts++;
	source_want(w->s, 0);
}

static void
on_drop(void *arg, enum d4_reason why, uint64_t bytes)
{
	struct world *w = arg;

	assert_true(why != D4_R_NONE && bytes != 0);
	w->drops++;
}

static void
on_end(void *arg, const char *why)
{
	struct world *w = arg;

	w->ends++;
	w->why = why;
}

static const struct source_events events = {
    on_take, on_give, on_cut, on_drop, on_end};

static enum d4_status
try_open(struct world *w, const char *kind, uint8_t type)
{
	const struct source_conf conf = {
	    .base = w->base,
	    .kind = source_find(kind),
	    .row = d4_type_find(type),
	    .path = w->path,
	    .redis = "tcp://127.0.0.1:1",
	    .uuid = "0f8a2f3e-5c66-4a3b-9d5e-0c1b2a394857",
	    .state = w->dir,
	    .type = type,
	};
	const struct source_owner to = {&events, w};

	return source_new(&conf, &to, &w->s);
}

static void
open_source(struct world *w, const char *kind)
{
	assert_int_equal(try_open(w, kind, 8), D4_OK);
	source_want(w->s, 0);
}

static int
set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	tmpdir_make(w->dir, sizeof(w->dir));
	(void)snprintf(w->path, sizeof(w->path), "%s/p", w->dir);
	w->base = event_base_new();
	d4_buf_init(&w->got, 1u << 20);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	source_free(w->s);
	event_base_free(w->base);
	d4_buf_fini(&w->got);
	tmpdir_remove(w->dir);
	free(w);
	return 0;
}

/* Turns the loop until so much has come. */
static void
expect(struct world *w, const char *text)
{
	while (w->got.n < strlen(text) && w->ends == 0)
		assert_true(event_base_loop(w->base, EVLOOP_ONCE) >= 0);
	assert_slice(d4_buf_slice(&w->got), text);
}

static void
say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static int
dial(const struct world *w, int type)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	memcpy(at.sun_path, w->path, strlen(w->path));
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void
a_file_ends(void **state)
{
	struct world *w = *state;
	int fd = open(w->path, O_WRONLY | O_CREAT, 0600);

	say(fd, "one\ntwo");
	(void)close(fd);
	open_source(w, "file");
	while (w->ends == 0)
		assert_true(event_base_loop(w->base, EVLOOP_ONCE) >= 0);
	assert_slice(d4_buf_slice(&w->got), "one\ntwo");
	assert_null(w->why);
}

static void
a_fifo_is_made_and_outlives_its_writers(void **state)
{
	struct world *w = *state;
	int fd;

	open_source(w, "fifo");
	fd = open(w->path, O_WRONLY);
	say(fd, "one\n");
	(void)close(fd);
	expect(w, "one\n|");
	fd = open(w->path, O_WRONLY);
	say(fd, "two\n");
	(void)close(fd);
	expect(w, "one\n|two\n|");
	assert_int_equal(w->ends, 0);
}

static void
what_is_no_fifo_is_refused(void **state)
{
	struct world *w = *state;
	int fd = open(w->path, O_WRONLY | O_CREAT, 0600);

	(void)close(fd);
	assert_int_equal(try_open(w, "fifo", 8), D4_EIO);
	assert_int_equal(errno, ENOTSUP);
}

static void
connections_come_one_after_the_other(void **state)
{
	struct world *w = *state;
	int one, two;

	open_source(w, "unix");
	one = dial(w, SOCK_STREAM);
	two = dial(w, SOCK_STREAM);
	say(two, "two\n");
	say(one, "one\n");
	(void)close(two);
	expect(w, "one\n");
	(void)close(one);
	expect(w, "one\n|two\n|");
}

static void
a_socket_that_is_left_over_is_taken_and_one_in_use_is_not(void **state)
{
	struct world *w = *state, other;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(at.sun_path, w->path, strlen(w->path));
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	(void)close(fd);
	open_source(w, "unix");
	other = *w;
	other.s = NULL;
	assert_int_equal(try_open(&other, "unix", 8), D4_EIO);
	assert_int_equal(errno, EADDRINUSE);
	(void)close(dial(w, SOCK_STREAM));
}

static void
each_datagram_is_a_line(void **state)
{
	static char huge[150000];
	struct world *w = *state;
	int fd;

	memset(huge, 'x', sizeof(huge));
	open_source(w, "unix-dgram");
	fd = dial(w, SOCK_DGRAM);
	say(fd, "one");
	say(fd, "two\n");
	if (send(fd, huge, sizeof(huge), 0) == (ssize_t)sizeof(huge)) {
		say(fd, "three");
		while (w->got.n < 14 + sizeof(huge) + 1 && w->ends == 0)
			assert_true(event_base_loop(w->base, EVLOOP_ONCE) >= 0);
		assert_memory_equal(w->got.p, "one\ntwo\nxxx", 11);
	} else {
		expect(w, "one\ntwo\n");
	}
	(void)close(fd);
}

static void
only_lines_come_as_datagrams_or_from_lists(void **state)
{
	static const char *const kinds[] = {"unix-dgram", "d4server"};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		assert_int_equal(try_open(w, kinds[i], 1), D4_ENOTSUP);
		assert_int_equal(try_open(w, kinds[i], 4), D4_ENOTSUP);
	}
}

static void
every_kind_has_its_name(void **state)
{
	(void)state;
	assert_null(source_find("carrier pigeon"));
	assert_null(source_find(""));
	assert_string_equal(source_find("folder")->file, "folder");
	assert_string_equal(source_find("pcap")->path, "capture.pcap");
	assert_true(source_find("d4server")->redis);
}

#define W(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    W(a_file_ends),
	    W(a_fifo_is_made_and_outlives_its_writers),
	    W(what_is_no_fifo_is_refused),
	    W(connections_come_one_after_the_other),
	    W(a_socket_that_is_left_over_is_taken_and_one_in_use_is_not),
	    W(each_datagram_is_a_line),
	    W(only_lines_come_as_datagrams_or_from_lists),
	    cmocka_unit_test(every_kind_has_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
