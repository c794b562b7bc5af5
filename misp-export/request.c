#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"
#include "libd4/kit/log.h"
#include "misp-export/request.h"

#define REQUEST_MAX  4096u
#define REQUEST_TURN 1000u /* of them in one turn */

static const char *const words[] = {"resend", "recall"};

static const char *
request_word(const char *text)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (text != NULL && strcmp(words[i], text) == 0)
			return words[i];
	}
	return NULL;
}

enum d4_status
request_put(const struct misp_conf *c, const struct request *q)
{
	char event[D4_UUID_TEXT], item[D4_UUID_TEXT] = "";
	char id_text[D4_UUID_TEXT], name[D4_UUID_TEXT + 8];
	char *dir = d4_path(c->dir, "requests"), *path = NULL;
	enum d4_status st = D4_ENOMEM;
	struct d4_buf text;
	struct d4_uuid id;

	d4_buf_init(&text, REQUEST_MAX);
	d4_uuid_text(&q->event, event);
	if (!q->whole)
		d4_uuid_text(&q->item, item);
	if (dir != NULL)
		st = d4_dir_make(dir, 0750);
	if (st == D4_OK)
		st = d4_uuid_random(&id);
	if (st == D4_OK)
		st = d4_json_line(json_pack("{s:s, s:s, s:s}", "what", q->what,
				      "event", event, "item", item),
		    JSON_COMPACT, &text);
	if (st == D4_OK) {
		d4_uuid_text(&id, id_text);
		(void)snprintf(name, sizeof(name), "%s.json", id_text);
		path = d4_path(dir, name);
		st = path == NULL
		         ? D4_ENOMEM
		         : d4_file_replace(path, d4_buf_slice(&text), 0640);
	}
	d4_buf_fini(&text);
	free(path);
	free(dir);
	return st;
}

enum d4_status
request_parse(struct d4_slice text, struct request *out)
{
	struct request q = {.whole = false};
	const char *event, *item;
	json_t *o = json_loadb(
	    (const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	bool ok;

	q.what = request_word(json_string_value(json_object_get(o, "what")));
	event = json_string_value(json_object_get(o, "event"));
	item = json_string_value(json_object_get(o, "item"));
	ok = q.what != NULL && event != NULL && item != NULL &&
	     d4_uuid_parse(event, &q.event) == D4_OK;
	q.whole = ok && item[0] == '\0';
	if (ok && !q.whole)
		ok = d4_uuid_parse(item, &q.item) == D4_OK;
	json_decref(o);
	if (!ok)
		return D4_EMALFORMED;
	*out = q;
	return D4_OK;
}

/* ---- obeying ---- */

static void
obey_unlink(const struct exporter *x, const struct d4_uuid *item)
{
	char name[D4_UUID_TEXT + 8], uuid[D4_UUID_TEXT];
	char *path;

	d4_uuid_text(item, uuid);
	(void)snprintf(name, sizeof(name), "%s.json", uuid);
	path = d4_path(x->quarantine, name);
	if (path != NULL)
		(void)unlink(path);
	free(path);
}

static bool
obey_resend(struct event *e, const struct request *q)
{
	struct item *it = q->whole ? NULL : event_find(e, &q->item);

	if (it == NULL)
		return false;
	if (it->state == ITEM_QUARANTINE) {
		it->state = ITEM_OPEN;
		e->changed = true;
	}
	return true;
}

static bool
obey_event(struct exporter *x, const struct request *q)
{
	struct event *e;
	bool done;

	for (size_t i = 0; i < store_n(x->store); i++) {
		if (!d4_uuid_eq(&store_at(x->store, i)->uuid, &q->event))
			continue;
		if (store_load(x->store, i, &e) != D4_OK)
			return false;
		if (strcmp(q->what, "resend") == 0)
			done = obey_resend(e, q);
		else
			done = event_recall(e, q->whole ? NULL : &q->item);
		return done && store_save(x->store) == D4_OK;
	}
	return false;
}

static void
obey_file(struct exporter *x, const char *path)
{
	struct request q;
	struct d4_buf text;
	enum d4_status st;
	char uuid[D4_UUID_TEXT];
	bool done;

	d4_buf_init(&text, REQUEST_MAX);
	st = d4_file_read(path, &text);
	if (st == D4_OK)
		st = request_parse(d4_buf_slice(&text), &q);
	d4_buf_fini(&text);
	if (st != D4_OK) {
		d4_warnx("request=%s error=\"%s\"", path, d4_status_text(st));
	} else {
		d4_uuid_text(&q.event, uuid);
		done = obey_event(x, &q);
		d4_info("request=%s event=%s done=%s", q.what, uuid,
		    done ? "yes" : "no");
		/* The status knows it before the file is gone. */
		exporter_tell(x);
		if (done && strcmp(q.what, "resend") == 0)
			obey_unlink(x, &q.item);
	}
	(void)unlink(path);
	x->flushed_ms = 0; /* at once */
}

void
request_obey(struct exporter *x)
{
	char *dir = d4_path(x->conf->dir, "requests"), *path;
	DIR *d = dir != NULL ? opendir(dir) : NULL;
	struct dirent *e;
	unsigned n = 0;

	while (d != NULL && n < REQUEST_TURN && (e = readdir(d)) != NULL) {
		size_t len = strlen(e->d_name);

		if (len < 6 || strcmp(e->d_name + len - 5, ".json") != 0)
			continue;
		path = d4_path(dir, e->d_name);
		if (path != NULL)
			obey_file(x, path);
		free(path);
		n++;
	}
	if (d != NULL)
		(void)closedir(d);
	free(dir);
}
