/* The events that have files, found at the start. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "misp-export/namespace.h"
#include "misp-export/store_room.h"

static enum d4_status
store_scan_file(struct store *s, const char *name)
{
	struct store_known k = {.saved = 1};
	struct event_file_head head;
	struct d4_buf text;
	enum d4_status st;
	char *path;

	if (strlen(name) != D4_UUID_TEXT - 1 + sizeof(STORE_SUFFIX) - 1 ||
	    strcmp(name + D4_UUID_TEXT - 1, STORE_SUFFIX) != 0)
		return D4_OK;
	path = d4_path(s->dir, name);
	if (path == NULL)
		return D4_ENOMEM;
	d4_buf_init(&text, EVENT_FILE_MAX);
	st = d4_file_read(path, &text);
	if (st == D4_OK)
		st = event_read_head(d4_buf_slice(&text), &head);
	if (st == D4_OK) {
		k.name = head.name;
		k.due = head.due;
		k.waits = head.waits;
		st = event_uuid(&s->space, &k.name, &k.uuid);
	}
	d4_buf_fini(&text);
	if (st == D4_EMALFORMED || st == D4_EVERSION)
		store_bad(path, st);
	else if (st == D4_OK)
		st = store_add(s, &k);
	free(path);
	return st == D4_EMALFORMED || st == D4_EVERSION ? D4_OK : st;
}

static enum d4_status
store_scan(struct store *s)
{
	DIR *d = opendir(s->dir);
	enum d4_status st = d != NULL ? D4_OK : D4_EIO;
	struct dirent *e;

	while (st == D4_OK && (e = readdir(d)) != NULL)
		st = store_scan_file(s, e->d_name);
	if (d != NULL)
		(void)closedir(d);
	return st;
}

static enum d4_status
store_new(const char *dir, const struct mappers *mappers, struct store **out)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s != NULL) {
		s->mappers = mappers;
		s->dir = d4_path(dir, "events");
	}
	if (s == NULL || s->dir == NULL) {
		store_free(s);
		return D4_ENOMEM;
	}
	*out = s;
	return D4_OK;
}

static enum d4_status
store_opened(struct store *s, enum d4_status st, struct store **out)
{
	if (st != D4_OK)
		store_free(s);
	else
		*out = s;
	return st;
}

enum d4_status
store_open(const char *dir, const char *space, const struct mappers *mappers,
    struct store **out)
{
	struct store *s = NULL;
	enum d4_status st = store_new(dir, mappers, &s);

	if (st == D4_OK)
		st = d4_dir_make(s->dir, 0750);
	if (st == D4_OK)
		st = namespace_keep(dir, space, &s->space);
	if (st == D4_OK)
		st = store_scan(s);
	return store_opened(s, st, out);
}

enum d4_status
store_look(const char *dir, const char *space, const struct mappers *mappers,
    struct store **out)
{
	struct store *s = NULL;
	enum d4_status st = store_new(dir, mappers, &s);

	if (st == D4_OK)
		st = namespace_read(dir, space, &s->space);
	if (st == D4_ENOENT)
		st = d4_uuid_random(&s->space);
	if (st == D4_OK && access(s->dir, F_OK) == 0)
		st = store_scan(s);
	return store_opened(s, st, out);
}
