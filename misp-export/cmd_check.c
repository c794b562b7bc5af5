/* check: is MISP there, what may we do there, what is missing. */
#include <stdio.h>
#include <string.h>
#include "misp-export/commands.h"
#include "misp-export/http.h"
#include "misp-export/reply.h"
#include "misp-export/types.h"

struct check {
	struct misp_conf *conf;
	struct http *http;
	struct http_reply raw;
	struct reply reply;
	char version[32];
	int bad;
};

static void
check_say(struct check *k, bool ok, const char *what, const char *text)
{
	(void)printf("%-8s %s: %s\n", ok ? "ok" : "PROBLEM", what, text);
	k->bad += ok ? 0 : 1;
}

/* NULL: there is no good answer, which was said. */
static const json_t *
check_ask(struct check *k, const char *path, const char *what)
{
	struct reply_in in = {.location = false};

	http_call(k->http, path, NULL, &k->raw);
	reply_fini(&k->reply);
	if (k->raw.end != HTTP_ANSWER) {
		check_say(k, false, what, k->raw.why);
		return NULL;
	}
	in.status = k->raw.status;
	in.body = d4_buf_slice(&k->raw.body);
	reply_read(&in, &k->reply);
	if (k->reply.kind == REPLY_OK)
		return k->reply.body;
	check_say(k, false, what, k->reply.why);
	return NULL;
}

static bool
check_version(struct check *k)
{
	const json_t *o = check_ask(k, "/servers/getVersion", "reachable");
	const char *version = json_string_value(json_object_get(o, "version"));

	if (o == NULL)
		return false;
	check_say(k, version != NULL, "version",
	    version != NULL ? version : "that is no MISP");
	(void)snprintf(k->version, sizeof(k->version), "%s",
	    version != NULL ? version : "");
	return version != NULL;
}

static void
check_right(struct check *k, const json_t *role, const char *name, bool must)
{
	bool has = json_is_true(json_object_get(role, name));

	if (must || has)
		check_say(k, has, "permission", name);
	else
		(void)printf("%-8s permission: no %s\n", "note", name);
}

static void
check_user(struct check *k)
{
	const json_t *o = check_ask(k, "/users/view/me", "user"), *role;
	const char *name;

	if (o == NULL)
		return;
	name = json_string_value(
	    json_object_get(json_object_get(o, "Organisation"), "name"));
	check_say(
	    k, name != NULL, "organisation", name != NULL ? name : "not told");
	role = json_object_get(o, "Role");
	check_right(k, role, "perm_add", true);
	check_right(k, role, "perm_sighting", true);
	check_right(k, role, "perm_publish", false);
	check_right(k, role, "perm_tag_editor", false);
}

/* Whoever else has an account there sees what has distribution 1. */
static void
check_hosts(struct check *k)
{
	const json_t *o = check_ask(k, "/organisations/index", "organisations");
	size_t n = 0;
	char text[96];

	for (size_t i = 0; i < json_array_size(o); i++) {
		const json_t *org =
		    json_object_get(json_array_get(o, i), "Organisation");

		n += json_is_true(json_object_get(org, "local")) ? 1 : 0;
	}
	if (o == NULL)
		return;
	(void)snprintf(text, sizeof(text),
	    n > 1 ? "%zu local ones: write `hosts_others: true` in the policy"
		  : "%zu local one",
	    n);
	(void)printf("%-8s organisations: %s\n", n > 1 ? "note" : "ok", text);
}

static void
check_tags(struct check *k)
{
	static const char *const names[] = {"tlp:clear", "tlp:green",
	    "tlp:amber", "tlp:amber+strict", "PAP:CLEAR", "PAP:GREEN",
	    "PAP:AMBER", "PAP:RED"};
	const json_t *list =
	    json_object_get(check_ask(k, "/tags/index", "tags"), "Tag");

	if (list == NULL)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!reply_names(list, names[i]))
			(void)printf("%-8s tag is missing: %s (made at the "
				     "start, with the right)\n",
			    "note", names[i]);
	}
	for (size_t i = 0; i < k->conf->tags.n; i++) {
		if (!reply_names(list, k->conf->tags.item[i]))
			(void)printf("%-8s tag is missing: %s\n", "note",
			    k->conf->tags.item[i]);
	}
}

static void
check_group(struct check *k)
{
	const char *group = k->conf->group;
	char path[96];

	if (group == NULL) {
		(void)printf("%-8s no sharing_group: tlp:amber stays in the "
			     "own organisation\n",
		    "note");
		return;
	}
	(void)snprintf(path, sizeof(path), "/sharing_groups/view/%.40s", group);
	if (check_ask(k, path, "sharing group") != NULL)
		check_say(k, true, "sharing group", group);
}

static void
on_problem(void *arg, const struct types_problem *p)
{
	struct check *k = arg;
	char text[1024];

	types_say(p, k->conf->mappers, k->conf->file, text, sizeof(text));
	check_say(k, false, "mapper", text);
}

/* Which mappers it would refuse; noted for -n, which asks nobody. */
static void
check_types(struct check *k)
{
	struct types t = {.describe = NULL};
	char why[TYPES_TEXT] = "", text[96];

	if (!types_fetch(&t, k->http, k->version, why)) {
		check_say(k, false, "types", why);
		return;
	}
	(void)snprintf(text, sizeof(text), "%zu, and %zu templates of ours",
	    json_array_size(json_object_get(t.describe, "types")),
	    json_object_size(t.templates));
	check_say(k, true, "types", text);
	(void)types_check_all(&t, k->conf->mappers, on_problem, k);
	(void)!types_save(k->conf->dir, &t);
	types_fini(&t);
}

int
cmd_check(struct misp_conf *c, int argc, char **argv)
{
	struct check k = {.conf = c};

	(void)argv;
	if (argc != 1) {
		(void)fputs("usage: d4-misp-export check\n", stderr);
		return 64;
	}
	if (c->url == NULL) {
		(void)puts("no url: nothing to check but the configuration");
		return 0;
	}
	if (http_new(c, -1, &k.http) != D4_OK)
		return 1;
	http_reply_init(&k.raw);
	if (check_version(&k)) {
		check_user(&k);
		check_hosts(&k);
		check_tags(&k);
		check_group(&k);
		check_types(&k);
	}
	reply_fini(&k.reply);
	http_reply_fini(&k.raw);
	http_free(k.http);
	return k.bad == 0 ? 0 : 1;
}
