/* kit/embedded: the redis-server of its own, its users, its ends. */
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include "redis_world.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(users_can_do_no_more_than_they_need),
	    T(nobody_gets_in_without_a_secret),
	    T(a_killed_server_answers_everybody_and_comes_back),
	    T(a_running_server_is_adopted_never_doubled),
	    T(a_server_that_is_about_to_end_is_followed_by_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
