/* kit/redis and kit/embedded against the real redis-server. */
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "libd4/kit/embedded.h"
#include "libd4/kit/log.h"
#include "libd4/kit/redis.h"
#include "test.h"

#define DEADLINE_S 30

struct world {
	char dir[64];
	struct event_base *base;
	struct d4_embedded e;
	struct d4_redis *r;
	unsigned ups, downs;
	unsigned answered, closed, errors;
	char last[256];
	size_t last_len;
	uint8_t *big;
	bool late;
};

static void
on_up(void *arg)
{
	((struct world *)arg)->ups++;
}

static void
on_down(void *arg, const char *why)
{
	struct world *w = arg;

	assert_non_null(why);
	w->downs++;
}

static void
on_reply(void *arg, enum d4_status st, const redisReply *reply)
{
	struct world *w = arg;

	if (st != D4_OK) {
		assert_null(reply);
		w->closed++;
		return;
	}
	w->answered++;
	w->errors += reply->type == REDIS_REPLY_ERROR;
	if (reply->str == NULL)
		return;
	(void)snprintf(w->last, sizeof(w->last), "%s", reply->str);
	w->last_len = (size_t)reply->len;
	free(w->big);
	w->big = malloc(w->last_len + 1);
	memcpy(w->big, reply->str, w->last_len);
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	((struct world *)arg)->late = true;
}

static void
turn_until(struct world *w, const unsigned *count, unsigned want)
{
	struct timeval tv = {DEADLINE_S, 0};
	struct event *e = evtimer_new(w->base, on_late, w);

	w->late = false;
	evtimer_add(e, &tv);
	while (*count < want && !w->late)
		event_base_loop(w->base, EVLOOP_ONCE);
	event_free(e);
	assert_true(*count >= want);
}

static const struct d4_redis_events events = {on_up, on_down};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	d4_log_open("test", D4_LOG_WARN, false);
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/d4-redis-XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		return -1;
	w->base = event_base_new();
	w->e = (struct d4_embedded){.dir = w->dir,
	    .appendfsync = "always",
	    .maxmemory = 64 << 20,
	    .pidfd = -1};
	if (d4_embedded_start(&w->e) != D4_OK)
		return -1;
	if (d4_redis_new(w->base, &events, w, 1 << 20, &w->r) != D4_OK)
		return -1;
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	char cmd[128];

	d4_redis_free(w->r);
	d4_embedded_stop(&w->e);
	event_base_free(w->base);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", w->dir);
	/* A literal of our own making: nothing of it comes from outside. */
	if (fork() == 0) {
		execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
		_exit(1);
	}
	(void)wait(NULL);
	free(w->big);
	free(w);
	return 0;
}

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

/* One command, words split at spaces. */
static enum d4_status
send_text(struct world *w, const char *text)
{
	struct d4_slice argv[8];
	size_t n = 0;

	while (*text != '\0' && n < 8) {
		size_t len = strcspn(text, " ");

		argv[n++] = d4_slice_of(text, len);
		text += len;
		text += strspn(text, " ");
	}
	return d4_redis_send(w->r, argv, n, on_reply, w);
}

static void
users_can_do_no_more_than_they_need(void **state)
{
	struct world *w = *state;
	char url[512];
	int fd;

	assert_int_equal(
	    d4_embedded_url(&w->e, "wash", url, sizeof(url)), D4_OK);
	assert_int_equal(d4_redis_dial(url, &fd), D4_OK);
	assert_int_equal(d4_redis_attach(w->r, fd), D4_OK);
	turn_until(w, &w->ups, 1);
	assert_int_equal(d4_redis_sendf(w->r, on_reply, w,
			     "XGROUP CREATE d4:{1:0}:q d4 0 MKSTREAM"),
	    D4_OK);
	turn_until(w, &w->answered, 1);
	assert_int_equal(w->errors, 0);
	static const char *const denied[] = {"XADD d4:{1:0}:q * a b",
	    "XTRIM d4:{1:0}:q MAXLEN 0", "SMEMBERS registered_uuid",
	    "CONFIG GET dir", "FLUSHALL", "SHUTDOWN", "KEYS d4:a"};
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		assert_int_equal(send_text(w, denied[i]), D4_OK);
	turn_until(w, &w->answered, 8);
	assert_int_equal(w->errors, 7);
}

static void
nobody_gets_in_without_a_secret(void **state)
{
	struct world *w = *state;
	char url[512], path[512];
	struct stat st;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/redis-hub", w->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	(void)snprintf(url, sizeof(url), "unix:%s/redis.sock", w->dir);
	assert_int_equal(d4_redis_dial(url, &fd), D4_OK);
	assert_int_equal(d4_redis_attach(w->r, fd), D4_OK);
	for (int i = 0; i < 50 && w->ups == 0; i++)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
	assert_false(d4_redis_is_up(w->r));
	assert_int_equal(d4_redis_sendf(w->r, on_reply, w, "PING"), D4_ECLOSED);
}

static void
a_killed_server_answers_everybody_and_comes_back(void **state)
{
	struct world *w = *state;

	assert_int_equal(d4_redis_connect(w->r, w->e.url), D4_OK);
	turn_until(w, &w->ups, 1);
	assert_int_equal(
	    d4_redis_sendf(w->r, on_reply, w, "SET d4:k v"), D4_OK);
	turn_until(w, &w->answered, 1);
	assert_true(d4_embedded_alive(&w->e));
	assert_int_equal(kill(w->e.pid, SIGSTOP), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(
		    d4_redis_sendf(w->r, on_reply, w, "PING"), D4_OK);
	assert_int_equal(kill(w->e.pid, SIGKILL), 0);
	turn_until(w, &w->downs, 1);
	assert_int_equal(w->closed, 5);
	assert_int_equal(d4_redis_sendf(w->r, on_reply, w, "PING"), D4_ECLOSED);
	assert_int_equal(waitpid(w->e.pid, NULL, 0), w->e.pid);
	assert_false(d4_embedded_alive(&w->e));
	d4_embedded_forget(&w->e);
	assert_int_equal(d4_embedded_start(&w->e), D4_OK);
	assert_false(w->e.adopted);
	turn_until(w, &w->ups, 2);
	assert_int_equal(d4_redis_sendf(w->r, on_reply, w, "GET d4:k"), D4_OK);
	turn_until(w, &w->answered, 2);
	assert_string_equal(w->last, "v");
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
a_running_server_is_adopted_never_doubled(void **state)
{
	struct world *w = *state;
	struct d4_embedded second = {.dir = w->dir,
	    .appendfsync = "always",
	    .maxmemory = 64 << 20,
	    .pidfd = -1};

	assert_int_equal(d4_embedded_start(&second), D4_OK);
	assert_true(second.adopted);
	assert_int_equal(second.pid, w->e.pid);
	d4_embedded_forget(&second);
}

/*
 * A full disk or a stop: it still holds the lock, answers nobody and ends.
 * Here it stands still, and a child ends it when somebody waits for it.
 */
static void
a_server_that_is_about_to_end_is_followed_by_another(void **state)
{
	struct world *w = *state;
	const struct timespec while_ = {0, 300000000};
	pid_t old = w->e.pid, child;

	assert_int_equal(kill(old, SIGSTOP), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)nanosleep(&while_, NULL);
		_exit(kill(old, SIGKILL) == 0 ? 0 : 1);
	}
	d4_embedded_forget(&w->e);
	assert_int_equal(d4_embedded_start(&w->e), D4_OK);
	assert_false(w->e.adopted);
	assert_int_not_equal(w->e.pid, old);
	assert_int_equal(waitpid(old, NULL, 0), old);
	assert_int_equal(waitpid(child, NULL, 0), child);
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

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(commands_are_answered_in_order),
	    T(users_can_do_no_more_than_they_need),
	    T(nobody_gets_in_without_a_secret),
	    T(a_killed_server_answers_everybody_and_comes_back),
	    T(a_descriptor_that_does_not_come_up_is_told),
	    T(a_second_descriptor_does_not_cost_the_first),
	    T(a_running_server_is_adopted_never_doubled),
	    T(a_server_that_is_about_to_end_is_followed_by_another),
	    T(a_transaction_survives_a_killed_server),
	    T(lent_bytes_are_sent_as_they_are),
	    T(the_queue_of_commands_is_limited),
	    cmocka_unit_test(urls_are_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
