/* Who is there: version, rights, tags, the sharing group's id. */
#include <stdio.h>
#include <string.h>
#include "libd4/kit/log.h"
#include "misp-export/rest_room.h"

static bool
greet_gzip(const json_t *body)
{
	const json_t *list = json_object_get(body, "request_encoding");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s != NULL && strcmp(s, "gzip") == 0)
			return true;
	}
	return false;
}

static enum rest_step
greet_version(struct rest *r)
{
	const char *version;
	struct reply a;
	enum rest_step step = rest_ask(r, "/servers/getVersion", NULL, &a);

	if (step != STEP_NEXT)
		return step;
	version = json_string_value(json_object_get(a.body, "version"));
	http_gzip(r->set.http, greet_gzip(a.body));
	if (version != NULL) {
		d4_info("misp=found version=%.16s", version);
		step = rest_types(r, version);
	} else {
		step = rest_later(r, "that is no MISP", 0);
	}
	reply_fini(&a);
	return step;
}

/* An id is digits; a UUID is looked up. */
static enum rest_step
greet_group(struct rest *r)
{
	const char *group = r->set.conf->group, *id;
	char path[96];
	struct reply a;
	enum rest_step step;

	if (group == NULL || r->group[0] != '\0')
		return STEP_NEXT;
	if (strspn(group, "0123456789") == strlen(group)) {
		(void)snprintf(r->group, sizeof(r->group), "%s", group);
		return STEP_NEXT;
	}
	(void)snprintf(path, sizeof(path), "/sharing_groups/view/%.40s", group);
	step = rest_ask(r, path, NULL, &a);
	if (step != STEP_NEXT)
		return step == STEP_SPLIT ? STEP_NEXT : step;
	id = json_string_value(
	    json_object_get(json_object_get(a.body, "SharingGroup"), "id"));
	if (id != NULL && strspn(id, "0123456789") == strlen(id))
		(void)snprintf(r->group, sizeof(r->group), "%s", id);
	else
		d4_warnx("alarm misp=sharing-group group=%s error=\"not "
			 "found: findings of tlp:amber wait\"",
		    group);
	reply_fini(&a);
	return STEP_NEXT;
}

/* ---- tags: MISP drops an unknown one without a word ---- */

static enum rest_step
tag_make(struct rest *r, const json_t *list, const char *name)
{
	struct reply_in in = {.location = false};
	enum rest_step step;
	struct reply a;
	json_t *body;

	if (reply_names(list, name))
		return STEP_NEXT;
	body = json_pack("{s:s, s:s}", "name", name, "colour", "#ffffff");
	r->counts.calls++;
	http_call(r->set.http, "/tags/add", body, &r->raw);
	json_decref(body);
	in.status = r->raw.status;
	in.body = d4_buf_slice(&r->raw.body);
	reply_read(&in, &a);
	step = r->raw.end == HTTP_STOPPED ? STEP_STOP : STEP_NEXT;
	if (r->raw.end == HTTP_ANSWER && a.kind == REPLY_OK)
		d4_info("misp=tag name=%s made", name);
	else if (step == STEP_NEXT)
		d4_warnx("alarm misp=tag name=%s error=\"not there and not "
			 "made: %s\" remedy=\"an administrator adds it\"",
		    name, a.why);
	reply_fini(&a);
	return step;
}

static enum rest_step
greet_tags(struct rest *r)
{
	static const char *const names[] = {"tlp:clear", "tlp:green",
	    "tlp:amber", "tlp:amber+strict", "PAP:CLEAR", "PAP:GREEN",
	    "PAP:AMBER", "PAP:RED"};
	const struct d4_conf_list *more = &r->set.conf->tags;
	const json_t *list;
	struct reply a;
	enum rest_step step = rest_ask(r, "/tags/index", NULL, &a);

	if (step != STEP_NEXT)
		return step == STEP_SPLIT ? STEP_NEXT : step;
	list = json_object_get(a.body, "Tag");
	for (size_t i = 0;
	     i < sizeof(names) / sizeof(names[0]) && step == STEP_NEXT; i++)
		step = tag_make(r, list, names[i]);
	for (size_t i = 0; i < more->n && step == STEP_NEXT; i++)
		step = tag_make(r, list, more->item[i]);
	reply_fini(&a);
	return step;
}

enum rest_step
rest_greet(struct rest *r)
{
	enum rest_step step;

	if (r->greeted)
		return STEP_NEXT;
	step = greet_version(r);
	if (step == STEP_NEXT)
		step = greet_group(r);
	if (step == STEP_NEXT)
		step = greet_tags(r);
	r->greeted = step == STEP_NEXT;
	return step == STEP_SPLIT ? rest_later(r, "that is no MISP", 0) : step;
}
