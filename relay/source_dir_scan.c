/* Which files of a folder are finished, and what becomes of them then. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "relay/source_dir.h"

/* A look at the folder. there: done, and still in it. */
struct scan {
	struct dir *d;
	DIR *top;
	struct dir_file *there;
	size_t n_there, n, cap;
	uint64_t now_ns;
	bool *finished;
};

bool
dir_is_done(const struct dir *d, const struct dir_file *begun)
{
	struct stream_id last = feed_last(&d->feed);

	return begun->number < last.ms ||
	       (begun->number == last.ms && last.n == UINT64_MAX);
}

/* ---- what becomes of a file ---- */

/* Is it still the one that was read? */
static bool
after_same(int top, const struct dir_file *f)
{
	struct stat sb;

	return fstatat(top, f->name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	       sb.st_ino == f->id.ino && sb.st_dev == f->id.dev &&
	       (uint64_t)sb.st_size == f->id.size;
}

/* Nothing that is there is written over. */
static int
after_move(int top, const struct source_conf *c, const struct dir_file *f)
{
	char name[DIR_NAME_MAX + 32];
	int to = open(c->move_to, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r, saved;

	if (to < 0)
		return -1;
	r = renameat2(top, f->name, to, f->name, RENAME_NOREPLACE);
	if (r != 0 && errno == EEXIST) {
		(void)snprintf(name, sizeof(name), "%s.%llu", f->name,
		    (unsigned long long)f->number);
		r = renameat2(top, f->name, to, name, RENAME_NOREPLACE);
	}
	saved = errno;
	(void)close(to);
	errno = saved;
	return r;
}

void
dir_after(struct dir *d, const struct dir_file *f)
{
	const struct source_conf *c = d->feed.conf;
	int top, r = 0;

	if (c->after == SOURCE_KEEP)
		return;
	top = open(c->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return; /* the next look finds it again */
	if (after_same(top, f))
		r = c->after == SOURCE_DELETE ? unlinkat(top, f->name, 0)
		                              : after_move(top, c, f);
	if (r != 0)
		feed_alarms(&d->feed, "%s of files that are done: %s",
		    c->after_text, strerror(errno));
	d->stuck = d->stuck || r != 0;
	(void)close(top);
}

/* ---- looking ---- */

static bool
scan_name_ok(const struct dir *d, const char *name)
{
	return name[0] != '.' && strlen(name) < DIR_NAME_MAX &&
	       strchr(name, '\n') == NULL &&
	       fnmatch(d->feed.conf->match, name, 0) == 0;
}

static bool
scan_moved(const struct dir *d, const char *name)
{
	for (size_t i = 0; i < d->n_moved; i++) {
		if (strcmp(d->moved[i], name) == 0)
			return true;
	}
	return false;
}

/* ctime: a copy that keeps times may still be under way. */
static bool
scan_settled(const struct scan *s, const struct stat *sb)
{
	uint64_t at = (uint64_t)sb->st_ctim.tv_sec * 1000000000 +
	              (uint64_t)sb->st_ctim.tv_nsec;

	return s->now_ns >= at + s->d->feed.conf->settle_us * 1000;
}

static bool
scan_grow(struct scan *s)
{
	size_t cap = s->cap == 0 ? 64 : 2 * s->cap;
	struct dir_file *found;

	if (s->n < s->cap)
		return true;
	if (cap > DIR_FILES)
		return false;
	found = reallocarray(s->d->found, cap, sizeof(*found));
	if (found == NULL)
		return false;
	s->d->found = found;
	s->cap = cap;
	return true;
}

/* Done before, or one more to read; with a number: it is not finished. */
static void
scan_file(struct scan *s, const char *name, const struct stat *sb)
{
	struct dir_file f = {
	    .id = {sb->st_dev, sb->st_ino, (uint64_t)sb->st_size,
		(uint64_t)sb->st_mtim.tv_sec * 1000000000 +
		    (uint64_t)sb->st_mtim.tv_nsec}};
	const struct dir_file *begun = dir_log_find(&s->d->log, &f.id);

	(void)snprintf(f.name, sizeof(f.name), "%s", name);
	if (begun != NULL && dir_is_done(s->d, begun)) {
		f.number = begun->number;
		dir_after(s->d, &f);
		if (s->n_there < DIR_FILES)
			s->there[s->n_there++] = f;
		return;
	}
	if (!scan_grow(s))
		return;
	f.number =
	    scan_moved(s->d, name) || scan_settled(s, sb) ? 0 : UINT64_MAX;
	if (begun != NULL)
		f.number = 0;
	s->d->found[s->n++] = f;
}

static void
scan_entries(struct scan *s)
{
	const struct dirent *e;
	struct stat sb;

	s->d->skipped = 0;
	while ((e = readdir(s->top)) != NULL) {
		if (!scan_name_ok(s->d, e->d_name) ||
		    fstatat(dirfd(s->top), e->d_name, &sb,
			AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISREG(sb.st_mode))
			scan_file(s, e->d_name, &sb);
		else
			s->d->skipped++;
	}
}

static int
by_name(const void *a, const void *b)
{
	const struct dir_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
by_time(const void *a, const void *b)
{
	const struct dir_file *x = a, *y = b;

	if (x->id.mtime_ns != y->id.mtime_ns)
		return x->id.mtime_ns < y->id.mtime_ns ? -1 : 1;
	return by_name(a, b);
}

static bool
scan_gzip(const char *name)
{
	size_t n = strlen(name);

	return n > 3 && strcmp(name + n - 3, ".gz") == 0;
}

/* In order; those that are not finished are only counted. */
static void
scan_choose(struct scan *s)
{
	const struct source_conf *c = s->d->feed.conf;
	struct dir *d = s->d;

	if (s->n > 0)
		qsort(d->found, s->n, sizeof(*d->found),
		    c->by_time ? by_time : by_name);
	d->n_found = d->at = d->waits = 0;
	for (size_t i = 0; i < s->n; i++) {
		struct dir_file *f = &d->found[i];

		if (f->number != 0 && c->superseded && i + 1 < s->n &&
		    !scan_gzip(f->name))
			f->number = 0;
		if (f->number == 0)
			d->found[d->n_found++] = *f;
		else
			d->waits++;
	}
}

bool
dir_scan(struct dir *d)
{
	struct scan s = {.d = d, .now_ns = d4_now_us() * 1000};
	enum d4_status st;

	s.top = opendir(d->feed.conf->dir);
	s.there = calloc(DIR_FILES, sizeof(*s.there));
	if (s.top == NULL || s.there == NULL) {
		feed_alarms(&d->feed, "%s: %s", d->feed.conf->dir,
		    s.top == NULL ? strerror(errno) : "out of memory");
		if (s.top != NULL)
			(void)closedir(s.top);
		free(s.there);
		return false;
	}
	d->stuck = false;
	free(d->found);
	d->found = NULL;
	scan_entries(&s);
	(void)closedir(s.top);
	scan_choose(&s);
	d->n_moved = 0;
	st = dir_log_trim(&d->log, s.there, s.n_there);
	free(s.there);
	if (st != D4_OK)
		feed_alarms(&d->feed, "state: %s", d4_status_text(st));
	return st == D4_OK;
}
