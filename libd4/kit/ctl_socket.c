#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "libd4/kit/ctl_socket.h"
#include "libd4/kit/file.h"

#define WAITS   20
#define WAIT_MS 100

/* Nobody answers on a socket that a dead process left. */
static enum d4_status
ctl_clear_stale(const struct sockaddr_un *sun)
{
	struct stat sb;
	int fd, rc;

	if (lstat(sun->sun_path, &sb) != 0)
		return errno == ENOENT ? D4_OK : D4_EIO;
	if (!S_ISSOCK(sb.st_mode)) {
		errno = ENOTSOCK; /* not ours to remove */
		return D4_EIO;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return D4_EIO;
	rc = connect(fd, (const struct sockaddr *)sun, sizeof(*sun));
	/* EAGAIN: its listen queue is full, so it lives. */
	if (rc == 0 || errno == EAGAIN || errno == EINPROGRESS) {
		(void)close(fd);
		return D4_EEXIST;
	}
	(void)close(fd);
	return unlink(sun->sun_path) == 0 ? D4_OK : D4_EIO;
}

/*
 * A child that a killed process had forked just then, too young to have closed
 * what is not its own, still listens; it goes by itself.
 */
static enum d4_status
ctl_clear(const struct sockaddr_un *sun)
{
	const struct timespec wait = {0, WAIT_MS * 1000000};
	enum d4_status st = ctl_clear_stale(sun);

	for (int i = 0; st == D4_EEXIST && i < WAITS; i++) {
		(void)nanosleep(&wait, NULL);
		st = ctl_clear_stale(sun);
	}
	return st;
}

enum d4_status
ctl_bind(const char *path, int *out)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	enum d4_status st;
	mode_t old;
	int fd, rc;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return D4_EIO;
	}
	memcpy(sun.sun_path, path, strlen(path));
	st = d4_dir_above(path);
	if (st == D4_OK)
		st = ctl_clear(&sun);
	if (st != D4_OK)
		return st;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return D4_EIO;
	/* The mode is right from the first moment on. */
	old = umask(0117);
	rc = bind(fd, (const struct sockaddr *)&sun, sizeof(sun));
	(void)umask(old);
	if (rc != 0 || listen(fd, 64) != 0) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
		return D4_EIO;
	}
	*out = fd;
	return D4_OK;
}
