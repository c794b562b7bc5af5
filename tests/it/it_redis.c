/* kit/redis against the real redis-server: commands, connections. */
#include <signal.h>
#include <sys/socket.h>
#include "redis_world.h"

#define FIRST_RECV (128u << 10)

static void
commands_are_answered_in_order(void **state)
{
	struct world *w = *state;
	uint8_t blob[300] = {0, 1, '\r', '\n', 255};
	const struct d4_slice argv[] = {d4_slice_str("XADD"),
	    d4_slice_str("d4:{1:0}:q"), d4_slice_str("*"), d4_slice_str("data"),
	    d4_slice_of(blob, sizeof(blob))};

	assert_int_equal(d4_redis_connect(w->r, w->e.url), D4_OK);
	turn_until(w, &w->ups, 1);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(
		    d4_redis_send(w->r, argv, 5, on_reply, w), D4_OK);
	assert_int_equal(d4_redis_pending(w->r), 1000);
	turn_until(w, &w->answered, 1000);
	assert_int_equal(w->errors, 0);
	assert_int_equal(
	    d4_redis_sendf(w->r, on_reply, w, "SET d4:%s %llu", "a b", 42ULL),
	    D4_OK);
	assert_int_equal(
	    d4_redis_sendf(w->r, on_reply, w, "GET d4:%s", "a b"), D4_OK);
	turn_until(w, &w->answered, 1002);
	assert_string_equal(w->last, "42");
}

static void
a_descriptor_that_does_not_come_up_is_told(void **state)
{
	struct world *w = *state;
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(d4_redis_attach(w->r, pair[0]), D4_OK);
	(void)close(pair[1]); /* the server died before its PONG */
	turn_until(w, &w->downs, 1);
	assert_int_equal(w->ups, 0);
	assert_false(d4_redis_is_up(w->r));
}

/* Else each descriptor of two would be answered by asking for a third. */
static void
a_second_descriptor_does_not_cost_the_first(void **state)
{
	struct world *w = *state;
	int fd;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(d4_redis_dial(w->e.url, &fd), D4_OK);
		assert_int_equal(d4_redis_attach(w->r, fd), D4_OK);
	}
	turn_until(w, &w->ups, 1);
	assert_int_equal(d4_redis_dial(w->e.url, &fd), D4_OK);
	assert_int_equal(d4_redis_attach(w->r, fd), D4_OK);
	assert_int_equal(d4_redis_sendf(w->r, on_reply, w, "PING"), D4_OK);
	turn_until(w, &w->answered, 1);
	assert_true(d4_redis_is_up(w->r));
	assert_int_equal(w->downs, 0);
	assert_int_equal(w->ups, 1);
}

static void
a_transaction_survives_a_killed_server(void **state)
{
	static const char *const cmds[] = {
	    "MULTI", "SET d4:a 1", "SET d4:b 2", "EXEC"};
	struct world *w = *state;

	assert_int_equal(d4_redis_connect(w->r, w->e.url), D4_OK);
	turn_until(w, &w->ups, 1);
	for (size_t i = 0; i < COUNT(cmds); i++)
		assert_int_equal(send_text(w, cmds[i]), D4_OK);
	turn_until(w, &w->answered, COUNT(cmds));
	assert_int_equal(kill(w->e.pid, SIGKILL), 0);
	turn_until(w, &w->downs, 1);
	assert_int_equal(waitpid(w->e.pid, NULL, 0), w->e.pid);
	d4_embedded_forget(&w->e);
	assert_int_equal(d4_embedded_start(&w->e), D4_OK);
	turn_until(w, &w->ups, 2);
	assert_int_equal(send_text(w, "GET d4:b"), D4_OK);
	turn_until(w, &w->answered, COUNT(cmds) + 1);
	assert_string_equal(w->last, "2");
}

static void
lent_bytes_are_sent_as_they_are(void **state)
{
	struct world *w = *state;
	static uint8_t big[300000];
	const struct d4_slice argv[] = {d4_slice_str("SET"),
	    d4_slice_str("d4:big"), d4_slice_of(big, sizeof(big))};

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 31);
	assert_int_equal(d4_redis_connect(w->r, w->e.url), D4_OK);
	turn_until(w, &w->ups, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
		    d4_redis_lend(w->r, argv, 3, on_reply, w), D4_OK);
		assert_int_equal(send_text(w, "GET d4:big"), D4_OK);
	}
	turn_until(w, &w->answered, 6);
	assert_int_equal(w->errors, 0);
	assert_int_equal(w->last_len, sizeof(big));
	assert_memory_equal(w->big, big, sizeof(big));
}

struct long_work {
	struct world *w;
	size_t want;
	bool kill;
};

/* Works until what it asks for itself has come, too. */
static void
on_long_work(void *arg, enum d4_status st, const redisReply *reply)
{
	struct long_work *l = arg;
	struct world *w = l->w;
	time_t end = time(NULL) + DEADLINE_S;

	assert_int_equal(st, D4_OK);
	assert_int_equal(reply->type, REDIS_REPLY_STRING);
	w->answered++;
	assert_int_equal(
	    d4_redis_sendf(w->r, on_reply, w, "GET d4:big"), D4_OK);
	while (d4_redis_ahead(w->r) < l->want && time(NULL) < end)
		continue;
	assert_true(d4_redis_ahead(w->r) >= l->want);
	assert_int_equal(w->answered, 1);
	assert_int_equal(w->closed, 0);
	if (!l->kill)
		return;
	assert_int_equal(kill(w->e.pid, SIGKILL), 0);
	assert_int_equal(waitpid(w->e.pid, NULL, 0), w->e.pid);
	d4_embedded_forget(&w->e);
	assert_int_equal(
	    d4_redis_sendf(w->r, on_reply, w, "GET d4:big"), D4_OK);
	(void)d4_redis_ahead(w->r);
	assert_int_equal(w->downs, 0); /* not from in here */
}

static void
long_work(struct world *w, struct long_work *l)
{
	static uint8_t big[300000];
	const struct d4_slice argv[] = {d4_slice_str("SET"),
	    d4_slice_str("d4:big"), d4_slice_of(big, sizeof(big))};

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 31);
	assert_int_equal(d4_redis_connect(w->r, w->e.url), D4_OK);
	turn_until(w, &w->ups, 1);
	assert_int_equal(d4_redis_send(w->r, argv, 3, NULL, NULL), D4_OK);
	/* Of the second reply some may have come with the first. */
	*l = (struct long_work){w, 2 * sizeof(big) - FIRST_RECV, l->kill};
	assert_int_equal(
	    d4_redis_sendf(w->r, on_long_work, l, "GET d4:big"), D4_OK);
	assert_int_equal(
	    d4_redis_sendf(w->r, on_reply, w, "GET d4:big"), D4_OK);
	if (l->kill)
		return;
	turn_until(w, &w->answered, 3);
	assert_int_equal(w->last_len, sizeof(big));
	assert_memory_equal(w->big, big, sizeof(big));
}

static void
replies_taken_in_by_long_work_come_when_it_is_over(void **state)
{
	struct long_work l = {.kill = false};
	struct world *w = *state;

	long_work(w, &l);
	assert_int_equal(send_text(w, "PING"), D4_OK);
	turn_until(w, &w->answered, 4);
	assert_string_equal(w->last, "PONG");
}

static void
a_server_that_dies_during_long_work_is_told_when_it_is_over(void **state)
{
	struct long_work l = {.kill = true};
	struct world *w = *state;

	long_work(w, &l);
	turn_until(w, &w->downs, 1);
	assert_int_equal(w->answered + w->closed, 4);
	assert_true(w->closed >= 1);
}

static void
the_queue_of_commands_is_limited(void **state)
{
	struct world *w = *state;
	static uint8_t big[(1 << 20) + 1];
	const struct d4_slice argv[] = {d4_slice_str("SET"),
	    d4_slice_str("d4:x"), d4_slice_of(big, sizeof(big))};
	enum d4_status st = D4_OK;
	unsigned n = 0;

	assert_int_equal(d4_redis_connect(w->r, w->e.url), D4_OK);
	turn_until(w, &w->ups, 1);
	assert_int_equal(d4_redis_send(w->r, argv, 3, on_reply, w), D4_ETOOBIG);
	for (; st == D4_OK; n += st == D4_OK)
		st = d4_redis_sendf(w->r, on_reply, w, "PING");
	assert_int_equal(st, D4_ETOOBIG);
	turn_until(w, &w->answered, n);
	assert_int_equal(d4_redis_queued(w->r), 0);
}

static void
urls_are_read_strictly(void **state)
{
	static const char *const bad[] = {"", "redis://x", "unix:relative",
	    "tcp://host", "tcp://:1", "unix:/x?user=a", "unix:/x?secret=/y",
	    "unix:/x?user=&secret=/y"};
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(d4_redis_dial(bad[i], &fd), D4_EINVAL);
	assert_int_equal(d4_redis_dial("unix:/nonexistent/s", &fd), D4_EIO);
	assert_int_equal(
	    d4_redis_dial("unix:/x?user=a&secret=/nonexistent", &fd),
	    D4_ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(commands_are_answered_in_order),
	    T(a_descriptor_that_does_not_come_up_is_told),
	    T(a_second_descriptor_does_not_cost_the_first),
	    T(a_transaction_survives_a_killed_server),
	    T(lent_bytes_are_sent_as_they_are),
	    T(replies_taken_in_by_long_work_come_when_it_is_over),
	    T(a_server_that_dies_during_long_work_is_told_when_it_is_over),
	    T(the_queue_of_commands_is_limited),
	    cmocka_unit_test(urls_are_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
