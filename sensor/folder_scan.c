#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/inotify.h>
#include "libd4/kit/file.h"
#include "sensor/folder_scan.h"

#define SCAN_EVENTS \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR | IN_DONT_FOLLOW)

/* A scan under way; todo: folders that are still to be read. */
struct scan {
	const struct folder_view *view;
	struct folder_list *out;
	struct {
		char *path;
		unsigned depth;
	} todo[FOLDER_FOLDERS];
	size_t n, folders;
};

void
folder_list_fini(struct folder_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->at[i].path);
	free(list->at);
	*list = (struct folder_list){.n = 0};
}

static int
scan_compare(const void *a, const void *b)
{
	const struct folder_file *x = a, *y = b;

	if (x->key.mtime_ns != y->key.mtime_ns)
		return x->key.mtime_ns < y->key.mtime_ns ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* Takes path. */
static enum d4_status
scan_push(struct scan *s, char *path, unsigned depth)
{
	if (path == NULL)
		return D4_ENOMEM;
	if (depth > FOLDER_DEPTH || s->folders >= FOLDER_FOLDERS ||
	    s->n >= FOLDER_FOLDERS) {
		free(path);
		return D4_OK;
	}
	s->folders++;
	s->todo[s->n].path = path;
	s->todo[s->n++].depth = depth;
	return D4_OK;
}

/* A read lease is given only while nobody has the file open for writing. */
static bool
scan_finished(int fd, const struct stat *sb, time_t now_s)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
		return true;
	}
	if (errno == EAGAIN)
		return false;
	return (now_s - sb->st_mtime) >= (time_t)(FOLDER_QUIET_MS / 1000);
}

static enum d4_status
scan_add(struct folder_list *l, char *path, const struct folder_key *key)
{
	if (l->n == l->cap) {
		size_t cap = l->cap != 0 ? 2 * l->cap : 64;
		void *at = reallocarray(l->at, cap, sizeof(*l->at));

		if (at == NULL)
			return D4_ENOMEM;
		l->at = at;
		l->cap = cap;
	}
	l->at[l->n++] = (struct folder_file){.path = path, .key = *key};
	return D4_OK;
}

/* Takes path. A file that is gone meanwhile is none. */
static enum d4_status
scan_file(struct scan *s, char *path, const struct stat *sb)
{
	struct folder_key key = folder_key(sb);
	enum d4_status st = D4_OK;
	bool add = false;
	int fd;

	if (folder_done_has(s->view->done, &key)) {
		if (s->view->remove &&
		    folder_done_is_settled(s->view->done, &key))
			(void)unlink(path); /* or the next scan does */
		free(path);
		return D4_OK;
	}
	if (s->out->n >= FOLDER_FILES) {
		s->out->more = true;
		free(path);
		return D4_OK;
	}
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0) {
		add = scan_finished(fd, sb, s->view->now_s);
		(void)close(fd);
	}
	if (add)
		st = scan_add(s->out, path, &key);
	if (!add || st != D4_OK)
		free(path);
	return st;
}

static enum d4_status
scan_entry(struct scan *s, const char *dir, const char *name, unsigned depth)
{
	char *path = d4_path(dir, name);
	struct stat sb;

	if (path == NULL)
		return D4_ENOMEM;
	if (lstat(path, &sb) == 0 && S_ISDIR(sb.st_mode))
		return scan_push(s, path, depth + 1);
	if (errno == 0 && S_ISREG(sb.st_mode))
		return scan_file(s, path, &sb);
	free(path);
	return D4_OK;
}

/* The watch comes first: what appears while we read is told by an event. */
static enum d4_status
scan_folder(struct scan *s, const char *path, unsigned depth)
{
	enum d4_status st = D4_OK;
	const struct dirent *e;
	DIR *d;

	if (s->view->inotify >= 0)
		(void)inotify_add_watch(s->view->inotify, path, SCAN_EVENTS);
	d = opendir(path);
	if (d == NULL)
		return D4_EIO;
	while (st == D4_OK && (e = readdir(d)) != NULL) {
		errno = 0;
		if (e->d_name[0] != '.')
			st = scan_entry(s, path, e->d_name, depth);
	}
	(void)closedir(d);
	return st;
}

/* root/20261122 and root/2026/11/22; those that are not there are no error. */
static enum d4_status
scan_push_day(struct scan *s, time_t when)
{
	char flat[16], deep[16];
	enum d4_status st;
	struct tm tm;

	if (localtime_r(&when, &tm) == NULL ||
	    strftime(flat, sizeof(flat), "%Y%m%d", &tm) == 0 ||
	    strftime(deep, sizeof(deep), "%Y/%m/%d", &tm) == 0)
		return D4_OK;
	st = scan_push(s, d4_path(s->view->root, flat), 1);
	if (st == D4_OK)
		st = scan_push(s, d4_path(s->view->root, deep), 1);
	return st;
}

static enum d4_status
scan_begin(struct scan *s)
{
	const struct folder_view *v = s->view;
	enum d4_status st;

	if (!v->daily)
		return scan_push(s, strdup(v->root), 0);
	/* A new day's folder appears in one of these. */
	if (v->inotify >= 0)
		(void)inotify_add_watch(v->inotify, v->root, SCAN_EVENTS);
	st = scan_push_day(s, v->now_s);
	return st == D4_OK ? scan_push_day(s, v->now_s - 86400) : st;
}

static enum d4_status
scan_run(struct scan *s)
{
	enum d4_status st = scan_begin(s);

	while (st == D4_OK && s->n != 0) {
		char *path = s->todo[--s->n].path;
		unsigned depth = s->todo[s->n].depth;

		st = scan_folder(s, path, depth);
		/* Folders below the root come and go. */
		if (st == D4_EIO && depth != 0)
			st = D4_OK;
		free(path);
	}
	while (s->n != 0)
		free(s->todo[--s->n].path);
	return st;
}

enum d4_status
folder_scan(const struct folder_view *view, struct folder_list *out)
{
	struct scan *s = calloc(1, sizeof(*s));
	enum d4_status st;
	int saved;

	if (s == NULL)
		return D4_ENOMEM;
	s->view = view;
	s->out = out;
	out->more = false;
	st = scan_run(s);
	saved = errno;
	if (out->n != 0)
		qsort(out->at, out->n, sizeof(*out->at), scan_compare);
	free(s);
	errno = saved;
	return st;
}
