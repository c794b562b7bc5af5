/* Who is frozen, since when, by whom and why: for people. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/freeze.h"
#include "libd4/kit/freeze_note.h"
#include "libd4/kit/json.h"

#define SECOND_US 1000000u

/* Of what a note says, only what is as it has to be. */
static void
list_text(json_t *out, const json_t *note, const char *key)
{
	json_t *v = json_object_get(note, key);

	if (json_is_string(v) && freeze_plain(json_string_value(v)))
		(void)json_object_set(out, key, v);
}

static void
list_who(json_t *out, const json_t *note)
{
	const json_t *by = json_object_get(note, "by");
	json_t *uid = json_object_get(by, "uid");
	json_t *who;

	if (!json_is_integer(uid))
		return;
	who = json_pack("{s:O}", "uid", uid);
	list_text(who, by, "name");
	(void)json_object_set_new(out, "by", who);
}

/* A file without a note, or with a broken one: its own time and owner. */
static void
list_file(json_t *out, const struct stat *sb)
{
	char since[D4_TIME_TEXT];

	d4_time_text((uint64_t)sb->st_mtim.tv_sec * SECOND_US, since);
	if (json_object_get(out, "since") == NULL)
		(void)json_object_set_new(out, "since", json_string(since));
	if (json_object_get(out, "by") == NULL)
		(void)json_object_set_new(out, "by", d4_freeze_who(sb->st_uid));
}

static json_t *
list_one(const char *folder, const char *name)
{
	bool all = strcmp(name, D4_FREEZE_ALL) == 0;
	json_t *out = json_pack("{s:s}", "partner", all ? "*" : name);
	char *path = d4_path(folder, name);
	struct stat sb;
	json_t *note = path != NULL ? d4_json_note(path, FREEZE_NOTE) : NULL;

	list_text(out, note, "since");
	list_text(out, note, "because");
	list_who(out, note);
	if (path != NULL && lstat(path, &sb) == 0)
		list_file(out, &sb);
	json_decref(note);
	free(path);
	return out;
}

static int
list_names(const struct dirent *e)
{
	return freeze_id(e->d_name);
}

json_t *
d4_freeze_list(const char *folder)
{
	json_t *out = json_array();
	struct dirent **names = NULL;
	int n = scandir(folder, &names, list_names, alphasort);

	if (n < 0)
		(void)json_array_append_new(
		    out, json_pack("{s:s, s:s}", "partner", "*", "because",
			     "the folder of freezes cannot be read"));
	for (int i = 0; i < n; i++) {
		(void)json_array_append_new(
		    out, list_one(folder, names[i]->d_name));
		free(names[i]);
	}
	free(names);
	return out;
}
