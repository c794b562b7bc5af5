#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include "libd4/kit/account.h"
#include "libd4/kit/clock.h"

struct d4_account {
	int fd;
	bool dirty;
};

/* A crash can leave half a line: it must not swallow the next one. */
static enum d4_status
account_mend(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char last;

	if (end < 0)
		return D4_EIO;
	if (end == 0)
		return D4_OK;
	if (pread(fd, &last, 1, end - 1) != 1)
		return D4_EIO;
	if (last != '\n' && write(fd, "\n", 1) != 1)
		return D4_EIO;
	return D4_OK;
}

enum d4_status
d4_account_open(const char *dir, const char *program, struct d4_account **out)
{
	struct d4_account *a = calloc(1, sizeof(*a));
	char *path = NULL;
	int saved;

	if (a == NULL || asprintf(&path, "%s/%s.jsonl", dir, program) < 0) {
		free(a);
		return D4_ENOMEM;
	}
	a->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	free(path);
	if (a->fd < 0 || account_mend(a->fd) != D4_OK) {
		saved = errno;
		d4_account_close(a);
		errno = saved;
		return D4_EIO;
	}
	*out = a;
	return D4_OK;
}

void
d4_account_close(struct d4_account *a)
{
	if (a == NULL)
		return;
	if (a->fd >= 0)
		(void)close(a->fd);
	free(a);
}

/* The head first, so that a reader of the file sees it first too. */
static json_t *
account_object(const char *event, json_t *fields)
{
	char t[D4_TIME_TEXT];
	json_t *o;

	d4_time_text(d4_now_us(), t);
	o = json_pack("{s:i,s:s,s:s}", "v", 1, "t", t, "event", event);
	if (o != NULL && fields != NULL &&
	    json_object_update_missing(o, fields) != 0) {
		json_decref(o);
		o = NULL;
	}
	return o;
}

/*
 * One write a line. A short one (disk full) is taken back, so that the file
 * stays whole lines.
 */
static enum d4_status
account_append(struct d4_account *a, const char *line, size_t n)
{
	off_t before = lseek(a->fd, 0, SEEK_END);
	ssize_t put;

	do
		put = write(a->fd, line, n);
	while (put < 0 && errno == EINTR);
	if (put == (ssize_t)n)
		return D4_OK;
	if (put >= 0) {
		if (before >= 0 && ftruncate(a->fd, before) != 0)
			return D4_EIO;
		errno = ENOSPC;
	}
	return errno == ENOSPC || errno == EDQUOT ? D4_ENOSPC : D4_EIO;
}

enum d4_status
d4_account_write(
    struct d4_account *a, bool durable, const char *event, json_t *fields_taken)
{
	json_t *o = account_object(event, fields_taken);
	enum d4_status st;
	char *line = NULL;
	size_t n;

	json_decref(fields_taken);
	if (o != NULL)
		line = json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(o);
	if (line == NULL) {
		errno = ENOMEM;
		return D4_EIO;
	}
	n = strlen(line);
	line[n] = '\n'; /* the NUL's place: what is written is counted */
	st = account_append(a, line, n + 1);
	free(line);
	a->dirty = a->dirty || st == D4_OK;
	return st == D4_OK && durable ? d4_account_sync(a) : st;
}

enum d4_status
d4_account_sync(struct d4_account *a)
{
	if (a->dirty && fdatasync(a->fd) != 0)
		return errno == ENOSPC ? D4_ENOSPC : D4_EIO;
	a->dirty = false;
	return D4_OK;
}
