/*
 * Retention of the files that items name. Only what this process has made may
 * go: files under its names, of types that are not d4-core's workers', from
 * the time on when it began to make them: an archive that was there stays. A
 * walk is done in pieces between two reads; a file whose path is still in an
 * analyzer list is accounted as unread, and its item goes, too.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hub/compat_keep.h"
#include "hub/compat_parts.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define DEPTH     8u
#define STEP      2000u /* names that are looked at between two reads */
#define BATCH     256u
#define HOURLY_MS 3600000u
#define SECOND_MS 1000u

/* A folder on the way. gone: something below it was removed. */
struct keep_level {
	DIR *dir;
	size_t len;
	bool gone;
};

/* A file that is to go. */
struct keep_file {
	char path[COMPAT_PATH];
	int type;
	uint64_t bytes, time_s;
};

/*
 * struct compat_keep -- Shape: level: open folders, n of them, 0: no walk is
 * under way. path: of the last. cut_s: older files go for the size of all.
 * hour: bytes that stay, by the hour of the file.
 */
struct compat_keep {
	struct keep_level level[DEPTH];
	unsigned n;
	char path[COMPAT_PATH];
	uint64_t next_ms, cut_s, now_s;
	struct keep_hours hours;
	struct keep_file file[BATCH];
	unsigned n_files;
};

/* ---- removal ---- */

static bool
keep_account(struct compat *c, int type, uint64_t unread)
{
	const struct compat_keep *k = c->keep;
	uint64_t files = 0, bytes = 0, oldest = UINT64_MAX;
	char t[D4_TIME_TEXT];

	for (unsigned i = 0; i < k->n_files; i++) {
		if (k->file[i].type != type)
			continue;
		files++;
		bytes += k->file[i].bytes;
		if (k->file[i].time_s < oldest)
			oldest = k->file[i].time_s;
	}
	if (files == 0)
		return true;
	d4_time_text(oldest * 1000000, t);
	if (d4_account_write(c->account, true, "compat.retention",
		json_pack("{s:s,s:I,s:I,s:I,s:s}", "type", keep_types[type],
		    "files", (json_int_t)files, "bytes", (json_int_t)bytes,
		    "unread", (json_int_t)unread, "oldest", t)) != D4_OK) {
		d4_warn("account");
		return false;
	}
	c->removed_files += files;
	c->removed_bytes += bytes;
	c->removed_unread += unread;
	return true;
}

/* First the account, then the items that name them, then the files. */
static void
keep_flush(struct compat *c)
{
	struct compat_keep *k = c->keep;
	uint64_t unread[KEEP_TYPES] = {0};
	bool ok = true;

	if (k->n_files == 0)
		return;
	for (unsigned i = 0; i < k->n_files; i++)
		unread[k->file[i].type] += compat_unread(c, k->file[i].path);
	for (int t = 0; t < (int)KEEP_TYPES && ok; t++)
		ok = keep_account(c, t, unread[t]);
	for (unsigned i = 0; i < k->n_files && ok; i++) {
		compat_unread_drop(
		    c, keep_types[k->file[i].type], k->file[i].path);
		if (unlink(k->file[i].path) < 0 && errno != ENOENT)
			d4_warn("compat file=%s", k->file[i].path);
	}
	k->n_files = 0;
}

static void
keep_file(struct compat *c, const struct stat *sb, const char *path)
{
	struct compat_keep *k = c->keep;
	int type = keep_type(path + strlen(c->data) + 1);
	uint64_t t = (uint64_t)sb->st_mtim.tv_sec;
	uint64_t age = c->opt->compat_age_us / 1000000;
	struct keep_file *f;

	if (type < 0 || c->keep_since[type] == 0 || t < c->keep_since[type])
		return;
	if ((age == 0 || t + age > k->now_s) && t >= k->cut_s) {
		keep_hours_add(&k->hours, t, (uint64_t)sb->st_size);
		return;
	}
	f = &k->file[k->n_files++];
	(void)snprintf(f->path, sizeof(f->path), "%s", path);
	f->type = type;
	f->bytes = (uint64_t)sb->st_size;
	f->time_s = t;
	for (unsigned i = 0; i < k->n; i++)
		k->level[i].gone = true;
	if (k->n_files == BATCH)
		keep_flush(c);
}

/* ---- the walk ---- */

static void
keep_enter(struct compat *c, int parent, const char *name)
{
	struct compat_keep *k = c->keep;
	int fd = openat(
	    parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	k->level[k->n++] = (struct keep_level){dir, strlen(k->path), false};
}

/* Days, months and years that are empty now go; what is not, stays. */
static void
keep_leave(struct compat *c)
{
	struct compat_keep *k = c->keep;
	struct keep_level *l = &k->level[--k->n];

	if (l->gone)
		keep_flush(c);
	(void)closedir(l->dir);
	k->path[l->len] = '\0';
	if (l->gone && k->n >= 3 && keep_type_folder(k->path, c->data))
		(void)rmdir(k->path);
	if (k->n != 0)
		k->path[k->level[k->n - 1].len] = '\0';
}

static void
keep_name(struct compat *c, const struct keep_level *l, const char *name)
{
	struct compat_keep *k = c->keep;
	struct stat sb;

	if (name[0] == '.' ||
	    fstatat(dirfd(l->dir), name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (snprintf(k->path + l->len, sizeof(k->path) - l->len, "/%s", name) <
	    (int)(sizeof(k->path) - l->len)) {
		if (S_ISREG(sb.st_mode))
			keep_file(c, &sb, k->path);
		else if (S_ISDIR(sb.st_mode) && k->n < DEPTH &&
			 keep_may_hold(k->path + strlen(c->data) + 1))
			keep_enter(c, dirfd(l->dir), name);
	}
	k->path[k->level[k->n - 1].len] = '\0';
}

static void
keep_begin(struct compat *c)
{
	struct compat_keep *k = c->keep;

	k->now_s = d4_now_us() / 1000000;
	memset(&k->hours, 0, sizeof(k->hours));
	k->hours.now_s = k->now_s;
	compat_unread_clear(c);
	if (snprintf(k->path, sizeof(k->path), "%s", c->data) <
	    (int)sizeof(k->path))
		keep_enter(c, AT_FDCWD, c->data);
}

/* Too much is left: at once again, up to a later hour. */
static void
keep_end(struct compat *c, uint64_t now)
{
	struct compat_keep *k = c->keep;
	uint64_t age = c->opt->compat_age_us / 1000;
	uint64_t rest = age / 4 < HOURLY_MS && age != 0 ? age / 4 : HOURLY_MS;

	keep_flush(c);
	compat_unread_clear(c);
	c->kept_bytes = keep_hours_sum(&k->hours);
	k->cut_s = keep_hours_cut(&k->hours, c->opt->compat_bytes);
	k->next_ms = now + (k->cut_s != 0 ? SECOND_MS : rest);
}

static void
keep_walk(struct compat *c)
{
	struct compat_keep *k = c->keep;

	if (k->n == 0)
		keep_begin(c);
	for (unsigned i = 0; i < STEP && k->n != 0; i++) {
		const struct keep_level *l = &k->level[k->n - 1];
		const struct dirent *d = readdir(l->dir);

		if (d == NULL)
			keep_leave(c);
		else
			keep_name(c, l, d->d_name);
	}
}

void
compat_keep_step(struct compat *c, uint64_t now)
{
	if (c->opt->compat_age_us == 0 && c->opt->compat_bytes == 0)
		return;
	if (c->keep == NULL)
		c->keep = calloc(1, sizeof(*c->keep));
	if (c->keep == NULL)
		d4_fatalx("out of memory");
	else if (c->keep->n == 0 && now < c->keep->next_ms)
		return;
	keep_walk(c);
	if (c->keep->n == 0)
		keep_end(c, now);
}
