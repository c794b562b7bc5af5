#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/sink_set.h"

/* In the order in which they are written. */
static const char *const set_texts[] = {
    "README.txt", "SHA256SUMS", "manifest.json"};

#define SET_TEXTS    (sizeof(set_texts) / sizeof(set_texts[0]))
#define SET_MANIFEST 2u

char *
sink_set_path(const struct sink_set *s, const char *name, const char *suffix)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s%s", s->conf->path, name, suffix) < 0)
		return NULL;
	return path;
}

void
sink_set_fini(struct sink_set *s)
{
	free(s->item);
	free(s->partner);
	s->item = NULL;
	s->partner = NULL;
	s->n = s->cap = 0;
}

/* ---- files of the set ---- */

bool
sink_set_room(const struct sink_set *s)
{
	return s->n < SINK_SET_FILES;
}

enum d4_status
sink_set_add(struct sink_set *s, const struct sink_item *it)
{
	struct sink_item *list;
	size_t cap;

	/* What comes twice came just now: a crash was in between. */
	for (size_t i = s->n; i-- > 0 && s->n - i <= 64;) {
		if (strcmp(s->item[i].name, it->name) == 0)
			return D4_OK;
	}
	if (!sink_set_room(s))
		return D4_ETOOBIG;
	if (s->n == s->cap) {
		cap = s->cap == 0 ? 64 : 2 * s->cap;
		list = reallocarray(s->item, cap, sizeof(*list));
		if (list == NULL)
			return D4_ENOMEM;
		s->item = list;
		s->cap = cap;
	}
	s->item[s->n++] = *it;
	s->bytes += it->bytes;
	s->records += it->records;
	s->dirty = true;
	return D4_OK;
}

static void
set_forget(struct sink_set *s, size_t i)
{
	const struct sink_item *it = &s->item[i];

	s->bytes -= it->bytes;
	s->records -= it->records;
	s->removed_bytes += it->bytes;
	s->removed_records += it->records;
	s->removed_files++;
	s->n--;
	memmove(&s->item[i], &s->item[i + 1], (s->n - i) * sizeof(s->item[0]));
	s->dirty = true;
}

/* ---- retention ---- */

static bool
set_over(const struct sink_set *s, uint64_t now_s)
{
	uint64_t keep_s = s->conf->keep_us / 1000000;

	if (s->n == 0)
		return false;
	if (keep_s != 0 && now_s > keep_s && s->item[0].to_s < now_s - keep_s)
		return true;
	return s->conf->keep_bytes != 0 && s->bytes > s->conf->keep_bytes;
}

/* Accounted first: a file that is gone is gone with a record of it. */
static bool
set_remove(struct sink_set *s)
{
	const struct sink_item *it = &s->item[0];
	char *path = sink_set_path(s, it->name, "");
	enum d4_status st;

	if (path == NULL)
		return false;
	st = d4_account_write(s->account, true, "dataset.removed",
	    json_pack("{s:s, s:s, s:I, s:I}", "partner", s->partner, "file",
		it->name, "records", (json_int_t)it->records, "bytes",
		(json_int_t)it->bytes));
	if (st == D4_OK && unlink(path) != 0 && errno != ENOENT)
		st = D4_EIO;
	if (st != D4_OK)
		d4_warn("dataset cannot remove file=%s", path);
	free(path);
	if (st == D4_OK)
		set_forget(s, 0);
	return st == D4_OK;
}

void
sink_set_trim(struct sink_set *s, uint64_t now_s)
{
	bool done = true;

	while (done && set_over(s, now_s))
		done = set_remove(s);
}

/* ---- what describes it ---- */

static enum d4_status
set_put(struct sink_set *s, size_t which, uint64_t now_s)
{
	char *path = sink_set_path(s, set_texts[which], "");
	enum d4_status st = D4_ENOMEM;
	struct d4_buf text;

	d4_buf_init(&text, SINK_SET_MAX);
	if (path != NULL && which == SET_MANIFEST)
		st = sink_manifest_text(s, now_s, &text);
	else if (path != NULL && which == 1)
		st = sink_manifest_sums(s, &text);
	else if (path != NULL)
		st = sink_manifest_readme(s, now_s, &text);
	if (st == D4_OK)
		st = d4_file_replace(path, d4_buf_slice(&text), 0644);
	d4_buf_fini(&text);
	free(path);
	return st;
}

/* The manifest last: it speaks of files that are all there. */
enum d4_status
sink_set_save(struct sink_set *s, uint64_t now_s)
{
	enum d4_status st = D4_OK;

	if (!s->dirty)
		return D4_OK;
	for (size_t i = 0; st == D4_OK && i < SET_TEXTS; i++)
		st = set_put(s, i, now_s);
	if (st == D4_OK)
		s->dirty = false;
	return st;
}

/* ---- at the start ---- */

/* A folder of our making is for the web server too, whatever our umask is. */
static enum d4_status
set_folder(const struct sink_set *s)
{
	struct stat sb;
	enum d4_status st;

	if (stat(s->conf->path, &sb) == 0 && S_ISDIR(sb.st_mode))
		return access(s->conf->path, W_OK | X_OK) == 0 ? D4_OK : D4_EIO;
	st = d4_dir_make(s->conf->path, 0755);
	if (st == D4_OK && chmod(s->conf->path, 0755) != 0)
		st = D4_EIO;
	return st;
}

/* NAME.part, or what d4_file_replace had not renamed yet. */
static bool
set_half(const char *name)
{
	size_t n = strlen(name), part = sizeof(SINK_PART) - 1;
	char stem[SINK_NAME];

	for (size_t i = 0; i < SET_TEXTS; i++) {
		size_t len = strlen(set_texts[i]);

		if (n == len + 7 && memcmp(name, set_texts[i], len) == 0 &&
		    name[len] == '.')
			return true;
	}
	if (n < part || n - part >= sizeof(stem) ||
	    strcmp(name + n - part, SINK_PART) != 0)
		return false;
	memcpy(stem, name, n - part);
	stem[n - part] = '\0';
	return sink_item_name(stem);
}

/* Removes what is half, counts what is whole. */
static enum d4_status
set_look(struct sink_set *s)
{
	DIR *d = opendir(s->conf->path);
	struct dirent *e;

	s->whole = 0;
	if (d == NULL)
		return D4_EIO;
	while ((e = readdir(d)) != NULL) {
		if (set_half(e->d_name)) {
			(void)unlinkat(dirfd(d), e->d_name, 0);
			d4_info("dataset partner=%s unfinished=%s removed",
			    s->partner, e->d_name);
		}
		s->whole += sink_item_name(e->d_name);
	}
	(void)closedir(d);
	return D4_OK;
}

/* Retention removes a file before the manifest says so. */
static void
set_missing(struct sink_set *s)
{
	for (size_t i = 0; i < s->n;) {
		char *path = sink_set_path(s, s->item[i].name, "");

		if (path != NULL && access(path, F_OK) != 0 && errno == ENOENT)
			set_forget(s, i);
		else
			i++;
		free(path);
	}
}

enum d4_status
sink_set_open(struct sink_set *s, const char **why)
{
	char *path = sink_set_path(s, set_texts[SET_MANIFEST], "");
	enum d4_status st = path == NULL ? D4_ENOMEM : set_folder(s);
	struct d4_buf text;

	*why = "the folder";
	d4_buf_init(&text, SINK_SET_MAX);
	if (st == D4_OK)
		st = set_look(s);
	if (st == D4_OK) {
		*why = "manifest.json cannot be read; restore it";
		st = d4_file_read(path, &text);
		if (st == D4_OK)
			st = sink_manifest_parse(d4_buf_slice(&text), s);
		else if (st == D4_ENOENT && s->whole == 0)
			st = D4_OK;
		else if (st == D4_ENOENT)
			*why = "manifest.json is missing beside files; "
			       "restore it, or empty the folder";
	}
	if (st == D4_OK)
		set_missing(s);
	s->dirty = true; /* its title, or what was missing, may be new */
	d4_buf_fini(&text);
	free(path);
	return st;
}
