#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hub/archive_keep.h"
#include "libd4/kit/clock.h"

#define DAY_S      86400u
#define HOUR_S     3600u
#define FILES_STEP 100000u /* of one hour, removed in one step */

/* Levels below the archive's folder. */
enum keep_level { LEVEL_UUID = 1, LEVEL_TYPE, LEVEL_Y, LEVEL_M, LEVEL_D };

/* Days are since 1970; the oldest first. */
struct keep_day {
	uint64_t day, files, bytes;
};

struct archive_keep {
	const struct archive_conf *conf;
	struct d4_account *account;
	struct keep_day *day;
	size_t n, cap;
	uint64_t files, bytes, removed;
};

/* A file that may be removed. */
struct keep_file {
	char *path;
	uint64_t t_s, bytes;
};

/* A walk: of all days, or of the files of the first hour of one. */
struct keep_walk {
	struct archive_keep *keep;
	const char *ymd; /* "2026-11-22", NULL: all */
	struct keep_file *file;
	size_t n;
	uint64_t hour, removed;
	enum d4_status st;
};

/* ---- sums ---- */

static struct keep_day *
keep_day(struct archive_keep *k, uint64_t day)
{
	size_t i = k->n;

	while (i > 0 && k->day[i - 1].day > day)
		i--;
	if (i > 0 && k->day[i - 1].day == day)
		return &k->day[i - 1];
	if (k->n == k->cap) {
		size_t cap = k->cap != 0 ? 2 * k->cap : 64;
		struct keep_day *more =
		    reallocarray(k->day, cap, sizeof(*more));

		if (more == NULL)
			return NULL;
		k->day = more;
		k->cap = cap;
	}
	memmove(&k->day[i + 1], &k->day[i], (k->n - i) * sizeof(*k->day));
	k->day[i] = (struct keep_day){.day = day};
	k->n++;
	return &k->day[i];
}

static enum d4_status
keep_count(struct archive_keep *k, uint64_t t_s, uint64_t bytes)
{
	struct keep_day *d = keep_day(k, t_s / DAY_S);

	if (d == NULL)
		return D4_ENOMEM;
	d->files++;
	d->bytes += bytes;
	k->files++;
	k->bytes += bytes;
	return D4_OK;
}

enum d4_status
keep_add(struct archive_keep *k, const struct archive_file *f)
{
	return keep_count(k, f->t_s, f->bytes);
}

static void
keep_less(struct archive_keep *k, const struct keep_file *f)
{
	struct keep_day *d = keep_day(k, f->t_s / DAY_S);
	uint64_t bytes = f->bytes;

	k->removed += bytes;
	k->files -= k->files != 0;
	k->bytes -= bytes < k->bytes ? bytes : k->bytes;
	if (d == NULL)
		return;
	d->files -= d->files != 0;
	d->bytes -= bytes < d->bytes ? bytes : d->bytes;
}

/* ---- the walk ---- */

static bool
all_digits(const char *name, size_t n)
{
	return strlen(name) == n && strspn(name, "0123456789") == n;
}

/* Is this folder on the way to files that are wanted? */
static bool
walk_wants(const struct keep_walk *w, const FTSENT *e)
{
	switch (e->fts_level) {
	case LEVEL_UUID:
		return strlen(e->fts_name) == 32 &&
		       strspn(e->fts_name, "0123456789abcdef") == 32;
	case LEVEL_TYPE:
		return strspn(e->fts_name, "0123456789") == e->fts_namelen;
	case LEVEL_Y:
		return w->ymd != NULL ? strncmp(w->ymd, e->fts_name, 4) == 0
		                      : all_digits(e->fts_name, 4);
	case LEVEL_M:
		return w->ymd != NULL ? strncmp(w->ymd + 5, e->fts_name, 2) == 0
		                      : all_digits(e->fts_name, 2);
	case LEVEL_D:
		return w->ymd != NULL ? strncmp(w->ymd + 8, e->fts_name, 2) == 0
		                      : all_digits(e->fts_name, 2);
	default:
		return e->fts_level == 0 || e->fts_level == LEVEL_D + 1;
	}
}

static void
walk_forget(struct keep_walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->file[i].path);
	w->n = 0;
}

static void
walk_file(struct keep_walk *w, const FTSENT *e)
{
	uint64_t t_s, bytes = (uint64_t)e->fts_statp->st_size;
	struct keep_file *f;

	if (e->fts_level <= LEVEL_D || e->fts_level > LEVEL_D + 2 ||
	    archive_name_time(e->fts_name, &t_s) != D4_OK)
		return;
	if (w->ymd == NULL) {
		w->st = keep_count(w->keep, t_s, bytes);
		return;
	}
	if (w->n != 0 && t_s / HOUR_S < w->hour)
		walk_forget(w); /* an earlier hour: only that one */
	if (w->n == FILES_STEP || (w->n != 0 && t_s / HOUR_S > w->hour))
		return;
	w->hour = t_s / HOUR_S;
	f = &w->file[w->n];
	*f = (struct keep_file){strdup(e->fts_path), t_s, bytes};
	if (f->path == NULL)
		w->st = D4_ENOMEM;
	else
		w->n++;
}

/* Links are not followed: what they lead to is not counted. */
static enum d4_status
walk(struct keep_walk *w)
{
	char *roots[] = {w->keep->conf->dir, NULL};
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;

	if (fts == NULL)
		return D4_EIO;
	w->st = D4_OK;
	while (w->st == D4_OK && (e = fts_read(fts)) != NULL) {
		if (e->fts_info == FTS_D && !walk_wants(w, e))
			(void)fts_set(fts, e, FTS_SKIP);
		else if (e->fts_info == FTS_F)
			walk_file(w, e);
	}
	(void)fts_close(fts);
	return w->st;
}

enum d4_status
keep_scan(struct archive_keep *k)
{
	struct keep_walk w = {.keep = k};

	k->n = 0;
	k->files = k->bytes = 0;
	return walk(&w);
}

/* ---- removing ---- */

static int
by_time(const void *a, const void *b)
{
	const struct keep_file *x = a, *y = b;
	int names = strcmp(x->path, y->path);

	return x->t_s < y->t_s ? -1 : x->t_s > y->t_s ? 1 : names;
}

/* Why this file goes; NULL: it stays. */
static const char *
keep_why(const struct archive_keep *k, uint64_t t_s, uint64_t now_s)
{
	if (k->conf->size != 0 && k->bytes > k->conf->size)
		return "size";
	if (k->conf->age_us != 0 && t_s + k->conf->age_us / 1000000 < now_s)
		return "age";
	return NULL;
}

/* Folders that have become empty, up to the sensor's own. */
static void
keep_folders(char *path)
{
	for (unsigned i = 0; i < 5; i++) {
		char *slash = strrchr(path, '/');

		if (slash == NULL)
			return;
		*slash = '\0';
		if (rmdir(path) != 0)
			return;
	}
}

static enum d4_status
keep_remove(struct keep_walk *w, uint64_t now_s)
{
	struct archive_keep *k = w->keep;
	uint64_t bytes = 0;
	const char *why = NULL, *is;
	enum d4_status st = D4_OK;

	qsort(w->file, w->n, sizeof(*w->file), by_time);
	for (size_t i = 0; i < w->n; i++) {
		is = keep_why(k, w->file[i].t_s, now_s);
		if (is == NULL)
			break;
		if (unlink(w->file[i].path) != 0 && errno != ENOENT) {
			st = D4_EIO;
			break;
		}
		why = is;
		w->removed++;
		bytes += w->file[i].bytes;
		keep_less(k, &w->file[i]);
		keep_folders(w->file[i].path);
	}
	if (w->removed == 0)
		return st;
	/* What is gone is accounted before any more goes. */
	if (d4_account_write(k->account, true, "archive.retention",
		json_pack("{s:s,s:s,s:I,s:I}", "day", w->ymd, "why", why,
		    "files", (json_int_t)w->removed, "bytes",
		    (json_int_t)bytes)) != D4_OK)
		return D4_ENOSPC;
	return st;
}

/* The first hour of a day, oldest first, as far as it must go. */
static enum d4_status
keep_day_step(struct archive_keep *k, uint64_t day, uint64_t now_s)
{
	struct keep_walk w = {.keep = k};
	char ymd[D4_TIME_TEXT];
	enum d4_status st;

	d4_time_text(day * DAY_S * 1000000, ymd);
	ymd[10] = '\0';
	w.ymd = ymd;
	w.file = calloc(FILES_STEP, sizeof(*w.file));
	if (w.file == NULL)
		return D4_ENOMEM;
	st = walk(&w);
	if (st == D4_OK)
		st = keep_remove(&w, now_s);
	/* None is there, whatever was counted: others removed them. */
	if (st == D4_OK && w.n == 0)
		st = D4_END;
	if (st == D4_OK && w.removed == w.n)
		st = D4_AGAIN;
	walk_forget(&w);
	free(w.file);
	return st;
}

enum d4_status
keep_step(struct archive_keep *k, uint64_t now_s)
{
	enum d4_status st;
	size_t i = 0;

	while (i < k->n && k->day[i].files == 0)
		i++;
	if (i != 0)
		memmove(k->day, k->day + i, (k->n - i) * sizeof(*k->day));
	k->n -= i;
	if (k->n == 0 || keep_why(k, k->day[0].day * DAY_S, now_s) == NULL)
		return D4_OK;
	st = keep_day_step(k, k->day[0].day, now_s);
	return st == D4_END ? keep_scan(k) : st;
}

uint64_t
keep_files(const struct archive_keep *k)
{
	return k->files;
}

uint64_t
keep_bytes(const struct archive_keep *k)
{
	return k->bytes;
}

uint64_t
keep_removed(const struct archive_keep *k)
{
	return k->removed;
}

enum d4_status
keep_new(const struct archive_conf *conf, struct d4_account *account,
    struct archive_keep **out)
{
	struct archive_keep *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return D4_ENOMEM;
	k->conf = conf;
	k->account = account;
	*out = k;
	return D4_OK;
}

void
keep_free(struct archive_keep *k)
{
	if (k == NULL)
		return;
	free(k->day);
	free(k);
}
