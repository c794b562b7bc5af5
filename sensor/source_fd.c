/* Standard input, a file, a fifo: a descriptor that is read to its end. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>
#include "libd4/kit/log.h"
#include "sensor/source.h"

#define FD_BUFFER (256u << 10) /* bytes of one read */
#define FD_PIPE   (1 << 20)    /* bytes asked for in a pipe */

struct source_fd {
	struct source base;
	int fd;
	struct event *readable;
	bool file;   /* readable without events */
	bool owned;  /* closed at the end */
	bool reopen; /* a fifo: other writers will come */
	uint8_t buf[FD_BUFFER];
};

static void fd_on_readable(evutil_socket_t fd, short what, void *arg);

static struct source_fd *
fd_of(struct source *s)
{
	return (struct source_fd *)s;
}

/* Files, folders and devices like /dev/null make no events. */
static bool
fd_is_file(int fd)
{
	struct stat sb;

	if (fstat(fd, &sb) != 0 || S_ISCHR(sb.st_mode))
		return isatty(fd) == 0;
	return S_ISREG(sb.st_mode) || S_ISDIR(sb.st_mode);
}

/* Takes fd; what was there before is closed. */
static enum d4_status
fd_take(struct source_fd *f, int fd)
{
	if (f->readable != NULL)
		event_free(f->readable);
	if (f->owned && f->fd >= 0)
		(void)close(f->fd);
	f->fd = fd;
	f->file = fd_is_file(fd);
	f->readable = event_new(f->base.conf.base, fd,
	    f->file ? EV_TIMEOUT : EV_READ, fd_on_readable, f);
	/* Larger reads; where it is no pipe or not allowed, as it is. */
	(void)fcntl(fd, F_SETPIPE_SZ, FD_PIPE);
	return f->readable != NULL ? D4_OK : D4_ENOMEM;
}

static void
fd_want(struct source *s)
{
	static const struct timeval now = {0, 0};
	struct source_fd *f = fd_of(s);

	(void)event_add(f->readable, f->file ? &now : NULL);
}

static void
fd_end(struct source_fd *f, const char *why)
{
	f->base.to.ev->end(f->base.to.arg, why);
}

/*
 * The last writer is gone. The new descriptor is there before the old one
 * closes: what a writer puts into the fifo in between is not lost.
 */
static void
fd_reopen(struct source_fd *f)
{
	int fd = open(f->base.conf.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fd_take(f, fd) != D4_OK) {
		d4_warn(
		    "cannot open the fifo again path=%s", f->base.conf.path);
		fd_end(f, "cannot open the fifo again");
		return;
	}
	f->base.to.ev->cut(f->base.to.arg);
}

static void
fd_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct source_fd *f = arg;
	ssize_t n;

	(void)what;
	f->base.to.ev->take(f->base.to.arg, sizeof(f->buf));
	n = read(fd, f->buf, sizeof(f->buf));
	if (n > 0) {
		f->base.to.ev->give(
		    f->base.to.arg, d4_slice_of(f->buf, (size_t)n));
	} else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		fd_want(&f->base);
	} else if (n < 0) {
		d4_warn("source cannot be read");
		fd_end(f, "read error");
	} else if (f->reopen) {
		fd_reopen(f);
	} else {
		fd_end(f, NULL);
	}
}

static void
fd_destroy(struct source *s)
{
	struct source_fd *f = fd_of(s);

	if (f->readable != NULL)
		event_free(f->readable);
	if (f->owned && f->fd >= 0)
		(void)close(f->fd);
	free(f);
}

static const struct source_ops fd_ops = {
    .want = fd_want,
    .destroy = fd_destroy,
};

static struct source_fd *
fd_make(const struct source_conf *conf, const struct source_owner *to)
{
	struct source_fd *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->base.ops = &fd_ops;
	f->base.conf = *conf;
	f->base.to = *to;
	f->fd = -1;
	return f;
}

static enum d4_status
fd_open(struct source_fd *f, int fd, struct source **out)
{
	enum d4_status st = fd < 0 ? D4_EIO : fd_take(f, fd);
	int saved = errno;

	if (st == D4_OK) {
		*out = &f->base;
		return D4_OK;
	}
	fd_destroy(&f->base);
	errno = saved;
	return st;
}

enum d4_status
source_stdin_make(const struct source_conf *conf, const struct source_owner *to,
    struct source **out)
{
	struct source_fd *f = fd_make(conf, to);

	return f == NULL ? D4_ENOMEM : fd_open(f, STDIN_FILENO, out);
}

enum d4_status
source_file_make(const struct source_conf *conf, const struct source_owner *to,
    struct source **out)
{
	struct source_fd *f = fd_make(conf, to);

	if (f == NULL)
		return D4_ENOMEM;
	f->owned = true;
	return fd_open(f, open(conf->path, O_RDONLY | O_CLOEXEC), out);
}

enum d4_status
source_fifo_make(const struct source_conf *conf, const struct source_owner *to,
    struct source **out)
{
	struct source_fd *f = fd_make(conf, to);
	struct stat sb;
	int fd;

	if (f == NULL)
		return D4_ENOMEM;
	f->owned = f->reopen = true;
	if (mkfifo(conf->path, 0600) < 0 && errno != EEXIST)
		return fd_open(f, -1, out);
	fd = open(conf->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &sb) == 0 && !S_ISFIFO(sb.st_mode)) {
		(void)close(fd);
		fd = -1;
		errno = ENOTSUP;
	}
	return fd_open(f, fd, out);
}
