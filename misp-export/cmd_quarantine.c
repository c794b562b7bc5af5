/* quarantine: what MISP refused; to be read, and to be sent again. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/file.h"
#include "misp-export/commands.h"
#include "misp-export/request.h"

#define QUARANTINE_MAX (4u << 20)

/* What to do with each file; false: it could not be done. */
struct walk {
	const struct misp_conf *conf;
	const char *only; /* NULL: all */
	bool resend;
	unsigned n, bad;
};

static bool
walk_resend(const struct walk *w, const json_t *o, const char *item)
{
	struct request q = {.what = "resend"};
	const char *event = json_string_value(json_object_get(o, "event"));

	return event != NULL && d4_uuid_parse(event, &q.event) == D4_OK &&
	       d4_uuid_parse(item, &q.item) == D4_OK &&
	       request_put(w->conf, &q) == D4_OK;
}

static void
walk_file(struct walk *w, const char *path, const char *name)
{
	const char *why, *info;
	struct d4_buf text;
	char item[D4_UUID_TEXT];
	json_t *o = NULL;
	bool ok;

	(void)snprintf(item, sizeof(item), "%.36s", name);
	if (w->only != NULL && strcmp(w->only, item) != 0)
		return;
	d4_buf_init(&text, QUARANTINE_MAX);
	if (d4_file_read(path, &text) == D4_OK)
		o = json_loadb((const char *)text.p, text.n, 0, NULL);
	d4_buf_fini(&text);
	why = json_string_value(json_object_get(o, "why"));
	info = json_string_value(json_object_get(o, "info"));
	ok = why != NULL && info != NULL;
	if (ok && w->resend)
		ok = walk_resend(w, o, item);
	w->n++;
	w->bad += ok ? 0 : 1;
	(void)printf("%s  %s  %s\n", item,
	    ok ? info : "cannot be read or resent",
	    ok && !w->resend ? why : "");
	json_decref(o);
}

static int
walk_all(struct walk *w)
{
	char *dir = d4_path(w->conf->dir, "quarantine"), *path;
	DIR *d = dir != NULL ? opendir(dir) : NULL;
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (strlen(e->d_name) != D4_UUID_TEXT - 1 + 5 ||
		    strcmp(e->d_name + D4_UUID_TEXT - 1, ".json") != 0)
			continue;
		path = d4_path(dir, e->d_name);
		if (path != NULL)
			walk_file(w, path, e->d_name);
		free(path);
	}
	if (d != NULL)
		(void)closedir(d);
	free(dir);
	if (w->only != NULL && w->n == 0) {
		(void)fprintf(
		    stderr, "d4-misp-export: %s is not there\n", w->only);
		return 1;
	}
	return w->bad == 0 ? 0 : 1;
}

int
cmd_quarantine(struct misp_conf *c, int argc, char **argv)
{
	struct walk w = {.conf = c};

	if (argc == 1 || (argc == 2 && strcmp(argv[1], "ls") == 0))
		return walk_all(&w);
	w.resend = argc == 3 && strcmp(argv[1], "resend") == 0;
	if (!w.resend) {
		(void)fputs("usage: d4-misp-export quarantine [ls | resend "
			    "UUID | resend all]\n",
		    stderr);
		return 64;
	}
	w.only = strcmp(argv[2], "all") == 0 ? NULL : argv[2];
	return walk_all(&w);
}
