#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/journal_load.h"
#include "relay/lane_id.h"
#include "relay/marks.h"

#define MARK_NAME 96u /* "PARTNER/LANE" */

static void
mark_name(const char *partner, const char *lane, char out[MARK_NAME])
{
	(void)snprintf(out, MARK_NAME, "%s/%s", partner, lane);
}

void
marks_put(json_t *marks, const char *partner, const char *lane,
    const struct d4_spool_mark *m)
{
	char name[MARK_NAME];

	mark_name(partner, lane, name);
	/* Out of memory: not noted, so damage there is taken for a tear. */
	(void)json_object_set_new(marks, name,
	    json_pack("[I, I, I, I]", (json_int_t)m->first, (json_int_t)m->seed,
		(json_int_t)m->seq, (json_int_t)m->total));
}

static bool
mark_read(const json_t *v, struct d4_spool_mark *out)
{
	json_int_t n[4];

	if (json_array_size(v) != 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		const json_t *number = json_array_get(v, i);

		n[i] = json_integer_value(number);
		if (!json_is_integer(number) || n[i] < 0)
			return false;
	}
	if (n[1] > UINT32_MAX)
		return false;
	*out = (struct d4_spool_mark){.first = (uint64_t)n[0],
	    .seed = (uint32_t)n[1],
	    .seq = (uint64_t)n[2],
	    .total = (uint64_t)n[3]};
	return true;
}

bool
marks_find(const json_t *marks, const char *partner, const char *lane,
    struct d4_spool_mark *out)
{
	char name[MARK_NAME];

	mark_name(partner, lane, name);
	return mark_read(json_object_get(marks, name), out);
}

void
marks_forget(json_t *marks, const char *partner, const char *lane)
{
	char name[MARK_NAME];

	mark_name(partner, lane, name);
	(void)json_object_del(marks, name);
}

void
marks_merge(json_t *into, const json_t *from)
{
	struct d4_spool_mark was, is;
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)from, name, v)
	{
		if (!mark_read(v, &is) ||
		    (mark_read(json_object_get(into, name), &was) &&
			was.seq > is.seq))
			continue;
		(void)json_object_set(into, name, v);
	}
}

static void
marks_add(const char *dir, const char *id, json_t *into)
{
	struct journal *j = NULL;
	enum d4_status st = journal_look(dir, id, &j);

	if (st == D4_OK)
		marks_merge(into, j->marks);
	else
		d4_warnx("journal=%s marks=\"%s\"", id, d4_status_text(st));
	journal_close(j);
}

json_t *
marks_read(const char *dir)
{
	char *top = d4_path(dir, JOURNAL_FOLDER);
	DIR *d = top != NULL ? opendir(top) : NULL;
	json_t *marks = json_object();
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (d4_spool_name_lane(e->d_name))
			marks_add(dir, e->d_name, marks);
	}
	if (d != NULL)
		(void)closedir(d);
	free(top);
	return marks;
}
