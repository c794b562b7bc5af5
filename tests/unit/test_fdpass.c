#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <cmocka.h>
#include "libd4/kit/fdpass.h"

static void
a_message_takes_its_descriptor_along(void **state)
{
	int s[2], p[2], fd = -1;
	struct d4_buf b;
	char c = 0;

	(void)state;
	d4_buf_init(&b, 100);
	assert_int_equal(d4_fd_pair(s), D4_OK);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(d4_fd_send(s[0], d4_slice_str("redis"), p[1]), D4_OK);
	assert_int_equal(d4_fd_send(s[0], d4_slice_str("more"), -1), D4_OK);
	assert_int_equal(d4_fd_recv(s[1], &b, &fd), D4_OK);
	assert_true(d4_slice_eqs(d4_buf_slice(&b), "redis"));
	assert_true(fd >= 0 && fd != p[1]);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(write(fd, "!", 1), 1);
	assert_int_equal(read(p[0], &c, 1), 1);
	(void)close(fd);
	assert_int_equal(d4_fd_recv(s[1], &b, &fd), D4_OK);
	assert_true(d4_slice_eqs(d4_buf_slice(&b), "more"));
	assert_int_equal(fd, -1);
	assert_int_equal(d4_fd_recv(s[1], &b, &fd), D4_AGAIN);
	(void)close(s[0]);
	assert_int_equal(d4_fd_recv(s[1], &b, &fd), D4_ECLOSED);
	(void)close(s[1]);
	(void)close(p[0]);
	(void)close(p[1]);
	d4_buf_fini(&b);
}

static void
the_largest_message_passes_and_a_larger_one_does_not(void **state)
{
	uint8_t *big = calloc(1, 65537);
	struct d4_buf b;
	int s[2], fd;

	(void)state;
	d4_buf_init(&b, 65536);
	assert_int_equal(d4_fd_pair(s), D4_OK);
	assert_int_equal(
	    d4_fd_send(s[0], d4_slice_of(big, 65537), -1), D4_ETOOBIG);
	assert_int_equal(d4_fd_send(s[0], d4_slice_of(big, 0), -1), D4_ETOOBIG);
	assert_int_equal(d4_fd_send(s[0], d4_slice_of(big, 65536), -1), D4_OK);
	assert_int_equal(d4_fd_recv(s[1], &b, &fd), D4_OK);
	assert_int_equal(b.n, 65536);
	d4_buf_fini(&b);
	d4_buf_init(&b, 10);
	assert_int_equal(
	    d4_fd_send(s[0], d4_slice_str("eleven byte"), 0), D4_OK);
	fd = -1;
	assert_int_equal(d4_fd_recv(s[1], &b, &fd), D4_ETOOBIG);
	assert_int_equal(fd, -1);
	(void)close(s[0]);
	(void)close(s[1]);
	d4_buf_fini(&b);
	free(big);
}

static unsigned
count_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
descriptors_that_were_not_asked_for_are_closed(void **state)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(3 * sizeof(int))];
	} control;
	char text[] = "three";
	struct iovec iov = {text, 5};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c;
	int s[2], fds[3] = {0, 0, 0}, fd = -1;
	struct d4_buf b;
	unsigned before;

	(void)state;
	d4_buf_init(&b, 100);
	assert_int_equal(d4_fd_pair(s), D4_OK);
	memset(&control, 0, sizeof(control));
	mh.msg_control = &control;
	mh.msg_controllen = sizeof(control);
	c = CMSG_FIRSTHDR(&mh);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	assert_int_equal(sendmsg(s[0], &mh, 0), 5);
	before = count_fds();
	assert_int_equal(d4_fd_recv(s[1], &b, &fd), D4_OK);
	assert_int_equal(count_fds(), before + 1);
	(void)close(fd);
	(void)close(s[0]);
	(void)close(s[1]);
	d4_buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_takes_its_descriptor_along),
	    cmocka_unit_test(
		the_largest_message_passes_and_a_larger_one_does_not),
	    cmocka_unit_test(descriptors_that_were_not_asked_for_are_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
