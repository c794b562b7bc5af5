#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"
#include "relay/breakers.h"
#include "relay/cmd_words.h"
#include "relay/commands.h"

static int
usage(void)
{
	(void)fputs(
	    "usage: d4-relay breaker [--json]\n"
	    "       d4-relay breaker close ID ... | --partner PARTNER | "
	    "--all [--because TEXT]\n",
	    stderr);
	return 64;
}

/* ---- for people ---- */

void
breaker_print(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		const char *ext = d4_json_str(o, "ext");

		(void)printf("breaker %s open since %s for %s\n"
			     "    partner %s source %s rule %s pipeline %s\n"
			     "    sensor %s type %lld%s%s\n",
		    d4_json_str(o, "id"), d4_json_str(o, "since"),
		    d4_json_str(o, "reason"), d4_json_str(o, "partner"),
		    d4_json_str(o, "source"), d4_json_str(o, "rule"),
		    d4_json_str(o, "pipeline"), d4_json_str(o, "sensor"),
		    (long long)json_integer_value(json_object_get(o, "type")),
		    ext[0] != '\0' ? "/" : "", ext);
	}
}

static int
list_all(const json_t *list, bool json)
{
	if (json) {
		(void)json_dumpf(list, stdout, JSON_INDENT(1));
		(void)putchar('\n');
	} else {
		breaker_print(list);
	}
	return 0;
}

/* ---- closing ---- */

static bool
chosen(const struct cmd_words *w, const json_t *o)
{
	if (w->all)
		return true;
	if (w->partner != NULL)
		return strcmp(d4_json_str(o, "partner"), w->partner) == 0;
	for (size_t i = 0; i < w->n; i++) {
		if (strcmp(d4_json_str(o, "id"), w->arg[i]) == 0)
			return true;
	}
	return false;
}

/* What is released again is in the books first. */
static int
close_one(const struct relay_conf *c, const char *folder,
    const struct cmd_words *w, json_t *o)
{
	const char *id = d4_json_str(o, "id");
	enum d4_status st = cmd_noted(c, "breaker", "breaker.close", w->because,
	    json_pack("{s:O}", "breaker", o));

	if (st == D4_OK)
		st = breakers_lift(folder, id);
	if (st == D4_ENOENT)
		return 0; /* somebody else was faster */
	if (st != D4_OK)
		return cmd_fails(id, "stays open", st);
	(void)printf("closed: %s, %s by rule %s\n", id,
	    d4_json_str(o, "partner"), d4_json_str(o, "rule"));
	return 0;
}

static int
close_chosen(const struct relay_conf *c, const char *folder,
    const struct cmd_words *w, const json_t *list)
{
	size_t n = 0;
	int code = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *o = json_array_get(list, i);

		if (!chosen(w, o))
			continue;
		n++;
		code |= close_one(c, folder, w, o);
	}
	if (n == 0 || (w->n != 0 && n < w->n)) {
		(void)fputs("d4-relay: not all of that is open; see d4-relay "
			    "breaker\n",
		    stderr);
		code = 1;
	}
	return code;
}

/* One way to say which, and a reason only where something is closed. */
static bool
sound(struct cmd_words *w, bool *close)
{
	unsigned ways;

	*close = w->n != 0 && strcmp(w->arg[0], "close") == 0;
	if (*close) {
		w->arg++;
		w->n--;
	}
	ways = (unsigned)w->all + (w->partner != NULL) + (w->n != 0);
	if (!*close)
		return ways == 0 && w->because == NULL;
	return ways == 1 && !w->json;
}

int
cmd_breaker(const struct relay_conf *c, int argc, char **argv)
{
	struct cmd_words w;
	bool close;
	json_t *list;
	char *folder;
	int code;

	if (!cmd_words(argc, argv, "japb", &w) || !sound(&w, &close))
		return usage();
	folder = d4_path(c->state, BREAKERS_FOLDER);
	list = folder != NULL ? breakers_list(folder) : NULL;
	if (list == NULL && errno == ENOENT)
		list = json_array(); /* wash never ran */
	if (list == NULL) {
		(void)fprintf(stderr, "d4-relay: %s: %s\n",
		    folder != NULL ? folder : c->state, strerror(errno));
		free(folder);
		return 1;
	}
	code =
	    close ? close_chosen(c, folder, &w, list) : list_all(list, w.json);
	json_decref(list);
	free(folder);
	return code;
}
