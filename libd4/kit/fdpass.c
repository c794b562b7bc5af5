#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include "libd4/kit/fdpass.h"

#define FDPASS_MAX  65536u /* bytes of a message */
#define FDPASS_MANY 8u     /* descriptors taken, all but one are closed */

enum d4_status
d4_fd_pair(int out[2])
{
	const int kind = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
	int size = 4 * (int)FDPASS_MAX;

	if (socketpair(AF_UNIX, kind, 0, out) != 0)
		return D4_EIO;
	/* A message of the largest size must fit the socket's buffer. */
	for (int i = 0; i < 2; i++)
		(void)setsockopt(
		    out[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return D4_OK;
}

static enum d4_status
fdpass_status(int err)
{
	if (err == EAGAIN || err == EWOULDBLOCK)
		return D4_AGAIN;
	if (err == EPIPE || err == ECONNRESET || err == ENOTCONN)
		return D4_ECLOSED;
	if (err == EMSGSIZE)
		return D4_ETOOBIG;
	return D4_EIO;
}

enum d4_status
d4_fd_send(int sock, struct d4_slice msg, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {.iov_len = msg.n};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	if (msg.n == 0 || msg.n > FDPASS_MAX)
		return D4_ETOOBIG;
	/* iov_base is not const in POSIX; sendmsg does not write there. */
	memcpy(&iov.iov_base, &msg.p, sizeof(iov.iov_base));
	if (fd >= 0) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof(control));
		mh.msg_control = &control;
		mh.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do
		n = sendmsg(sock, &mh, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? fdpass_status(errno) : D4_OK;
}

/* The first descriptor of a message; any others are closed, not leaked. */
static int
fdpass_take(struct msghdr *mh)
{
	int got = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c != NULL;
	     c = CMSG_NXTHDR(mh, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (got < 0)
				got = fd;
			else
				(void)close(fd);
		}
	}
	return got;
}

enum d4_status
d4_fd_recv(int sock, struct d4_buf *msg, int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(FDPASS_MANY * sizeof(int))];
	} control;
	size_t room = msg->max < FDPASS_MAX ? msg->max : FDPASS_MAX;
	struct iovec iov;
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;
	int got;

	msg->n = 0;
	if (room == 0 || d4_buf_reserve(msg, room) != D4_OK)
		return D4_ENOMEM;
	iov = (struct iovec){msg->p, room};
	mh.msg_control = &control;
	mh.msg_controllen = sizeof(control);
	do
		n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fdpass_status(errno);
	got = fdpass_take(&mh);
	if (n == 0 || (mh.msg_flags & MSG_TRUNC) != 0) {
		if (got >= 0)
			(void)close(got);
		return n == 0 ? D4_ECLOSED : D4_ETOOBIG;
	}
	msg->n = (size_t)n;
	*fd = got;
	return D4_OK;
}
