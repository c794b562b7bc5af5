/* Decision 10: wash cannot connect, post cannot open Redis or keys. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "libd4/kit/file.h"
#include "relay/profile.h"
#include "tmpdir.h"

static char dir[64];
static char policy[96], key[96], redis[96], spool[96], state[96], cursors[96];
static char www[96];
static int redis_fd, tcp_fd;
static uint16_t tcp_port;

static void
put(const char *path, const char *text)
{
	assert_int_equal(
	    d4_file_replace(path, d4_slice_str(text), 0600), D4_OK);
}

static void
folder(char *out, size_t n, const char *name)
{
	(void)snprintf(out, n, "%s/%s", dir, name);
	assert_int_equal(d4_dir_make(out, 0700), D4_OK);
}

/* What stands for Redis: a unix socket that listens; and one of TCP. */
static void
listeners(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct sockaddr_in in = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);

	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", redis);
	redis_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(redis_fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(redis_fd, 5), 0);
	tcp_fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(tcp_fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(tcp_fd, 5), 0);
	assert_int_equal(getsockname(tcp_fd, (struct sockaddr *)&in, &len), 0);
	tcp_port = in.sin_port;
}

static int
setup(void **unused)
{
	char text[128];

	(void)unused;
	tmpdir_make(dir, sizeof(dir));
	folder(text, sizeof(text), "policy");
	folder(text, sizeof(text), "keys");
	folder(spool, sizeof(spool), "spool");
	folder(state, sizeof(state), "wash");
	folder(cursors, sizeof(cursors), "post");
	folder(www, sizeof(www), "www");
	(void)snprintf(policy, sizeof(policy), "%s/policy/policy.yaml", dir);
	(void)snprintf(key, sizeof(key), "%s/keys/acme.key", dir);
	(void)snprintf(redis, sizeof(redis), "%s/redis.sock", dir);
	put(policy, "version: 1\n");
	put(key, "secret");
	(void)snprintf(text, sizeof(text), "%s/segment", spool);
	put(text, "data");
	(void)snprintf(text, sizeof(text), "%s/journal", state);
	put(text, "facts");
	folder(text, sizeof(text), "wash/quarantine");
	(void)snprintf(
	    text, sizeof(text), "%s/quarantine/0123456789abcdef", state);
	put(text, "raw");
	listeners();
	return 0;
}

static int
teardown(void **unused)
{
	(void)unused;
	(void)close(redis_fd);
	(void)close(tcp_fd);
	tmpdir_remove(dir);
	return 0;
}

/* errno of opening a file, 0: it can be. */
static int
try_open(const char *folder_path, const char *name, int flags)
{
	char path[192];
	int fd;

	(void)snprintf(path, sizeof(path), "%s%s%s", folder_path,
	    name[0] != '\0' ? "/" : "", name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static int
try_unix(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int err = 0;

	if (fd < 0)
		return errno;
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", redis);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) != 0)
		err = errno;
	(void)close(fd);
	return err;
}

static int
try_tcp(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_port = tcp_port,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int err = 0;

	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) != 0)
		err = errno;
	(void)close(fd);
	return err;
}

/* Socket made before: even that one may not be connected by wash. */
static int
try_connect_old(int fd)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_port = tcp_port,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	return connect(fd, (struct sockaddr *)&in, sizeof(in)) != 0 ? errno : 0;
}

#define EXPECT(what, is)                                                      \
	do {                                                                  \
		int got_ = (what);                                            \
		if (!(is)) {                                                  \
			(void)fprintf(stderr, "%s: errno %d\n", #what, got_); \
			_exit(1);                                             \
		}                                                             \
	} while (0)
#define OPEN      (got_ == 0)
#define FORBIDDEN (got_ == EPERM || got_ == EACCES)

static void
wash_life(void)
{
	int old = socket(AF_INET, SOCK_STREAM, 0);
	struct relay_conf c = {.policy = policy,
	    .spool = spool,
	    .state = state,
	    .cursors = cursors,
	    .sandbox = (char[]){"strict"}};
	struct profile p;

	if (profile_wash(&c, &p) != D4_OK ||
	    !profile_enter(NULL, getppid(), &p))
		_exit(2);
	EXPECT(try_unix(), FORBIDDEN);
	EXPECT(try_tcp(), FORBIDDEN);
	EXPECT(try_connect_old(old), FORBIDDEN);
	EXPECT(try_open(policy, "", O_RDONLY), OPEN);
	EXPECT(try_open(policy, "", O_WRONLY), FORBIDDEN);
	EXPECT(try_open(key, "", O_RDONLY), FORBIDDEN);
	EXPECT(try_open("/etc/passwd", "", O_RDONLY), FORBIDDEN);
	EXPECT(try_open(spool, "new", O_WRONLY | O_CREAT), OPEN);
	EXPECT(try_open(state, "journal", O_RDONLY), OPEN);
	EXPECT(try_open(state, "quarantine/0123456789abcdef", O_RDWR), OPEN);
	EXPECT(try_open(cursors, "new", O_WRONLY | O_CREAT), FORBIDDEN);
	EXPECT(execl("/bin/true", "true", (char *)NULL) != 0 ? errno : 0,
	    FORBIDDEN);
	EXPECT(memfd_create("status", MFD_CLOEXEC) < 0 ? errno : 0, OPEN);
	_exit(0);
}

static void
post_life(void)
{
	struct relay_partner set = {.sink = SINK_DIRECTORY, .out.path = www};
	struct relay_conf c = {.policy = policy,
	    .partner = &set,
	    .n_partners = 1,
	    .spool = spool,
	    .state = state,
	    .cursors = cursors,
	    .sandbox = (char[]){"strict"}};
	struct profile p;

	if (profile_post(&c, &p) != D4_OK ||
	    !profile_enter(NULL, getppid(), &p))
		_exit(2);
	EXPECT(try_tcp(), OPEN);
	EXPECT(try_unix(), FORBIDDEN);
	EXPECT(try_open(key, "", O_RDONLY), FORBIDDEN);
	EXPECT(try_open(policy, "", O_RDONLY), FORBIDDEN);
	EXPECT(try_open(state, "journal", O_RDONLY), FORBIDDEN);
	EXPECT(try_open(state, "quarantine/0123456789abcdef", O_RDONLY),
	    FORBIDDEN);
	EXPECT(try_open(spool, "segment", O_RDONLY), OPEN);
	EXPECT(try_open(spool, "segment", O_WRONLY), FORBIDDEN);
	EXPECT(try_open(spool, "new", O_WRONLY | O_CREAT), FORBIDDEN);
	EXPECT(try_open(cursors, "new", O_WRONLY | O_CREAT), OPEN);
	EXPECT(try_open(www, "new", O_WRONLY | O_CREAT), OPEN);
	EXPECT(execl("/bin/true", "true", (char *)NULL) != 0 ? errno : 0,
	    FORBIDDEN);
	EXPECT(memfd_create("status", MFD_CLOEXEC) < 0 ? errno : 0, OPEN);
	_exit(0);
}

static void
expect_life(void (*life)(void))
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		life();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 2) {
		print_message("no landlock or seccomp here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
wash_can_connect_to_nothing_and_open_no_key(void **unused)
{
	(void)unused;
	expect_life(wash_life);
}

static void
post_can_open_neither_redis_nor_keys_nor_what_wash_knows(void **unused)
{
	(void)unused;
	expect_life(post_life);
}

/* The same calls outside, so that the proof is not of a typing error. */
static void
without_the_sandbox_all_of_it_works(void **unused)
{
	(void)unused;
	assert_int_equal(try_unix(), 0);
	assert_int_equal(try_tcp(), 0);
	assert_int_equal(try_open(key, "", O_RDONLY), 0);
	assert_int_equal(try_open(state, "journal", O_RDONLY), 0);
	assert_int_equal(try_open(spool, "segment", O_WRONLY), 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(wash_can_connect_to_nothing_and_open_no_key),
	    T(post_can_open_neither_redis_nor_keys_nor_what_wash_knows),
	    T(without_the_sandbox_all_of_it_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
