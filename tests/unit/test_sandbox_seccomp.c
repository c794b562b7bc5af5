#include <sched.h>
#include <signal.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include "box.h"

static char dir[64], outside[80];
static int tcp_listener = -1;
static struct sockaddr_in tcp_addr;

static int
do_tcp_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int
do_udp6_socket(void)
{
	return socket(AF_INET6, SOCK_DGRAM, 0);
}

static int
do_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int
do_unix_pair(void)
{
	int s[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, s);
}

static int
do_netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int
do_raw_socket(void)
{
	return socket(AF_INET6, SOCK_RAW, IPPROTO_TCP);
}

static int
do_tcp_connect(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	return connect(fd, (struct sockaddr *)&tcp_addr, sizeof(tcp_addr));
}

/* A socket that was made before may not be connected either. */
static int
do_connect_old(void)
{
	return connect(
	    OLD_SOCKET, (struct sockaddr *)&tcp_addr, sizeof(tcp_addr));
}

static int
do_bind_old(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};

	return bind(OLD_SOCKET, (struct sockaddr *)&any, sizeof(any));
}

static int
do_listen_old(void)
{
	return listen(OLD_SOCKET, 1);
}

static int
do_accept(void)
{
	int fd = accept4(tcp_listener, NULL, NULL, SOCK_NONBLOCK);

	if (fd < 0 && errno == EAGAIN)
		return 0; /* allowed: there is nobody */
	return fd;
}

static int
do_exec(void)
{
	char *const argv[] = {(char[]){"true"}, NULL};

	return execve("/bin/true", argv, NULL);
}

static int
do_execveat(void)
{
	char *const argv[] = {(char[]){"true"}, NULL};
	int fd = open("/bin/true", O_RDONLY);

	return (int)syscall(SYS_execveat, fd, "", argv, NULL, AT_EMPTY_PATH);
}

static int
do_io_uring(void)
{
	char params[256] = {0};

	return (int)syscall(SYS_io_uring_setup, 4, params);
}

static int
do_vm_read(void)
{
	struct iovec a = {dir, 1}, b = {dir, 1};

	return (int)process_vm_readv(getppid(), &a, 1, &b, 1, 0);
}

static int
do_kill_parent(void)
{
	return kill(getppid(), 0);
}

static int
do_tgkill_parent(void)
{
	return (int)syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static int
do_tgkill_self(void)
{
	return (int)syscall(SYS_tgkill, getpid(), getpid(), 0);
}

static int
do_mount(void)
{
	return mount("none", dir, "tmpfs", 0, NULL);
}

static int
do_unshare(void)
{
	return unshare(CLONE_NEWUSER);
}

static int
do_clone_namespace(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return (int)pid;
}

static int
do_clone3(void)
{
	uint64_t args[11] = {[4] = SIGCHLD};
	long pid = syscall(SYS_clone3, args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return (int)pid;
}

static int
do_fork(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(do_unix_socket() < 0 ? 7 : 0);
	if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 7) {
		errno = ECHILD; /* the child was not in the sandbox */
		return -1;
	}
	return 0;
}

static int
do_bpf(void)
{
	char attr[128] = {0};

	return (int)syscall(SYS_bpf, 0, attr, sizeof(attr));
}

static int
do_chmod_outside(void)
{
	return chmod(outside, 0666);
}

static int
do_truncate_outside(void)
{
	return truncate(outside, 0);
}

static int
do_work(void)
{
	void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fds[2];
	char *m = malloc(1 << 22);

	if (p == MAP_FAILED || m == NULL || pipe(fds) != 0)
		return -1;
	free(m);
	return write(fds[1], "x", 1) == 1 ? 0 : -1;
}

struct proof {
	const char *name;
	int (*what)(void);
	const struct d4_sandbox *(*box)(void);
	int want;
};

#define P(what, box, want)             \
	{                              \
#what, what, box, want \
	}

static const struct proof proofs[] = {
    P(do_work, box_closed, 0),
    P(do_fork, box_closed, 0),
    P(do_tgkill_self, box_closed, 0),
    /* without connect: no socket at all */
    P(do_tcp_socket, box_closed, EPERM),
    P(do_udp6_socket, box_closed, EPERM),
    P(do_unix_socket, box_closed, EPERM),
    P(do_unix_pair, box_closed, EPERM),
    P(do_netlink_socket, box_closed, EPERM),
    P(do_connect_old, box_closed, EPERM),
    P(do_bind_old, box_closed, EPERM),
    P(do_listen_old, box_closed, EPERM),
    P(do_accept, box_closed, EPERM),
    /* with connect: IPv4 and IPv6, stream and datagram */
    P(do_tcp_socket, box_connect, 0),
    P(do_udp6_socket, box_connect, 0),
    P(do_tcp_connect, box_connect, 0),
    P(do_unix_socket, box_connect, EPERM),
    P(do_unix_pair, box_connect, EPERM),
    P(do_netlink_socket, box_connect, EPERM),
    P(do_raw_socket, box_connect, EPERM),
    P(do_bind_old, box_connect, EPERM),
    P(do_listen_old, box_connect, EPERM),
    P(do_accept, box_connect, EPERM),
    /* never */
    P(do_exec, box_connect, EPERM),
    P(do_execveat, box_connect, EPERM),
    P(do_io_uring, box_connect, EPERM),
    P(do_vm_read, box_connect, EPERM),
    P(do_kill_parent, box_connect, EPERM),
    P(do_tgkill_parent, box_connect, EPERM),
    P(do_mount, box_connect, EPERM),
    P(do_unshare, box_connect, EPERM),
    P(do_clone_namespace, box_connect, EPERM),
    P(do_clone3, box_connect, ENOSYS),
    P(do_bpf, box_connect, EPERM),
    P(do_chmod_outside, box_connect, EPERM),
    P(do_truncate_outside, box_connect, EPERM),
};

static void
each_refused_call_is_refused_and_each_other_works(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
		int got = in_box(proofs[i].box(), proofs[i].what);

		if (got == proofs[i].want)
			continue;
		print_error("%s: %d, expected %d\n", proofs[i].name, got,
		    proofs[i].want);
		bad++;
	}
	assert_int_equal(bad, 0);
}

/* What must not work inside does work outside: the proofs prove something. */
static void
the_same_calls_work_without_a_sandbox(void **state)
{
	int (*const works[])(void) = {do_tcp_socket, do_udp6_socket,
	    do_unix_socket, do_unix_pair, do_netlink_socket, do_tcp_connect,
	    do_connect_old, do_bind_old, do_listen_old, do_accept, do_exec,
	    do_kill_parent, do_clone3, do_chmod_outside};

	(void)state;
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		assert_int_equal(in_box(NULL, works[i]), 0);
}

static void
serve_allows_accept_and_no_more(void **state)
{
	const struct d4_sandbox box = {.serve = true};

	(void)state;
	assert_int_equal(in_box(&box, do_accept), 0);
	assert_int_equal(in_box(&box, do_tcp_socket), EPERM);
	assert_int_equal(in_box(&box, do_listen_old), EPERM);
}

static int
listen_tcp(void)
{
	socklen_t n = sizeof(tcp_addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	tcp_addr.sin_family = AF_INET;
	tcp_addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&tcp_addr, sizeof(tcp_addr)) != 0 ||
	    listen(fd, 8) != 0 ||
	    getsockname(fd, (struct sockaddr *)&tcp_addr, &n) != 0)
		return -1;
	return fd;
}

static int
set_up(void **state)
{
	int fd;

	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/d4-box.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(outside, sizeof(outside), "%s/out", dir);
	fd = open(outside, O_RDWR | O_CREAT, 0600);
	tcp_listener = listen_tcp();
	return fd < 0 || tcp_listener < 0 ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(outside);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_calls_work_without_a_sandbox),
	    cmocka_unit_test(each_refused_call_is_refused_and_each_other_works),
	    cmocka_unit_test(serve_allows_accept_and_no_more),
	};

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1) {
		(void)puts("skipped: this kernel has no landlock");
		return 77;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
