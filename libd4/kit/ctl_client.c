#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/ctl.h"
#include "libd4/slice.h"

#define CTL_ANSWER  (64u << 20) /* bytes of an answer */
#define CTL_WAIT_MS 5000u

/* Waits until fd can do `events`, at most until the deadline. */
static enum d4_status
ctl_wait(int fd, short events, uint64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	uint64_t now = d4_mono_ms();
	int rc;

	if (now >= deadline_ms)
		return D4_ETIMEOUT;
	rc = poll(&p, 1, (int)(deadline_ms - now));
	if (rc == 0)
		return D4_ETIMEOUT;
	return rc > 0 || errno == EINTR ? D4_OK : D4_EIO;
}

static bool
ctl_again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static enum d4_status
ctl_send(int fd, struct d4_slice s, uint64_t deadline_ms)
{
	enum d4_status st = D4_OK;

	while (st == D4_OK && s.n != 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n >= 0)
			(void)d4_slice_skip(&s, (size_t)n);
		else if (!ctl_again())
			return D4_EIO;
		else
			st = ctl_wait(fd, POLLOUT, deadline_ms);
	}
	return st;
}

/* Reads up to the newline, or to the end of what came. */
static enum d4_status
ctl_recv(int fd, struct d4_buf *b, uint64_t deadline_ms)
{
	enum d4_status st = D4_OK;

	while (st == D4_OK) {
		ssize_t n;

		if (d4_buf_reserve(b, 4096) != D4_OK)
			return D4_EMALFORMED;
		n = recv(fd, b->p + b->n, 4096, 0);
		if (n == 0)
			return b->n != 0 ? D4_OK : D4_EMALFORMED;
		if (n < 0 && !ctl_again())
			return D4_EIO;
		if (n < 0) {
			st = ctl_wait(fd, POLLIN, deadline_ms);
			continue;
		}
		b->n += (size_t)n;
		if (b->p[b->n - 1] == '\n')
			return D4_OK;
	}
	return st;
}

/* connect() on a full listen queue answers EAGAIN at once: try again. */
static enum d4_status
ctl_connect(int fd, const struct sockaddr_un *sun, uint64_t deadline_ms)
{
	for (;;) {
		if (connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) ==
		    0)
			return D4_OK;
		if (!ctl_again())
			return D4_EIO;
		if (d4_mono_ms() >= deadline_ms)
			return D4_ETIMEOUT;
		(void)poll(NULL, 0, 10);
	}
}

static enum d4_status
ctl_talk(const struct sockaddr_un *sun, struct d4_slice line, struct d4_buf *in)
{
	uint64_t deadline_ms = d4_mono_ms() + CTL_WAIT_MS;
	enum d4_status st;
	int fd, saved;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return D4_EIO;
	st = ctl_connect(fd, sun, deadline_ms);
	if (st == D4_OK)
		st = ctl_send(fd, line, deadline_ms);
	if (st == D4_OK)
		st = ctl_recv(fd, in, deadline_ms);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return st;
}

enum d4_status
d4_ctl_ask(const char *path, const json_t *request, json_t **answer)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	enum d4_status st;
	struct d4_buf in;
	json_t *got = NULL;
	char *line;
	size_t n;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return D4_EIO;
	}
	memcpy(sun.sun_path, path, strlen(path));
	line = json_dumps(request, JSON_COMPACT);
	if (line == NULL)
		return D4_ENOMEM;
	n = strlen(line);
	line[n] = '\n'; /* the NUL's place: the line is sent by length */
	d4_buf_init(&in, CTL_ANSWER);
	st = ctl_talk(&sun, d4_slice_of(line, n + 1), &in);
	free(line);
	if (st == D4_OK) {
		got = json_loadb((const char *)in.p, in.n, 0, NULL);
		if (!json_is_object(got))
			st = D4_EMALFORMED;
	}
	d4_buf_fini(&in);
	if (st != D4_OK) {
		json_decref(got);
		return st;
	}
	*answer = got;
	return D4_OK;
}
