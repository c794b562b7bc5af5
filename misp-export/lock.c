#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "misp-export/lock.h"

bool
lock_take(const struct misp_conf *c, int *out)
{
	char *path = d4_path(c->dir, "lock");
	bool ok = path != NULL && d4_dir_make(c->dir, 0750) == D4_OK;
	int fd = -1;

	if (ok)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	free(path);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*out = fd;
		return true;
	}
	if (fd >= 0 && errno == EWOULDBLOCK)
		d4_warnx("dir=%s error=\"another d4-misp-export works there\" "
			 "remedy=\"stop it first\"",
		    c->dir);
	else
		d4_warn("dir=%s", c->dir);
	lock_leave(fd);
	return false;
}

void
lock_leave(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}
