/*
 * A unix socket that we listen on: connections, one after the other (others
 * wait in the queue), or datagrams, each of which is a line.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "libd4/kit/log.h"
#include "sensor/source.h"

#define UNIX_BUFFER  (256u << 10)
#define UNIX_BACKLOG 64
#define UNIX_DGRAMS  64 /* read in one wake-up */

/* conn: -1 while there is none, and always for datagrams. */
struct source_unix {
	struct source base;
	int listener, conn;
	bool dgram;
	struct event *readable;
	uint8_t buf[UNIX_BUFFER];
};

static void unix_want(struct source *s);

static struct source_unix *
unix_of(struct source *s)
{
	return (struct source_unix *)s;
}

static void
unix_give(struct source_unix *u, size_t n)
{
	u->base.to.ev->give(u->base.to.arg, d4_slice_of(u->buf, n));
}

static void
unix_fail(struct source_unix *u)
{
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) {
		unix_want(&u->base);
		return;
	}
	d4_warn("source cannot be read");
	u->base.to.ev->end(u->base.to.arg, "socket error");
}

static void
unix_accept(struct source_unix *u)
{
	u->conn =
	    accept4(u->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (u->conn < 0)
		unix_fail(u);
	else
		unix_want(&u->base);
}

static void
unix_read(struct source_unix *u)
{
	ssize_t n;

	u->base.to.ev->take(u->base.to.arg, sizeof(u->buf));
	n = read(u->conn, u->buf, sizeof(u->buf));
	if (n > 0) {
		unix_give(u, (size_t)n);
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		unix_want(&u->base);
		return;
	}
	/* Its end, however it came to it: the next one's turn. */
	(void)close(u->conn);
	u->conn = -1;
	u->base.to.ev->cut(u->base.to.arg);
}

/* Each datagram is ended by a newline if it has none. */
static void
unix_dgrams(struct source_unix *u)
{
	size_t sum = 0;

	u->base.to.ev->take(u->base.to.arg, sizeof(u->buf));
	errno = EAGAIN;
	for (int i = 0; i < UNIX_DGRAMS; i++) {
		size_t room = sizeof(u->buf) - sum;
		ssize_t n;

		/* The largest datagram must fit, and its newline. */
		if (room < sizeof(u->buf) / 2)
			break;
		n = recv(u->listener, u->buf + sum, room - 1,
		    MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0)
			break;
		if ((size_t)n > room - 1) {
			u->base.to.ev->drop(
			    u->base.to.arg, D4_R_LINE_TOOLONG, (size_t)n);
			continue;
		}
		sum += (size_t)n;
		if (n > 0 && u->buf[sum - 1] != '\n')
			u->buf[sum++] = '\n';
	}
	if (sum == 0)
		unix_fail(u);
	else
		unix_give(u, sum);
}

static void
unix_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct source_unix *u = arg;

	(void)fd;
	(void)what;
	if (u->dgram)
		unix_dgrams(u);
	else if (u->conn < 0)
		unix_accept(u);
	else
		unix_read(u);
}

/* The event is made anew: it waits for one of two descriptors. */
static void
unix_want(struct source *s)
{
	struct source_unix *u = unix_of(s);

	(void)event_del(u->readable);
	(void)event_assign(u->readable, s->conf.base,
	    u->conn >= 0 ? u->conn : u->listener, EV_READ, unix_on_readable, u);
	(void)event_add(u->readable, NULL);
}

static void
unix_destroy(struct source *s)
{
	struct source_unix *u = unix_of(s);

	if (u->readable != NULL)
		event_free(u->readable);
	if (u->conn >= 0)
		(void)close(u->conn);
	if (u->listener >= 0) {
		(void)close(u->listener);
		(void)unlink(s->conf.path);
	}
	free(u);
}

static const struct source_ops unix_ops = {
    .want = unix_want,
    .destroy = unix_destroy,
};

/* A socket that nobody answers on is left over from a run before. */
static void
unix_clear(const struct sockaddr_un *at, int type)
{
	struct stat sb;
	int fd;

	if (lstat(at->sun_path, &sb) < 0 || !S_ISSOCK(sb.st_mode))
		return;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 &&
	    errno == ECONNREFUSED)
		(void)unlink(at->sun_path);
	if (fd >= 0)
		(void)close(fd);
}

static int
unix_listen(const char *path, int type)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	size_t n = strlen(path);
	mode_t mask;
	int fd, rc;

	if (n >= sizeof(at.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(at.sun_path, path, n);
	unix_clear(&at, type);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	mask = umask(0117); /* owner and group may send */
	rc = bind(fd, (const struct sockaddr *)&at, sizeof(at));
	(void)umask(mask);
	if (rc == 0 && type == SOCK_STREAM)
		rc = listen(fd, UNIX_BACKLOG);
	if (rc == 0)
		return fd;
	rc = errno;
	(void)close(fd);
	errno = rc;
	return -1;
}

static enum d4_status
unix_make(const struct source_conf *conf, const struct source_owner *to,
    bool dgram, struct source **out)
{
	struct source_unix *u = calloc(1, sizeof(*u));
	int saved;

	if (u == NULL)
		return D4_ENOMEM;
	u->base.ops = &unix_ops;
	u->base.conf = *conf;
	u->base.to = *to;
	u->dgram = dgram;
	u->conn = -1;
	u->listener = unix_listen(conf->path, dgram ? SOCK_DGRAM : SOCK_STREAM);
	if (u->listener >= 0)
		u->readable = event_new(
		    conf->base, u->listener, EV_READ, unix_on_readable, u);
	if (u->readable != NULL) {
		*out = &u->base;
		return D4_OK;
	}
	saved = errno;
	unix_destroy(&u->base);
	errno = saved;
	return D4_EIO;
}

enum d4_status
source_unix_make(const struct source_conf *conf, const struct source_owner *to,
    struct source **out)
{
	return unix_make(conf, to, false, out);
}

enum d4_status
source_dgram_make(const struct source_conf *conf, const struct source_owner *to,
    struct source **out)
{
	/* Datagrams are lines: no other type has records of such a shape. */
	if (conf->row == NULL || conf->row->cutter != &d4_cutter_lines)
		return D4_ENOTSUP;
	return unix_make(conf, to, true, out);
}
