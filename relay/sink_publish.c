#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/sink_files.h"

#define PUBLISH_MAX 4096u /* bytes of LANE.file */

static char *
publish_path(const struct post_partner *pp, const char *lane, const char *what)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s.%s", pp->cursors, lane, what) < 0)
		return NULL;
	return path;
}

static enum d4_status
publish_save_item(const char *path, const struct sink_item *it)
{
	json_t *o = sink_item_json(it);
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	enum d4_status st = D4_ENOMEM;

	if (text != NULL)
		st = d4_file_replace(path, d4_slice_str(text), 0640);
	free(text);
	json_decref(o);
	return st;
}

/* Step 2: the item first, so a new cursor never has an old item. */
static enum d4_status
publish_intend(const struct post_lane *l, const struct sink_item *it,
    const struct d4_spool_cursor *next)
{
	char *file = publish_path(l->partner, l->id, "file");
	char *cursor = publish_path(l->partner, l->id, "next");
	enum d4_status st = D4_ENOMEM;

	if (file != NULL && cursor != NULL)
		st = publish_save_item(file, it);
	if (st == D4_OK)
		st = d4_spool_cursor_save(cursor, next);
	free(file);
	free(cursor);
	return st;
}

/* Step 3. The names of a set are never given twice, so nothing is replaced. */
static enum d4_status
publish_rename(const struct sink_set *s, const char *name)
{
	char *part = sink_set_path(s, name, SINK_PART);
	char *whole = sink_set_path(s, name, "");
	enum d4_status st = D4_ENOMEM;

	if (part != NULL && whole != NULL)
		st = access(whole, F_OK) == 0   ? D4_EEXIST
		     : rename(part, whole) != 0 ? D4_EIO
		                                : D4_OK;
	if (st == D4_OK)
		st = d4_dir_sync(s->conf->path);
	free(part);
	free(whole);
	return st;
}

enum d4_status
sink_files_publish(struct post_lane *l, const struct sink_item *it,
    const struct d4_spool_cursor *next)
{
	uint64_t now_s = d4_now_us() / POST_SECOND;
	struct sink_set *s = l->partner->kept;
	enum d4_status st;

	/* The last one's intent is only needed until the manifest has it. */
	st = sink_set_save(s, now_s);
	if (st == D4_OK && !sink_set_room(s))
		st = D4_ETOOBIG;
	if (st == D4_OK)
		st = publish_intend(l, it, next);
	if (st == D4_OK)
		st = publish_rename(s, it->name);
	if (st != D4_OK)
		return st;
	/* It is public: what fails now is tried again, every second. */
	st = sink_set_add(s, it);
	sink_set_trim(s, now_s);
	if (st == D4_OK)
		st = sink_set_save(s, now_s);
	if (st != D4_OK)
		d4_warn("dataset manifest is late partner=%s status=\"%s\"",
		    l->partner->conf->id, d4_status_text(st));
	return D4_OK;
}

/* ---- after a crash ---- */

static enum d4_status
recover_item(const char *path, struct sink_item *it)
{
	enum d4_status st;
	struct d4_buf text;
	json_t *o = NULL;

	d4_buf_init(&text, PUBLISH_MAX);
	st = d4_file_read(path, &text);
	if (st == D4_OK) {
		o = json_loadb(
		    (const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
		st = sink_item_parse(o, it);
	}
	json_decref(o);
	d4_buf_fini(&text);
	return st;
}

static bool
recover_public(const struct sink_set *s, const struct sink_item *it)
{
	char *path = sink_set_path(s, it->name, "");
	bool there = path != NULL && access(path, F_OK) == 0;

	free(path);
	return there;
}

/* Step 4 again: the manifest's part is the caller's to save. */
static enum d4_status
recover_finish(struct post_partner *pp, const char *lane,
    const struct d4_spool_cursor *next)
{
	struct d4_spool_cursor now = {.sent = 0};
	char *path = publish_path(pp, lane, "cursor");
	enum d4_status st = D4_ENOMEM;

	if (path != NULL)
		st = d4_spool_cursor_load(path, &now);
	if (st == D4_ENOENT)
		st = D4_OK;
	if (st == D4_OK &&
	    (now.confirmed < next->confirmed ||
		(now.confirmed == next->confirmed &&
		    now.confirmed_part < next->confirmed_part))) {
		d4_info("dataset partner=%s lane=%s was published before the "
			"end",
		    pp->conf->id, lane);
		st = d4_spool_cursor_save(path, next);
	}
	free(path);
	return st;
}

static enum d4_status
recover_lane(struct post_partner *pp, struct sink_set *s, const char *lane)
{
	char *file = publish_path(pp, lane, "file");
	char *cursor = publish_path(pp, lane, "next");
	struct d4_spool_cursor next = {.sent = 0};
	enum d4_status st = D4_ENOMEM;
	struct sink_item it;

	if (file != NULL && cursor != NULL)
		st = recover_item(file, &it);
	if (st == D4_OK && recover_public(s, &it)) {
		st = d4_spool_cursor_load(cursor, &next);
		if (st == D4_OK)
			st = sink_set_add(s, &it);
		if (st == D4_OK)
			st = recover_finish(pp, lane, &next);
	}
	free(file);
	free(cursor);
	return st == D4_ENOENT ? D4_OK : st;
}

static bool
recover_name(const char *name, char lane[17])
{
	if (strlen(name) != 21 || strcmp(name + 16, ".file") != 0 ||
	    strspn(name, "0123456789abcdef") != 16)
		return false;
	memcpy(lane, name, 16);
	lane[16] = '\0';
	return true;
}

enum d4_status
sink_files_recover(struct post_partner *pp, struct sink_set *s)
{
	DIR *d = opendir(pp->cursors);
	enum d4_status st = D4_OK;
	struct dirent *e;
	char lane[17];

	if (d == NULL)
		return D4_EIO;
	while (st == D4_OK && (e = readdir(d)) != NULL) {
		if (recover_name(e->d_name, lane))
			st = recover_lane(pp, s, lane);
	}
	(void)closedir(d);
	return st;
}
