#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"
#include "relay/breakers.h"
#include "relay/lane_id.h"

#define BREAKERS_NOTE 4096u /* bytes of one */

static bool
breakers_id(const char *id)
{
	return strlen(id) == LANE_ID_TEXT - 1 &&
	       strspn(id, "0123456789abcdef") == LANE_ID_TEXT - 1;
}

enum d4_status
breakers_set(const char *folder, const char *id, const struct breaker *b)
{
	char uuid[D4_UUID_TEXT], since[D4_TIME_TEXT];
	char *path = d4_path(folder, id);
	enum d4_status st = D4_ENOMEM;
	struct d4_buf text;

	d4_buf_init(&text, BREAKERS_NOTE);
	d4_uuid_text(b->sensor, uuid);
	d4_time_text(d4_now_us(), since);
	if (path != NULL)
		st = d4_json_line(
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, "
			      "s:s}",
			"since", since, "partner", b->partner, "source",
			b->source, "rule", b->rule, "pipeline", b->pipeline,
			"hash", b->hash, "sensor", uuid, "type", (int)b->type,
			"ext", b->ext, "reason", d4_reason_name(b->why)),
		    0, &text);
	if (st == D4_OK)
		st = d4_file_replace(path, d4_buf_slice(&text), 0600);
	d4_buf_fini(&text);
	free(path);
	return st;
}

static enum d4_reason
breakers_why(const json_t *note)
{
	enum d4_reason why;

	if (d4_reason_find(d4_json_str(note, "reason"), &why) &&
	    d4_reason_class(why) == D4_CLASS_INTERNAL)
		return why;
	return D4_R_INTERNAL;
}

bool
breakers_has(const char *folder, const char *id, enum d4_reason *why)
{
	char *path = d4_path(folder, id);
	struct stat sb;
	json_t *note;

	*why = D4_R_INTERNAL;
	if (path == NULL)
		return true;
	/* A folder that is gone says nothing of what was in it. */
	if (lstat(path, &sb) != 0 && errno == ENOENT &&
	    lstat(folder, &sb) == 0) {
		free(path);
		return false;
	}
	note = d4_json_note(path, BREAKERS_NOTE);
	*why = breakers_why(note);
	json_decref(note);
	free(path);
	return true;
}

enum d4_status
breakers_lift(const char *folder, const char *id)
{
	return breakers_id(id) ? d4_file_remove(folder, id) : D4_EINVAL;
}

static int
list_names(const struct dirent *e)
{
	return breakers_id(e->d_name);
}

static json_t *
list_one(const char *folder, const char *id)
{
	char *path = d4_path(folder, id);
	json_t *o = path != NULL ? d4_json_note(path, BREAKERS_NOTE) : NULL;

	if (o == NULL)
		o = json_object();
	(void)json_object_set_new(o, "id", json_string(id));
	free(path);
	return o;
}

json_t *
breakers_list(const char *folder)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, list_names, alphasort);
	json_t *out = n < 0 ? NULL : json_array();

	for (int i = 0; i < n; i++) {
		(void)json_array_append_new(
		    out, list_one(folder, names[i]->d_name));
		free(names[i]);
	}
	free(names);
	return out;
}
